//! Registers of AVX2 and AVX-512.
//!
//! SAFETY of every intrinsic here: these types are named only within tasks that run where `choice` has found the
//! instructions.

use super::isa::Isa;
use super::vector::{Map, Vector, VectorOf};
use std::arch::x86_64::*;

/// Methods that apply intrinsics to whole registers.
macro_rules! on_registers {
    ($($method:ident($first:ident $(, $other:ident)*) => $value:expr;)*) => {
        $(
            #[inline(always)]
            fn $method(self $(, $other: Self)*) -> Self {
                let ($first, $($other),*) = (self.0, $($other.0),*);
                // SAFETY: see the module.
                Self(unsafe { $value })
            }
        )*
    };
}

macro_rules! register {
    (
        $(#[$doc:meta])* $name:ident of $lanes:literal $float:ident in $register:ident, half $half:ident:
        $splat:ident, $load:ident, $store:ident, $load_first:ident, $store_first:ident;
        $fused:ident, $add:ident, $sub:ident, $mul:ident, $div:ident, $sqrt:ident, $max:ident, $min:ident;
        $or:ident, $and_not:ident, $shift:ident $bits:literal, $add_integers:ident, $one:expr, $integers:ident, $floats:ident;
        lanes { $($by_lane:tt)* }
        non_zero: |$any:ident| $bits_of:expr;
        turns: |$first:ident, $second:ident| $turns:expr;
        low: |$low_of:ident| $low:expr;
        fold: |$folded:ident| $fold:expr;
        begin: |$begun:ident| $begin:expr;
        sum: |$whole:ident| $sum:expr
        $(; $more:item)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name($register);

        impl Vector<$float> for $name {
            const LANES: usize = $lanes;
            const FUSES: bool = true;
            type Half = $half;
            type Single = Self;
            on_registers! {
                mul_add(a, factor, summand) => $fused(a, factor, summand);
                add(a, b) => $add(a, b);
                sub(a, b) => $sub(a, b);
                mul(a, b) => $mul(a, b);
                div(a, b) => $div(a, b);
                sqrt(a) => $sqrt(a);
                // The instruction returns its second operand where one is NaN.
                at_least(a, low) => $max(low, a);
                at_most(a, high) => $min(high, a);
                abs(a) => $and_not($splat(-0.0), a);
                // The inner and-not clears the sign bit of `sign`; the outer one clears all other bits, which leaves
                // the sign bit alone.
                with_sign(a, sign) => $or(a, $and_not($and_not($splat(-0.0), sign), sign));
                power_of_two(a) => $floats($add_integers($shift::<$bits>($integers(a)), $one));
                $($by_lane)*
            }
            #[inline(always)]
            fn splat(value: $float) -> Self {
                // SAFETY: see the module.
                Self(unsafe { $splat(value) })
            }
            #[inline(always)]
            unsafe fn load(from: *const $float) -> Self {
                // SAFETY: see the module; the caller guarantees the memory.
                Self(unsafe { $load(from) })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $float) {
                // SAFETY: see the module; the caller guarantees the memory.
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn load_first(from: *const $float, count: usize) -> Self {
                // SAFETY: see the module; masked lanes are not read, the caller guarantees the others.
                Self(unsafe { $load_first(from, count) })
            }
            #[inline(always)]
            unsafe fn store_first(self, to: *mut $float, count: usize) {
                // SAFETY: see the module; masked lanes are not written, the caller guarantees the others.
                unsafe { $store_first(self.0, to, count) }
            }
            #[inline(always)]
            fn non_zero_bits(self) -> u64 {
                let $any = self.0;
                // SAFETY: see the module.
                u64::from(unsafe { $bits_of })
            }
            #[inline(always)]
            fn interleave(self, other: Self) -> (Self, Self) {
                let ($first, $second) = (self.0, other.0);
                // SAFETY: see the module.
                let (low, high) = unsafe { $turns };
                (Self(low), Self(high))
            }
            #[inline(always)]
            fn sum(self) -> $float {
                let $whole = self.0;
                // SAFETY: see the module.
                unsafe { $sum }
            }
            #[inline(always)]
            fn from_single(single: Self) -> Self {
                single
            }
            #[inline(always)]
            fn low_half(self) -> $half {
                let $low_of = self.0;
                $half($low)
            }
            #[inline(always)]
            fn sum_of_halves(self) -> $half {
                let $folded = self.0;
                $half($fold)
            }
            #[inline(always)]
            fn from_half(half: $half) -> Self {
                let $begun = half.0;
                Self($begin)
            }
            $($more)*
        }
    };
}

register! {
    /// Sixteen f32 in an AVX-512 register.
    F32x16 of 16 f32 in __m512, half F32x8:
    _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, load_first_f32x16, store_first_f32x16;
    _mm512_fmadd_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_div_ps, _mm512_sqrt_ps, _mm512_max_ps, _mm512_min_ps;
    _mm512_or_ps, _mm512_andnot_ps, _mm512_slli_epi32 23, _mm512_add_epi32, _mm512_set1_epi32(127 << 23), _mm512_castps_si512, _mm512_castsi512_ps;
    lanes {
        flush_below(number, least) => {
            let kept = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(number), least);
            _mm512_maskz_mov_ps(kept, number)
        };
        keep_where_positive(there, of) => _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(of, _mm512_setzero_ps()), there);
        replace_where_above(there, magnitude, most, other) => {
            let kept = _mm512_cmp_ps_mask::<_CMP_NGT_UQ>(magnitude, most);
            _mm512_mask_mov_ps(other, kept, there)
        };
    }
    non_zero: |any| _mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(any, _mm512_setzero_ps());
    turns: |first, second| {
        let low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
        let high = _mm512_add_epi32(low, _mm512_set1_epi32(8));
        (_mm512_permutex2var_ps(first, low, second), _mm512_permutex2var_ps(first, high, second))
    };
    // SAFETY: see the module.
    low: |whole| unsafe { _mm512_castps512_ps256(whole) };
    // SAFETY: see the module.
    fold: |whole| unsafe { _mm256_add_ps(_mm512_castps512_ps256(whole), _mm512_extractf32x8_ps::<1>(whole)) };
    // SAFETY: see the module.
    begin: |half| unsafe { _mm512_zextps256_ps512(half) };
    sum: |whole| _mm512_reduce_add_ps(whole);
    // The square root and division instructions take three times as long as an estimate of 14 bits, which one step of
    // Newton's method improves to 28 bits.
    #[inline(always)]
    fn approximate_sqrt(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let x = _mm512_max_ps(_mm512_set1_ps(f32::MIN_POSITIVE), self.0);
            let estimate = _mm512_rsqrt14_ps(x);
            let root = _mm512_mul_ps(x, estimate);
            let half = _mm512_mul_ps(estimate, _mm512_set1_ps(0.5));
            let error = _mm512_fnmadd_ps(root, root, x);
            Self(_mm512_fmadd_ps(error, half, root))
        }
    };
    #[inline(always)]
    fn approximate_div(self, other: Self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let estimate = _mm512_rcp14_ps(other.0);
            let error = _mm512_fnmadd_ps(other.0, estimate, _mm512_set1_ps(1.0));
            let inverse = _mm512_fmadd_ps(error, estimate, estimate);
            let quotient = _mm512_mul_ps(self.0, inverse);
            let rest = _mm512_fnmadd_ps(other.0, quotient, self.0);
            Self(_mm512_fmadd_ps(rest, inverse, quotient))
        }
    }
}

