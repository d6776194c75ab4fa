//! Loops that keep the arithmetic units, or the loads and stores, of one core busy: the only `unsafe` here.
//!
//! Each is compiled for an instruction set and called only if the machine has it.

#![allow(
    unsafe_code,
    reason = "calls of functions compiled for instructions that were found on the machine"
)]

use std::hint::black_box;

/// An instruction set that peaks are measured with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstructionSet {
    /// Plain loops, compiled for the baseline of the architecture.
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl InstructionSet {
    /// The instruction sets of this machine.
    pub(crate) fn all() -> Vec<InstructionSet> {
        #[cfg(target_arch = "x86_64")]
        {
            let mut found = Vec::new();
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                found.push(InstructionSet::Avx2);
                if is_x86_feature_detected!("avx512f") {
                    found.push(InstructionSet::Avx512);
                }
                return found;
            }
        }
        vec![InstructionSet::Baseline]
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            InstructionSet::Baseline => "plain",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => "AVX-512",
        }
    }
}

/// The loops of a precision.
pub(crate) trait Loops: Copy + 'static {
    /// A vector of zeros on cache lines, to be read and updated.
    type Buffer;
    const NAME: &'static str;
    const BYTES: usize;

    /// Fused multiply-adds without dependences, `rounds` times some number; gives how many numbers were multiplied.
    fn multiply_add(set: InstructionSet, rounds: u64) -> u64;
    /// A buffer of about this many bytes.
    fn buffer(set: InstructionSet, bytes: usize) -> Self::Buffer;
    /// Reads the buffer once; returns the bytes moved.
    fn read(buffer: &Self::Buffer) -> usize;
    /// Reads and writes the buffer once; returns the bytes moved, read and written.
    fn update(buffer: &mut Self::Buffer) -> usize;
    /// `count` dependent fused multiply-adds.
    fn chain_of_multiply_adds(set: InstructionSet, count: u64);
    /// The same with additions.
    fn chain_of_additions(count: u64);
    /// The same with divisions.
    fn chain_of_divisions(count: u64);
}

/// Independent accumulators, enough to hide the latency of a fused multiply-add on every unit (4 cycles on 2 units, or 5).
const SUMS: usize = 12;

/// A number of the buffer's vectors that is read in one go.
const UNROLLED: usize = 8;

