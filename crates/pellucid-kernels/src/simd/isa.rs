//! Instruction sets as types.
//!
//! A [`Task`] is compiled once for each instruction set and runs on the best one. Everything in it that is
//! `#[inline(always)]` is compiled with those instructions; that is why the kernels are.

use super::bytes::{CHUNK, non_zero_bits_portable, whole_chunk};
use super::vector::{Portable, Vector};
#[cfg(target_arch = "x86_64")]
use super::x86::{F32x8, F32x16, F64x4, F64x8};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// An instruction set as a type, for which kernels are compiled.
pub trait Isa: Copy + Send + Sync + 'static {
    /// A register of f32.
    type F32: Vector<f32, Single = Self::F32>;
    /// A register of f64.
    type F64: Vector<f64, Single = Self::F64>;
    /// Whether narrow layers have kernels of their own. There is a set of kernels for each width, which on an
    /// instruction set that hardly any machine needs would not justify the size of the program.
    const HAS_NARROW: bool = true;
    /// Whether a product without packing is inlined into each caller, with what the compiler knows of the operands;
    /// otherwise the callers share one function.
    const INLINES_PRODUCTS: bool = true;
    /// Whether large products go to the matrix-product crate. It chooses its instructions by the machine, and so its bits;
    /// without it, an instruction set has the same bits on every machine.
    const PACKS_PRODUCTS: bool = true;
    /// Prefetches the cache line of `place`, where the architecture can. Reads nothing, so any address is valid.
    #[inline(always)]
    fn prefetch<T>(place: *const T) {
        // SAFETY: every x86-64 processor has this instruction, and it never faults.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(place.cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = place;
    }
    /// One bit for each of 64 bytes, set where the byte is not 0.
    #[inline(always)]
    fn non_zero_bits(bytes: &[u8; 64]) -> u64 {
        non_zero_bits_portable(bytes)
    }
    /// Packs the non-zero bytes of a chunk of up to 64, each in the lower 8 bits below its column, which must be below
    /// 2²⁴, and returns their number. The content of the array beyond them is unspecified.
    #[inline(always)]
    fn pack_non_zeros(chunk: &[u8], first_column: u32, entries: &mut [u32; CHUNK]) -> usize {
        let mut buffer = [0; CHUNK];
        let chunk = whole_chunk(chunk, &mut buffer);
        let mut bits = Self::non_zero_bits(chunk);
        let mut found = 0;
        while bits != 0 {
            let at = bits.trailing_zeros();
            entries[found] = (first_column + at) << 8 | u32::from(chunk[at as usize]);
            found += 1;
            bits &= bits - 1;
        }
        found
    }
    /// Runs a part of a task as a separate function, compiled with these instructions. Every task that calls the part
    /// shares it, which keeps the program small.
    fn call<K: Task>(part: K) -> K::Output;
}

/// The instructions that every machine of the architecture has. Its bits are the same on every architecture.
#[derive(Clone, Copy)]
pub struct Baseline;
impl Isa for Baseline {
    type F32 = Portable<f32, false>;
    type F64 = Portable<f64, false>;
    const HAS_NARROW: bool = false;
    const INLINES_PRODUCTS: bool = false;
    const PACKS_PRODUCTS: bool = false;
    #[inline(always)]
    fn call<K: Task>(part: K) -> K::Output {
        part.on_baseline()
    }
}

/// arm64, where every machine has NEON. The compiler makes its instructions of [`Portable`] registers.
#[cfg(target_arch = "aarch64")]
#[derive(Clone, Copy)]
pub struct Neon;
#[cfg(target_arch = "aarch64")]
impl Isa for Neon {
    type F32 = Portable<f32, true>;
    type F64 = Portable<f64, true>;
    #[inline(always)]
    fn call<K: Task>(part: K) -> K::Output {
        part.on_neon()
    }
}