register! {
    /// Eight f64 in an AVX-512 register.
    F64x8 of 8 f64 in __m512d, half F64x4:
    _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, load_first_f64x8, store_first_f64x8;
    _mm512_fmadd_pd, _mm512_add_pd, _mm512_sub_pd, _mm512_mul_pd, _mm512_div_pd, _mm512_sqrt_pd, _mm512_max_pd, _mm512_min_pd;
    _mm512_or_pd, _mm512_andnot_pd, _mm512_slli_epi64 52, _mm512_add_epi64, _mm512_set1_epi64(1023 << 52), _mm512_castpd_si512, _mm512_castsi512_pd;
    lanes {
        flush_below(number, least) => {
            let kept = _mm512_cmp_pd_mask::<_CMP_NLT_UQ>(_mm512_abs_pd(number), least);
            _mm512_maskz_mov_pd(kept, number)
        };
        keep_where_positive(there, of) => _mm512_maskz_mov_pd(_mm512_cmp_pd_mask::<_CMP_GT_OQ>(of, _mm512_setzero_pd()), there);
        replace_where_above(there, magnitude, most, other) => {
            let kept = _mm512_cmp_pd_mask::<_CMP_NGT_UQ>(magnitude, most);
            _mm512_mask_mov_pd(other, kept, there)
        };
    }
    non_zero: |any| _mm512_cmp_pd_mask::<_CMP_NEQ_UQ>(any, _mm512_setzero_pd());
    turns: |first, second| {
        let low = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0);
        let high = _mm512_add_epi64(low, _mm512_set1_epi64(4));
        (_mm512_permutex2var_pd(first, low, second), _mm512_permutex2var_pd(first, high, second))
    };
    // SAFETY: see the module.
    low: |whole| unsafe { _mm512_castpd512_pd256(whole) };
    // SAFETY: see the module.
    fold: |whole| unsafe { _mm256_add_pd(_mm512_castpd512_pd256(whole), _mm512_extractf64x4_pd::<1>(whole)) };
    // SAFETY: see the module.
    begin: |half| unsafe { _mm512_zextpd256_pd512(half) };
    sum: |whole| _mm512_reduce_add_pd(whole)
}

