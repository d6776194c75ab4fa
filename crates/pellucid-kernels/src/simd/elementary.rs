//! Elementary functions of one number, outside of registers.
//!
//! With the instruction sets whose bits are the same on every machine, baseline and `simd128`, they are those of the `libm`
//! crate, which are the same everywhere. Otherwise they are the platform's, which are faster, and with which the generator
//! of random numbers draws NumPy's normal numbers to the bit.
//!
//! `clippy.toml` forbids the platform's own functions everywhere else in what computes models.

// Here alone is chosen between them.
#![allow(clippy::disallowed_methods)]

use super::choice::has_portable_bits;

/// Functions of numbers of a precision: the method of the standard library, and the function of `libm`.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident($x:ident: $float:ident $(, $more:ident)*) => $method:ident, $portable:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            pub fn $name($x: $float $(, $more: $float)*) -> $float {
                match has_portable_bits() {
                    true => libm::$portable($x $(, $more)*),
                    false => $x.$method($($more),*),
                }
            }
        )*
    };
}

functions! {
    /// eˣ.
    exp(x: f64) => exp, exp;
    /// ln x.
    ln(x: f64) => ln, log;
    /// ln x in single precision.
    ln_f32(x: f32) => ln, logf;
    /// log₁₀ x.
    log10(x: f64) => log10, log10;
    /// ln(1 + x), accurate near 0.
    ln_1p(x: f64) => ln_1p, log1p;
    /// The same in single precision.
    ln_1p_f32(x: f32) => ln_1p, log1pf;
    /// cos x.
    cos(x: f64) => cos, cos;
    /// sin x.
    sin(x: f64) => sin, sin;
    /// tanh x.
    tanh(x: f64) => tanh, tanh;
    /// xʸ.
    pow(x: f64, y) => powf, pow;
    /// √(x² + y²), which does not overflow where the squares do.
    hypot(x: f64, y) => hypot, hypot;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_agree_to_units_in_the_last_place(x in 1e-300..1e300_f64, small in -0.9..0.9_f64, y in -3.0..3.0_f64) {
            let pairs = [
                (exp(small), small.exp()),
                (ln(x), x.ln()),
                (log10(x), x.log10()),
                (ln_1p(small), small.ln_1p()),
                (cos(small), small.cos()),
                (sin(small), small.sin()),
                (tanh(small), small.tanh()),
                (pow(x, y / 3.0), x.powf(y / 3.0)),
                (hypot(small, y), small.hypot(y)),
                (libm::exp(small), small.exp()),
                (libm::log(x), x.ln()),
                (libm::log10(x), x.log10()),
                (libm::log1p(small), small.ln_1p()),
                (libm::cos(small), small.cos()),
                (libm::sin(small), small.sin()),
                (libm::tanh(small), small.tanh()),
                (libm::pow(x, y / 3.0), x.powf(y / 3.0)),
                (libm::hypot(small, y), small.hypot(y)),
            ];
            for (at, (found, expected)) in pairs.into_iter().enumerate() {
                prop_assert!((found - expected).abs() <= 4.0 * f64::EPSILON * expected.abs(), "{at}: {found:e}, {expected:e}");
            }
        }
    }
}