/// WebAssembly with `simd128`. It chooses the kernels that other machines have with [`Baseline`], so that both have the same bits.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[derive(Clone, Copy)]
pub struct Simd128;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Isa for Simd128 {
    type F32 = super::wasm::F32x4;
    type F64 = super::wasm::F64x4;
    const HAS_NARROW: bool = false;
    const INLINES_PRODUCTS: bool = false;
    const PACKS_PRODUCTS: bool = false;
    #[inline(always)]
    fn call<K: Task>(part: K) -> K::Output {
        part.on_simd128()
    }
}

/// For each pattern of eight bits, the positions of the set bits, in order, then zeros. It compresses eight columns at
/// once and without a branch: which pixels of a digit are 0 is unpredictable.
#[cfg(target_arch = "x86_64")]
static POSITIONS_OF_SET_BITS: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut bits = 0;
    while bits < 256 {
        let (mut place, mut found) = (0, 0);
        while place < 8 {
            if bits >> place & 1 == 1 {
                table[bits][found] = place as u8;
                found += 1;
            }
            place += 1;
        }
        bits += 1;
    }
    table
};

/// x86-64 with AVX2 and FMA (Haswell and Zen onwards).
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx2;
#[cfg(target_arch = "x86_64")]
impl Isa for Avx2 {
    type F32 = F32x8;
    type F64 = F64x4;
    #[inline(always)]
    fn non_zero_bits(bytes: &[u8; 64]) -> u64 {
        let half = |at: usize| {
            // SAFETY: this type is named only within `on_avx2`; 32 bytes from `at` (0 or 32) on are within the array.
            let zeros = unsafe {
                let bytes = _mm256_loadu_si256(bytes.as_ptr().add(at).cast());
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, _mm256_setzero_si256()))
            };
            u64::from(!zeros as u32)
        };
        half(0) | half(32) << 32
    }
    #[inline(always)]
    fn pack_non_zeros(chunk: &[u8], first_column: u32, entries: &mut [u32; CHUNK]) -> usize {
        let mut buffer = [0; CHUNK];
        let chunk = whole_chunk(chunk, &mut buffer);
        let bits = Self::non_zero_bits(chunk);
        if bits == 0 {
            return 0;
        }
        let mut found = 0;
        for start in (0..CHUNK).step_by(8) {
            let byte_bits = (bits >> start) as u8;
            let positions = &POSITIONS_OF_SET_BITS[usize::from(byte_bits)];
            // SAFETY: this type is named only within `on_avx2`; eight bytes are read of each array. At most `start` entries
            // come before these, so the eight that are written end within the array of 64.
            unsafe {
                let positions = _mm_loadl_epi64(positions.as_ptr().cast());
                let these = _mm_loadl_epi64(chunk.as_ptr().add(start).cast());
                let packed = _mm_unpacklo_epi8(_mm_shuffle_epi8(these, positions), positions);
                let first = _mm256_set1_epi32(((first_column + start as u32) << 8) as i32);
                _mm256_storeu_si256(
                    entries.as_mut_ptr().add(found).cast(),
                    _mm256_add_epi32(_mm256_cvtepu16_epi32(packed), first),
                );
            }
            found += byte_bits.count_ones() as usize;
        }
        found
    }
    #[inline(always)]
    fn call<K: Task>(part: K) -> K::Output {
        // SAFETY: this type is named only within `on_avx2`, which `dispatch` calls only where AVX2 and FMA are available.
        unsafe { part.on_avx2() }
    }
}