// The processor does not forward a masked store to a following load before the store has reached the cache, which costs
// small networks more than their arithmetic: the last units that one layer stores are the first that the next layer
// loads. So parts of a register are loaded and stored as whole halves, quarters and so on, by the bits of the count.

/// # Safety
/// As [`Vector::load_first`]; see the module.
#[inline(always)]
unsafe fn load_first_f64x8(from: *const f64, count: usize) -> __m512d {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        if count == 8 {
            return _mm512_loadu_pd(from);
        }
        let mut lanes = _mm512_setzero_pd();
        if count & 4 != 0 {
            lanes = _mm512_zextpd256_pd512(_mm256_loadu_pd(from));
        }
        if count & 2 != 0 {
            let two = _mm512_broadcast_f64x2(_mm_loadu_pd(from.add(count & 4)));
            lanes = _mm512_mask_mov_pd(lanes, 3 << (count & 4), two);
        }
        if count & 1 != 0 {
            lanes = _mm512_mask_mov_pd(lanes, 1 << (count - 1), _mm512_set1_pd(*from.add(count - 1)));
        }
        lanes
    }
}

/// # Safety
/// As [`Vector::store_first`]; see the module.
#[inline(always)]
unsafe fn store_first_f64x8(lanes: __m512d, to: *mut f64, count: usize) {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        if count == 8 {
            return _mm512_storeu_pd(to, lanes);
        }
        if count & 4 != 0 {
            _mm256_storeu_pd(to, _mm512_castpd512_pd256(lanes));
        }
        if count & 2 != 0 {
            let two = _mm512_maskz_compress_pd(3 << (count & 4), lanes);
            _mm_storeu_pd(to.add(count & 4), _mm512_castpd512_pd128(two));
        }
        if count & 1 != 0 {
            let one = _mm512_maskz_compress_pd(1 << (count - 1), lanes);
            *to.add(count - 1) = _mm512_cvtsd_f64(one);
        }
    }
}

/// # Safety
/// As [`Vector::load_first`]; see the module.
#[inline(always)]
unsafe fn load_first_f32x16(from: *const f32, count: usize) -> __m512 {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        if count == 16 {
            return _mm512_loadu_ps(from);
        }
        let mut lanes = _mm512_setzero_ps();
        if count & 8 != 0 {
            lanes = _mm512_zextps256_ps512(_mm256_loadu_ps(from));
        }
        if count & 4 != 0 {
            let four = _mm512_broadcast_f32x4(_mm_loadu_ps(from.add(count & 8)));
            lanes = _mm512_mask_mov_ps(lanes, 15 << (count & 8), four);
        }
        if count & 2 != 0 {
            let two = _mm512_set1_pd(from.add(count & 12).cast::<f64>().read_unaligned());
            lanes = _mm512_mask_mov_ps(lanes, 3 << (count & 12), _mm512_castpd_ps(two));
        }
        if count & 1 != 0 {
            lanes = _mm512_mask_mov_ps(lanes, 1 << (count - 1), _mm512_set1_ps(*from.add(count - 1)));
        }
        lanes
    }
}