/// The loops for one vector type: `$vector` of `$lanes` numbers.
macro_rules! vector_loops {
    ($module:ident, $features:literal, $float:ty, $vector:ident, $lanes:literal, $set:ident, $fma:ident, $add:ident) => {
        mod $module {
            use super::{SUMS, UNROLLED, black_box};
            use std::arch::x86_64::{$add, $fma, $set, $vector};

            pub(super) const LANES: usize = $lanes;
            pub(super) type Vector = $vector;

            #[target_feature(enable = $features)]
            pub(super) fn multiply_add(rounds: u64) {
                let (factor, term) = ($set(black_box(0.999)), $set(black_box(0.001)));
                // Different from each other, and unknown to the compiler, which would compute equal ones once.
                let mut sums: [$vector; SUMS] = std::array::from_fn(|_| $set(black_box(0.0)));
                for _ in 0..rounds {
                    for sum in &mut sums {
                        *sum = $fma(*sum, factor, term);
                    }
                }
                black_box(sums);
            }

            #[target_feature(enable = $features)]
            pub(super) fn buffer(bytes: usize) -> Vec<$vector> {
                let vectors = (bytes / size_of::<$vector>()).next_multiple_of(UNROLLED);
                vec![$set(black_box(0.5)); vectors]
            }

            #[target_feature(enable = $features)]
            pub(super) fn read(buffer: &[$vector]) {
                let mut sums = [$set(0.0); UNROLLED];
                for vectors in buffer.as_chunks::<UNROLLED>().0 {
                    for i in 0..UNROLLED {
                        sums[i] = $add(sums[i], vectors[i]);
                    }
                }
                black_box(sums);
            }

            #[target_feature(enable = $features)]
            pub(super) fn update(buffer: &mut [$vector]) {
                let (factor, term) = ($set(black_box(0.999)), $set(black_box(0.001)));
                for vectors in buffer.as_chunks_mut::<UNROLLED>().0 {
                    for vector in vectors {
                        *vector = $fma(*vector, factor, term);
                    }
                }
            }

            #[target_feature(enable = $features)]
            pub(super) fn chain(count: u64) {
                let (factor, term): ($float, $float) = (black_box(0.999), black_box(0.001));
                let mut sum: $float = black_box(0.5);
                for _ in 0..count {
                    sum = sum.mul_add(factor, term);
                }
                black_box(sum);
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
vector_loops!(
    avx2_f32,
    "avx2,fma",
    f32,
    __m256,
    8,
    _mm256_set1_ps,
    _mm256_fmadd_ps,
    _mm256_add_ps
);
#[cfg(target_arch = "x86_64")]
vector_loops!(
    avx2_f64,
    "avx2,fma",
    f64,
    __m256d,
    4,
    _mm256_set1_pd,
    _mm256_fmadd_pd,
    _mm256_add_pd
);
#[cfg(target_arch = "x86_64")]
vector_loops!(
    avx512_f32,
    "avx512f,fma",
    f32,
    __m512,
    16,
    _mm512_set1_ps,
    _mm512_fmadd_ps,
    _mm512_add_ps
);
#[cfg(target_arch = "x86_64")]
vector_loops!(
    avx512_f64,
    "avx512f,fma",
    f64,
    __m512d,
    8,
    _mm512_set1_pd,
    _mm512_fmadd_pd,
    _mm512_add_pd
);

/// A precision's buffer, in the vectors of the instruction set that it is to be used with.
#[derive(Debug)]
pub(crate) enum Buffer<T, #[cfg(target_arch = "x86_64")] A, #[cfg(target_arch = "x86_64")] B> {
    Baseline(Vec<T>),
    #[cfg(target_arch = "x86_64")]
    Avx2(Vec<A>),
    #[cfg(target_arch = "x86_64")]
    Avx512(Vec<B>),
}

macro_rules! loops {
    ($float:ident, $avx2:ident, $avx512:ident) => {
        impl Loops for $float {
            #[cfg(target_arch = "x86_64")]
            type Buffer = Buffer<$float, $avx2::Vector, $avx512::Vector>;
            #[cfg(not(target_arch = "x86_64"))]
            type Buffer = Buffer<$float>;
            const NAME: &'static str = stringify!($float);
            const BYTES: usize = size_of::<$float>();

            fn multiply_add(set: InstructionSet, rounds: u64) -> u64 {
                let lanes = match set {
                    InstructionSet::Baseline => {
                        let (factor, term): ($float, $float) = (black_box(0.999), black_box(0.001));
                        let mut sums: [[$float; 4]; SUMS] = black_box([[0.0; 4]; SUMS]);
                        for _ in 0..rounds {
                            for sum in sums.as_flattened_mut() {
                                *sum = *sum * factor + term;
                            }
                        }
                        black_box(sums);
                        4
                    }
                    // SAFETY: `InstructionSet::all` gives this only where its features were found.
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => unsafe {
                        $avx2::multiply_add(rounds);
                        $avx2::LANES
                    },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => unsafe {
                        $avx512::multiply_add(rounds);
                        $avx512::LANES
                    },
                };
                rounds * (SUMS * lanes) as u64
            }

            fn buffer(set: InstructionSet, bytes: usize) -> Self::Buffer {
                match set {
                    InstructionSet::Baseline => Buffer::Baseline(vec![black_box(0.5); bytes / Self::BYTES]),
                    // SAFETY: `InstructionSet::all` gives this only where its features were found.
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => Buffer::Avx2(unsafe { $avx2::buffer(bytes) }),
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => Buffer::Avx512(unsafe { $avx512::buffer(bytes) }),
                }
            }

            fn read(buffer: &Self::Buffer) -> usize {
                match buffer {
                    Buffer::Baseline(numbers) => {
                        let mut sums: [$float; 4 * UNROLLED] = [0.0; 4 * UNROLLED];
                        for numbers in numbers.as_chunks::<{ 4 * UNROLLED }>().0 {
                            for (sum, number) in sums.iter_mut().zip(numbers) {
                                *sum += number;
                            }
                        }
                        black_box(sums);
                        size_of_val(&numbers[..])
                    }
                    // SAFETY: such a buffer was made with these instructions.
                    #[cfg(target_arch = "x86_64")]
                    Buffer::Avx2(vectors) => unsafe {
                        $avx2::read(vectors);
                        size_of_val(&vectors[..])
                    },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Buffer::Avx512(vectors) => unsafe {
                        $avx512::read(vectors);
                        size_of_val(&vectors[..])
                    },
                }
            }

            fn update(buffer: &mut Self::Buffer) -> usize {
                match buffer {
                    Buffer::Baseline(numbers) => {
                        let (factor, term): ($float, $float) = (black_box(0.999), black_box(0.001));
                        for number in numbers.iter_mut() {
                            *number = *number * factor + term;
                        }
                        2 * size_of_val(&numbers[..])
                    }
                    // SAFETY: such a buffer was made with these instructions.
                    #[cfg(target_arch = "x86_64")]
                    Buffer::Avx2(vectors) => unsafe {
                        $avx2::update(vectors);
                        2 * size_of_val(&vectors[..])
                    },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Buffer::Avx512(vectors) => unsafe {
                        $avx512::update(vectors);
                        2 * size_of_val(&vectors[..])
                    },
                }
            }

            fn chain_of_multiply_adds(set: InstructionSet, count: u64) {
                match set {
                    InstructionSet::Baseline => {
                        let (factor, term): ($float, $float) = (black_box(0.999), black_box(0.001));
                        let mut sum: $float = black_box(0.5);
                        for _ in 0..count {
                            sum = sum * factor + term;
                        }
                        black_box(sum);
                    }
                    // SAFETY: `InstructionSet::all` gives this only where its features were found.
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx2 => unsafe { $avx2::chain(count) },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    InstructionSet::Avx512 => unsafe { $avx512::chain(count) },
                }
            }

            fn chain_of_additions(count: u64) {
                let term: $float = black_box(0.001);
                let mut sum: $float = black_box(0.5);
                for _ in 0..count {
                    sum += term;
                }
                black_box(sum);
            }

            fn chain_of_divisions(count: u64) {
                let dividend: $float = black_box(3.1);
                let mut quotient: $float = black_box(1.7);
                for _ in 0..count {
                    quotient = dividend / quotient;
                }
                black_box(quotient);
            }
        }
    };
}

loops!(f32, avx2_f32, avx512_f32);
loops!(f64, avx2_f64, avx512_f64);

/// `count` dependent integer products: 3 cycles each on every x86-64 since 2008.
#[cfg(target_arch = "x86_64")]
pub(crate) fn chain_of_integer_products(count: u64) -> Option<u64> {
    let mut product = black_box(3u64);
    for _ in 0..count {
        // SAFETY: multiplies a register by itself; touches no memory and no stack.
        unsafe {
            std::arch::asm!("imul {0}, {0}", inout(reg) product, options(pure, nomem, nostack));
        }
    }
    black_box(product);
    Some(3 * count)
}

/// Cycles of other processors are not known.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn chain_of_integer_products(_count: u64) -> Option<u64> {
    None
}
