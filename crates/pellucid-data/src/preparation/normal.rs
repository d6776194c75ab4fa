//! Quantiles of numbers, and of the normal distribution.

use pellucid::elementary;

/// Probabilities as near as this to 0 or 1 are the ends.
const LEAST: f64 = 1e-7;

/// So many evenly spaced quantiles of sorted numbers, the first the smallest and the last the largest, with linear
/// interpolation as `numpy.quantile` has it.
pub(crate) fn quantiles(sorted: &[f64], count: usize) -> Vec<f64> {
    let last = sorted.len() - 1;
    let at = |index: usize| {
        let place = index as f64 / (count - 1) as f64 * last as f64;
        let below = (place.floor() as usize).min(last);
        let above = (below + 1).min(last);
        sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
    };
    (0..count).map(at).collect()
}

/// The part of the training rows below a number, by their quantiles: the mean of the interpolations from below and from above,
/// which differ where quantiles are equal, as in scikit-learn's `QuantileTransformer`.
pub(super) fn rank(value: f64, quantiles: &[f64]) -> f64 {
    let last = (quantiles.len() - 1) as f64;
    let between = |upper: usize| {
        let (low, high) = (quantiles[upper - 1], quantiles[upper]);
        (upper - 1) as f64 + (value - low) / (high - low)
    };
    // The place among the quantiles where those that equal it are before it, and where they are behind it.
    let up_to = quantiles.partition_point(|&quantile| quantile <= value);
    let below = quantiles.partition_point(|&quantile| quantile < value);
    let place = match (below, up_to) {
        (0, 0) => 0.0,
        (_, _) if below == quantiles.len() => last,
        (below, up_to) if below == up_to => between(below),
        (below, up_to) => (below as f64).midpoint((up_to - 1) as f64),
    };
    place / last
}

/// The number below which a standard normal variable lies with this probability, within ±5.199, where scikit-learn's
/// `QuantileTransformer` ends too. Wichura, *Algorithm AS 241: The Percentage Points of the Normal Distribution*, 1988, to
/// 1e-15.
pub(super) fn normal_quantile(probability: f64) -> f64 {
    let p = probability.clamp(LEAST, 1.0 - LEAST);
    let from_half = p - 0.5;
    if from_half.abs() <= 0.425 {
        let r = 0.180_625 - from_half * from_half;
        return from_half * ratio(r, &CENTRE);
    }
    let tail = (-elementary::ln(p.min(1.0 - p))).sqrt();
    let size = match tail <= 5.0 {
        true => ratio(tail - 1.6, &TAIL),
        false => ratio(tail - 5.0, &FAR_TAIL),
    };
    size.copysign(from_half)
}

/// The probability that a standard normal variable is below this number: Φ(z) = ½ erfc(−z/√2).
pub(super) fn normal_probability(number: f64) -> f64 {
    0.5 * libm::erfc(-number * std::f64::consts::FRAC_1_SQRT_2)
}

/// The number below which this part of the training rows lies, by their evenly spaced quantiles, with linear interpolation;
/// within 1e-7 of 0 and 1 the smallest and the largest, as in scikit-learn's `QuantileTransformer`.
pub(super) fn quantile_at(part: f64, quantiles: &[f64]) -> f64 {
    // Somewhat more, so that the ends of `normal_quantile` come back as what they were made of.
    const NEAR_END: f64 = LEAST * (1.0 + 1e-6);
    let last = quantiles.len() - 1;
    if part <= NEAR_END {
        return quantiles[0];
    }
    if part >= 1.0 - NEAR_END {
        return quantiles[last];
    }
    let place = part * last as f64;
    let below = (place.floor() as usize).min(last);
    let above = (below + 1).min(last);
    quantiles[below] + (quantiles[above] - quantiles[below]) * (place - below as f64)
}

/// A polynomial divided by another, coefficients of the lowest power first.
fn ratio(x: f64, [above, below]: &[[f64; 8]; 2]) -> f64 {
    let polynomial = |of: &[f64; 8]| of.iter().rev().fold(0.0, |sum, factor| sum * x + factor);
    polynomial(above) / polynomial(below)
}

/// The numerator and the denominator of each of the three rational functions of AS 241, coefficients of the lowest power first: for
/// probabilities p near ½, of 0.180625 − (p − ½)²; for those further off, of r − 1.6 and r − 5 with r = √−ln(min(p, 1 − p)), the
/// latter from r = 5 on.
pub const NORMAL_QUANTILE_RATIOS: [[[f64; 8]; 2]; 3] = [CENTRE, TAIL, FAR_TAIL];

const CENTRE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_545,
    ],
];

const TAIL: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];

const FAR_TAIL: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.norm.ppf`.
    #[test]
    fn quantiles_of_the_normal_distribution() {
        for (probability, expected) in [
            (0.5, 0.0),
            (0.6, 0.253_347_103_135_799_7),
            (0.975, 1.959_963_984_540_054),
            (0.01, -2.326_347_874_040_840_8),
            (1e-5, -4.264_890_793_922_825),
            (1.0, 5.199_337_582_290_661),
            (0.0, -5.199_337_582_192_817),
        ] {
            let found = normal_quantile(probability);
            assert!((found - expected).abs() < 1e-12, "{probability}: {found}");
        }
    }

    #[test]
    fn ranks_lie_in_the_middle_of_equal_quantiles() {
        let of = [0.0, 1.0, 1.0, 1.0, 3.0];
        for (value, expected) in [
            (-1.0, 0.0),
            (0.0, 0.0),
            (0.5, 0.125),
            (1.0, 0.5),
            (2.0, 0.875),
            (3.0, 1.0),
            (9.0, 1.0),
        ] {
            assert_eq!(rank(value, &of), expected, "{value}");
        }
        assert_eq!(rank(2.0, &[2.0; 3]), 0.5);
    }

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantiles(&[1.0, 2.0, 4.0], 5), [1.0, 1.5, 2.0, 3.0, 4.0]);
        assert_eq!(quantiles(&[7.0], 3), [7.0; 3]);
    }
}