/// # Safety
/// As [`Vector::store_first`]; see the module.
#[inline(always)]
unsafe fn store_first_f32x16(lanes: __m512, to: *mut f32, count: usize) {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        if count == 16 {
            return _mm512_storeu_ps(to, lanes);
        }
        if count & 8 != 0 {
            _mm256_storeu_ps(to, _mm512_castps512_ps256(lanes));
        }
        if count & 4 != 0 {
            let four = _mm512_maskz_compress_ps(15 << (count & 8), lanes);
            _mm_storeu_ps(to.add(count & 8), _mm512_castps512_ps128(four));
        }
        if count & 2 != 0 {
            let two = _mm512_castps_pd(_mm512_maskz_compress_ps(3 << (count & 12), lanes));
            to.add(count & 12)
                .cast::<f64>()
                .write_unaligned(_mm512_cvtsd_f64(two));
        }
        if count & 1 != 0 {
            let one = _mm512_maskz_compress_ps(1 << (count - 1), lanes);
            *to.add(count - 1) = _mm512_cvtss_f32(one);
        }
    }
}

/// # Safety
/// As [`Vector::load_first`]; see the module.
#[inline(always)]
unsafe fn load_first_f64x4(from: *const f64, count: usize) -> __m256d {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        match count {
            0 => _mm256_setzero_pd(),
            1 => _mm256_zextpd128_pd256(_mm_load_sd(from)),
            2 => _mm256_zextpd128_pd256(_mm_loadu_pd(from)),
            3 => _mm256_set_m128d(_mm_load_sd(from.add(2)), _mm_loadu_pd(from)),
            _ => _mm256_loadu_pd(from),
        }
    }
}

/// # Safety
/// As [`Vector::store_first`]; see the module.
#[inline(always)]
unsafe fn store_first_f64x4(lanes: __m256d, to: *mut f64, count: usize) {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        match count {
            0 => {}
            1 => _mm_store_sd(to, _mm256_castpd256_pd128(lanes)),
            2 => _mm_storeu_pd(to, _mm256_castpd256_pd128(lanes)),
            3 => {
                _mm_storeu_pd(to, _mm256_castpd256_pd128(lanes));
                _mm_store_sd(to.add(2), _mm256_extractf128_pd::<1>(lanes));
            }
            _ => _mm256_storeu_pd(to, lanes),
        }
    }
}

/// Loads the first `count` numbers, up to 4.
///
/// # Safety
/// `from` must be valid for reading `count` numbers; see the module.
#[inline(always)]
unsafe fn load_up_to_four(from: *const f32, count: usize) -> __m128 {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        match count {
            0 => _mm_setzero_ps(),
            1 => _mm_load_ss(from),
            2 => _mm_castpd_ps(_mm_load_sd(from.cast())),
            3 => _mm_movelh_ps(_mm_castpd_ps(_mm_load_sd(from.cast())), _mm_load_ss(from.add(2))),
            _ => _mm_loadu_ps(from),
        }
    }
}

/// Stores the first `count` lanes, up to 4.
///
/// # Safety
/// `to` must be valid for writing `count` numbers; see the module.
#[inline(always)]
unsafe fn store_up_to_four(lanes: __m128, to: *mut f32, count: usize) {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        match count {
            0 => {}
            1 => _mm_store_ss(to, lanes),
            2 => _mm_store_sd(to.cast(), _mm_castps_pd(lanes)),
            3 => {
                _mm_store_sd(to.cast(), _mm_castps_pd(lanes));
                _mm_store_ss(to.add(2), _mm_movehl_ps(lanes, lanes));
            }
            _ => _mm_storeu_ps(to, lanes),
        }
    }
}

