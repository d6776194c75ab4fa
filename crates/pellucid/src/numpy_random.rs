//! Reproduces NumPy's legacy random generator, bit for bit.
//!
//! [`RandomState`] draws what `numpy.random.RandomState(seed)` and, equally, `numpy.random.seed(seed)`
//! followed by the module's functions draw. An experiment that was first written with NumPy therefore has the
//! same initial weights and the same order of samples here.
//!
//! ```
//! use pellucid::numpy_random::RandomState;
//!
//! let mut random = RandomState::new(42);
//! assert_eq!(random.random_sample(), 0.3745401188473625); // np.random.seed(42); np.random.rand()
//! ```
//!
//! # Sources
//!
//! - The twister: M. Matsumoto and T. Nishimura, "Mersenne Twister: A 623-dimensionally equidistributed
//!   uniform pseudo-random number generator", ACM TOMACS 8 (1998) 3-30. A seed goes through the authors'
//!   `init_genrand`, as it does for every single integer seed in NumPy.
//! - The Gaussian: G. Marsaglia's polar form of the Box-Muller transform, which yields two values and keeps
//!   one for the next call, as `legacy_gauss` does in NumPy's `legacy-distributions.c`.
//! - Integers: the masks and rejections of NumPy's `random_interval` and `RandomState.randint`.
//!
//! NumPy has frozen these streams, so they do not change with its version. Only the logarithm of the
//! Gaussian comes from the platform's mathematics library; there, and nowhere else, another platform may
//! differ in the last bit.

use std::fmt;

use pellucid_kernels::simd::elementary;
use rand_mt::Mt;

/// Words in one block of the twister.
const BLOCK: usize = 624;

/// `numpy.random.RandomState`: one seeded stream of uniforms, Gaussians, integers and permutations.
///
/// All methods share one stream, so the order of the calls matters, exactly as in NumPy.
#[derive(Clone, PartialEq)]
pub struct RandomState {
    twister: Mt,
    /// The twister's current block of outputs, which determines all later blocks.
    block: [u32; BLOCK],
    position: usize,
    kept_gaussian: Option<f64>,
}

impl fmt::Debug for RandomState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RandomState")
            .field("position", &self.position)
            .field("kept_gaussian", &self.kept_gaussian)
            .finish_non_exhaustive()
    }
}

/// The output of the twister for a word of its state: Matsumoto & Nishimura, 1998, equations 2.2 to 2.5.
fn temper(mut word: u32) -> u32 {
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    word ^ (word >> 18)
}

/// The inverse of [`temper`]. Each step of it leaves some bits unchanged, and the others follow from these.
fn untemper(mut word: u32) -> u32 {
    word ^= word >> 18;
    word ^= (word << 15) & 0xefc6_0000;
    let tempered = word;
    for _ in 0..4 {
        word = tempered ^ ((word << 7) & 0x9d2c_5680);
    }
    let tempered = word;
    for _ in 0..2 {
        word = tempered ^ (word >> 11);
    }
    word
}

impl RandomState {
    /// A generator at the start of the stream of `seed`, as after `np.random.seed(seed)`; NumPy takes the same seeds, 0 to
    /// 2^32 - 1.
    pub fn new(seed: u32) -> Self {
        let mut state = RandomState {
            twister: Mt::new(seed),
            block: [0; BLOCK],
            position: BLOCK,
            kept_gaussian: None,
        };
        state.next_block();
        state
    }

    /// The state of the stream, as `get_state()` of NumPy returns it and its `set_state()` takes it: `key`, `pos` and the
    /// Gaussian that is not drawn yet.
    ///
    /// ```
    /// use pellucid::numpy_random::RandomState;
    ///
    /// let mut random = RandomState::new(7);
    /// random.standard_normal();
    /// let (key, position, kept_gaussian) = random.numpy_state();
    /// let mut resumed = RandomState::from_numpy_state(&key, position, kept_gaussian).unwrap();
    /// assert_eq!(random.standard_normal(), resumed.standard_normal());
    /// assert_eq!(random.random_sample(), resumed.random_sample());
    /// ```
    pub fn numpy_state(&self) -> (Vec<u32>, usize, Option<f64>) {
        let key = self.block.iter().map(|&word| untemper(word)).collect();
        (key, self.position, self.kept_gaussian)
    }

    /// A generator that continues from such a state. `None` if the key does not have 624 words or the position lies beyond
    /// it.
    pub fn from_numpy_state(key: &[u32], position: usize, kept_gaussian: Option<f64>) -> Option<Self> {
        let block = <[u32; BLOCK]>::try_from(key).ok()?.map(temper);
        (position <= BLOCK).then(|| RandomState {
            twister: Mt::from(block),
            block,
            position,
            kept_gaussian,
        })
    }

    fn next_block(&mut self) {
        for word in &mut self.block {
            *word = self.twister.next_u32();
        }
        self.position = 0;
    }