/// x86-64 with AVX-512 F, VL, DQ, BW and VBMI2 (Ice Lake and Zen 4 onwards).
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx512;
#[cfg(target_arch = "x86_64")]
impl Isa for Avx512 {
    type F32 = F32x16;
    type F64 = F64x8;
    #[inline(always)]
    fn non_zero_bits(bytes: &[u8; 64]) -> u64 {
        // SAFETY: this type is named only within `on_avx512`; the array has the 64 bytes that are read.
        unsafe {
            let bytes = _mm512_loadu_si512(bytes.as_ptr().cast());
            _mm512_test_epi8_mask(bytes, bytes)
        }
    }
    #[inline(always)]
    fn pack_non_zeros(chunk: &[u8], first_column: u32, entries: &mut [u32; CHUNK]) -> usize {
        const HALF: usize = CHUNK / 2;
        static POSITIONS: [u16; HALF] = {
            let mut positions = [0; HALF];
            let mut j = 0;
            while j < HALF {
                positions[j] = (j as u16) << 8;
                j += 1;
            }
            positions
        };
        let mut found = 0;
        for (half, bytes) in chunk.chunks(HALF).enumerate() {
            // SAFETY: this type is named only within `on_avx512`; masked bytes are not read, and there are as many as the
            // half is long (none is empty); at most `half` times 32 entries come before these, so the 16 or 32 entries
            // that are written end within the array of 64.
            unsafe {
                let bytes = match bytes.first_chunk::<HALF>() {
                    Some(whole) => _mm256_loadu_si256(whole.as_ptr().cast()),
                    None => _mm256_maskz_loadu_epi8(u32::MAX >> (HALF - bytes.len()), bytes.as_ptr().cast()),
                };
                let bytes = _mm512_cvtepu8_epi16(bytes);
                let mask = _mm512_test_epi16_mask(bytes, bytes);
                let positions = _mm512_loadu_si512(POSITIONS.as_ptr().cast());
                let packed = _mm512_maskz_compress_epi16(mask, _mm512_or_si512(bytes, positions));
                let first = _mm512_set1_epi32(((first_column + (half * HALF) as u32) << 8) as i32);
                let to = entries.as_mut_ptr().add(found);
                let low = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(packed));
                _mm512_storeu_si512(to.cast(), _mm512_add_epi32(low, first));
                let count = mask.count_ones() as usize;
                // Rare: strokes are thin.
                if count > HALF / 2 {
                    let high = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64::<1>(packed));
                    _mm512_storeu_si512(to.add(HALF / 2).cast(), _mm512_add_epi32(high, first));
                }
                found += count;
            }
        }
        found
    }
    #[inline(always)]
    fn call<K: Task>(part: K) -> K::Output {
        // SAFETY: this type is named only within `on_avx512`, which `dispatch` calls only where its features are available.
        unsafe { part.on_avx512() }
    }
}

/// Work compiled for every instruction set. `run` must be `#[inline(always)]`.
pub trait Task {
    /// The result.
    type Output;
    /// Does the work with the instructions of `I`.
    fn run<I: Isa>(self) -> Self::Output;

    /// [`run`](Self::run) as a separate function, compiled with AVX2 and FMA. (These are methods and not functions
    /// generic over a task, because the compiler keeps all instances of a generic function in one codegen unit, but
    /// places an instance of a method with its type: this way the kernels are compiled on several cores.)
    ///
    /// # Safety
    /// The processor must have AVX2, FMA, BMI 1 and 2, LZCNT and POPCNT.
    #[cfg(target_arch = "x86_64")]
    #[inline(never)]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
    unsafe fn on_avx2(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run::<Avx2>()
    }

    /// [`run`](Self::run) as a separate function, compiled with AVX-512.
    ///
    /// # Safety
    /// The processor must have the features named here.
    #[cfg(target_arch = "x86_64")]
    #[inline(never)]
    #[target_feature(
        enable = "avx512f,avx512vl,avx512dq,avx512bw,avx512vbmi2,avx2,fma,bmi1,bmi2,lzcnt,popcnt"
    )]
    unsafe fn on_avx512(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run::<Avx512>()
    }

    /// [`run`](Self::run) as a separate function, compiled with NEON.
    #[cfg(target_arch = "aarch64")]
    #[inline(never)]
    fn on_neon(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run::<Neon>()
    }

    /// [`run`](Self::run) as a separate function, compiled for WebAssembly with `simd128`.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    #[inline(never)]
    fn on_simd128(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run::<Simd128>()
    }

    /// [`run`](Self::run) as a separate function, compiled with the baseline instructions.
    #[inline(never)]
    fn on_baseline(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run::<Baseline>()
    }
}