/// # Safety
/// As [`Vector::load_first`]; see the module.
#[inline(always)]
unsafe fn load_first_f32x8(from: *const f32, count: usize) -> __m256 {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        if count <= 4 {
            _mm256_zextps128_ps256(load_up_to_four(from, count))
        } else {
            _mm256_set_m128(load_up_to_four(from.add(4), count - 4), _mm_loadu_ps(from))
        }
    }
}

/// # Safety
/// As [`Vector::store_first`]; see the module.
#[inline(always)]
unsafe fn store_first_f32x8(lanes: __m256, to: *mut f32, count: usize) {
    // SAFETY: each part lies within the first `count` numbers.
    unsafe {
        if count <= 4 {
            store_up_to_four(_mm256_castps256_ps128(lanes), to, count);
        } else {
            _mm_storeu_ps(to, _mm256_castps256_ps128(lanes));
            store_up_to_four(_mm256_extractf128_ps::<1>(lanes), to.add(4), count - 4);
        }
    }
}

/// # Safety
/// See the module.
#[inline(always)]
unsafe fn sum_of_halves_f32x8(whole: __m256) -> __m128 {
    // SAFETY: guaranteed by the caller.
    unsafe { _mm_add_ps(_mm256_castps256_ps128(whole), _mm256_extractf128_ps::<1>(whole)) }
}

register! {
    /// Eight f32 in an AVX register.
    F32x8 of 8 f32 in __m256, half F32x8:
    _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, load_first_f32x8, store_first_f32x8;
    _mm256_fmadd_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_div_ps, _mm256_sqrt_ps, _mm256_max_ps, _mm256_min_ps;
    _mm256_or_ps, _mm256_andnot_ps, _mm256_slli_epi32 23, _mm256_add_epi32, _mm256_set1_epi32(127 << 23), _mm256_castps_si256, _mm256_castsi256_ps;
    lanes {
        flush_below(number, least) => {
            let magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0), number);
            _mm256_and_ps(_mm256_cmp_ps::<_CMP_NLT_UQ>(magnitude, least), number)
        };
        keep_where_positive(there, of) => _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(of, _mm256_setzero_ps()), there);
        replace_where_above(there, magnitude, most, other) => {
            _mm256_blendv_ps(there, other, _mm256_cmp_ps::<_CMP_GT_OQ>(magnitude, most))
        };
    }
    non_zero: |any| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(any, _mm256_setzero_ps())) as u32;
    turns: |first, second| {
        let (low, high) = (_mm256_unpacklo_ps(first, second), _mm256_unpackhi_ps(first, second));
        (_mm256_permute2f128_ps::<0x20>(low, high), _mm256_permute2f128_ps::<0x31>(low, high))
    };
    low: |whole| whole;
    fold: |whole| whole;
    begin: |half| half;
    sum: |whole| {
        let half = sum_of_halves_f32x8(whole);
        let quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
        _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)))
    };
    #[inline(always)]
    fn sums_of_four(registers: [Self; 4]) -> Self {
        let [a, b, c, d] = registers;
        // SAFETY: see the module.
        unsafe {
            let (a, b) = (sum_of_halves_f32x8(a.0), sum_of_halves_f32x8(b.0));
            let (c, d) = (sum_of_halves_f32x8(c.0), sum_of_halves_f32x8(d.0));
            let a_c = _mm_add_ps(_mm_unpacklo_ps(a, c), _mm_unpackhi_ps(a, c));
            let b_d = _mm_add_ps(_mm_unpacklo_ps(b, d), _mm_unpackhi_ps(b, d));
            let sums = _mm_add_ps(_mm_unpacklo_ps(a_c, b_d), _mm_unpackhi_ps(a_c, b_d));
            Self(_mm256_zextps128_ps256(sums))
        }
    }
}