    /// Gives the next words of the stream to `take`, one for each of `values`.
    pub(crate) fn words_for<V>(&mut self, values: &mut [V], take: impl Fn(u32, &mut V)) {
        let mut rest = values;
        while !rest.is_empty() {
            if self.position >= BLOCK {
                self.next_block();
            }
            let words = &self.block[self.position..];
            let (now, later) = rest.split_at_mut(words.len().min(rest.len()));
            now.iter_mut()
                .zip(words)
                .for_each(|(value, &word)| take(word, value));
            self.position += now.len();
            rest = later;
        }
    }

    #[inline]
    fn next_u32(&mut self) -> u32 {
        if self.position >= BLOCK {
            self.next_block();
        }
        let word = self.block[self.position];
        self.position += 1;
        word
    }

    #[inline]
    fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }

    /// A uniform number in [0, 1) of 53 random bits: `np.random.random_sample()`, `rand()`, `random()`.
    #[inline]
    pub fn random_sample(&mut self) -> f64 {
        let high = f64::from(self.next_u32() >> 5);
        let low = f64::from(self.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0 // (high * 2^26 + low) / 2^53
    }

    /// A uniform number in [low, high): `np.random.uniform(low, high)`.
    ///
    /// The bounds are not checked: reversed ones give numbers in (high, low]. Where NumPy refuses a range that is not
    /// finite, the result here is not finite either.
    ///
    /// ```
    /// use pellucid::numpy_random::RandomState;
    ///
    /// assert_eq!(RandomState::new(42).uniform(-0.1, 0.1), -0.025091976230527502);
    /// ```
    #[inline]
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random_sample()
    }

    /// A Gaussian of mean 0 and standard deviation 1: `np.random.standard_normal()`, `randn()`.
    ///
    /// Each accepted point of the unit disc yields two values. The second one is kept for the next call, whatever is
    /// drawn in between.
    ///
    /// ```
    /// use pellucid::numpy_random::RandomState;
    ///
    /// let mut random = RandomState::new(0);
    /// assert_eq!(random.standard_normal(), 1.764052345967664);
    /// assert_eq!(random.standard_normal(), 0.4001572083672233);
    /// ```
    pub fn standard_normal(&mut self) -> f64 {
        if let Some(kept) = self.kept_gaussian.take() {
            return kept;
        }
        loop {
            let x = 2.0 * self.random_sample() - 1.0;
            let y = 2.0 * self.random_sample() - 1.0;
            let squared_radius = x * x + y * y;
            if squared_radius < 1.0 && squared_radius != 0.0 {
                let factor = (-2.0 * elementary::ln(squared_radius) / squared_radius).sqrt();
                self.kept_gaussian = Some(factor * x);
                return factor * y;
            }
        }
    }

    /// A Gaussian of the given mean and standard deviation: `np.random.normal(mean, std)`.
    ///
    /// The standard deviation is not checked: NumPy refuses a negative one; here it mirrors the distribution.
    #[inline]
    pub fn normal(&mut self, mean: f64, std: f64) -> f64 {
        mean + std * self.standard_normal()
    }

    /// An integer in [low, high): `np.random.randint(low, high)` of dtype `int64`, the default wherever C's
    /// `long` has 64 bits; dtype `int32` draws the same. `None`, with nothing drawn, if there is no such integer.
    ///
    /// Where there is only one such integer, nothing is drawn either. A range of up to 2^32 integers takes 32 bits per
    /// trial, a wider one 64.
    ///
    /// ```
    /// use pellucid::numpy_random::RandomState;
    ///
    /// let mut random = RandomState::new(0);
    /// assert_eq!(random.randint(0, 100), Some(44));
    /// assert_eq!(random.randint(5, 5), None);
    /// ```
    #[inline]
    pub fn randint(&mut self, low: i64, high: i64) -> Option<i64> {
        if high <= low {
            return None;
        }
        let largest_offset = high.wrapping_sub(low) as u64 - 1;
        Some(low.wrapping_add(self.interval(largest_offset) as i64))
    }

    /// An integer in [0, max], both included: the smallest covering mask, and rejection above `max`.
    #[inline]
    fn interval(&mut self, max: u64) -> u64 {
        if max == 0 {
            return 0;
        }
        let mask = u64::MAX >> max.leading_zeros();
        loop {
            let bits = if max <= u64::from(u32::MAX) {
                u64::from(self.next_u32())
            } else {
                self.next_u64()
            };
            if bits & mask <= max {
                return bits & mask;
            }
        }
    }

    /// The numbers 0 to n - 1 in random order: `np.random.permutation(n)`.
    ///
    /// ```
    /// use pellucid::numpy_random::RandomState;
    ///
    /// assert_eq!(RandomState::new(42).permutation(5), [1, 4, 2, 0, 3]);
    /// ```
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }

    /// Shuffles the items: `np.random.shuffle(items)`, a Fisher-Yates shuffle from the end.
    ///
    /// NumPy draws the same numbers for a list, a vector and the rows of a matrix, so an item here may be a row.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.interval(last as u64) as usize;
            items.swap(last, other);
        }
    }
}