register! {
    /// Four f64 in an AVX register.
    F64x4 of 4 f64 in __m256d, half F64x4:
    _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, load_first_f64x4, store_first_f64x4;
    _mm256_fmadd_pd, _mm256_add_pd, _mm256_sub_pd, _mm256_mul_pd, _mm256_div_pd, _mm256_sqrt_pd, _mm256_max_pd, _mm256_min_pd;
    _mm256_or_pd, _mm256_andnot_pd, _mm256_slli_epi64 52, _mm256_add_epi64, _mm256_set1_epi64x(1023 << 52), _mm256_castpd_si256, _mm256_castsi256_pd;
    lanes {
        flush_below(number, least) => {
            let magnitude = _mm256_andnot_pd(_mm256_set1_pd(-0.0), number);
            _mm256_and_pd(_mm256_cmp_pd::<_CMP_NLT_UQ>(magnitude, least), number)
        };
        keep_where_positive(there, of) => _mm256_and_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(of, _mm256_setzero_pd()), there);
        replace_where_above(there, magnitude, most, other) => {
            _mm256_blendv_pd(there, other, _mm256_cmp_pd::<_CMP_GT_OQ>(magnitude, most))
        };
    }
    non_zero: |any| _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_NEQ_UQ>(any, _mm256_setzero_pd())) as u32;
    turns: |first, second| {
        let (low, high) = (_mm256_unpacklo_pd(first, second), _mm256_unpackhi_pd(first, second));
        (_mm256_permute2f128_pd::<0x20>(low, high), _mm256_permute2f128_pd::<0x31>(low, high))
    };
    low: |whole| whole;
    fold: |whole| whole;
    begin: |half| half;
    sum: |whole| {
        let half = _mm_add_pd(_mm256_castpd256_pd128(whole), _mm256_extractf128_pd::<1>(whole));
        _mm_cvtsd_f64(_mm_add_sd(half, _mm_unpackhi_pd(half, half)))
    };
    #[inline(always)]
    fn broadcast_sum(self) -> Self {
        // SAFETY: see the module.
        unsafe {
            let half = _mm256_add_pd(self.0, _mm256_permute2f128_pd::<0x01>(self.0, self.0));
            Self(_mm256_add_pd(half, _mm256_permute_pd::<0b0101>(half)))
        }
    };
    #[inline(always)]
    fn sums_of_four([a, b, c, d]: [Self; 4]) -> Self {
        // SAFETY: see the module.
        unsafe {
            let low = _mm256_permute2f128_pd::<0x20>(a.0, c.0);
            let a_c = _mm256_add_pd(low, _mm256_permute2f128_pd::<0x31>(a.0, c.0));
            let low = _mm256_permute2f128_pd::<0x20>(b.0, d.0);
            let b_d = _mm256_add_pd(low, _mm256_permute2f128_pd::<0x31>(b.0, d.0));
            Self(_mm256_add_pd(_mm256_unpacklo_pd(a_c, b_d), _mm256_unpackhi_pd(a_c, b_d)))
        }
    };
    #[inline(always)]
    fn broadcast_lane(self, lane: usize) -> Self {
        // SAFETY: see the module.
        Self(unsafe {
            match lane {
                0 => _mm256_broadcastsd_pd(_mm256_castpd256_pd128(self.0)),
                1 => _mm256_permute4x64_pd::<0b01_01_01_01>(self.0),
                2 => _mm256_permute4x64_pd::<0b10_10_10_10>(self.0),
                _ => _mm256_permute4x64_pd::<0b11_11_11_11>(self.0),
            }
        })
    };
    #[inline(always)]
    fn map_each<I: Isa, F: Map<f64>>(registers: &mut [Self], f: F) {
        let (pairs, others) = registers.as_chunks_mut::<2>();
        for [low, high] in pairs {
            if VectorOf::<I, f64>::LANES == F64x8::LANES {
                // SAFETY: see the module; AVX-512 is available where such registers are.
                unsafe {
                    let both = _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(low.0), high.0);
                    let both = f.apply(F64x8(both)).0;
                    low.0 = _mm512_castpd512_pd256(both);
                    high.0 = _mm512_extractf64x4_pd::<1>(both);
                }
            } else {
                (*low, *high) = (f.apply(*low), f.apply(*high));
            }
        }
        for register in others {
            *register = f.apply(*register);
        }
    }
}
