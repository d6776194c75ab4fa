//! The initialisers: what each is called, computes and can be set to.

use crate::descriptor::{Choice, Descriptor, Range, Setting, SettingError};
use pellucid_kernels::choice;
use serde::{Deserialize, Serialize};

/// Stands for a number that a recipe must give.
const MISSING: f64 = f64::NAN;

choice! {
    /// How the parameters start. Biases start at 0 unless the method says otherwise.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub enum Init: Descriptor, key "init", tag "method", unnamed Some("xavier_uniform"), alone false {
        /// All 0. Hidden units that start alike stay alike: for networks without hidden layers.
        Zeros => Descriptor::new("zeros", "zeros")
            .formula("0", r"0"),
        /// All the same number; for networks without hidden layers too.
        Constant { value } => Descriptor::new("constant", "constant")
            .formula("value", r"c"),
        /// Uniform from `low` to `high`.
        Uniform { low, high } => Descriptor::new("uniform", "uniform")
            .formula("uniform from low to high", r"\text{uniform from low to high}"),
        /// Normal with mean 0 and standard deviation `std`.
        Normal { std } => Descriptor::new("normal", "normal")
            .formula(
                "normal with mean 0 and standard deviation std",
                r"\text{normal with mean 0 and standard deviation } \sigma",
            ),
        /// The same; a number further than 2·`std` from 0 is drawn again, so that the standard deviation is about 0.88·`std`.
        TruncatedNormal { std } => Descriptor::new("truncated_normal", "truncated normal")
            .formula(
                "normal, where a number further than 2·std from 0 is drawn again",
                r"\text{normal, where a number further than } 2 \sigma \text{ from 0 is drawn again}",
            ),
        /// Uniform in ±√(6/(fan_in + fan_out)).
        #[default]
        XavierUniform => Descriptor::new("xavier_uniform", "Xavier, uniform")
            .aliases(&["glorot_uniform"])
            .formula("uniform in ±√(6/(fan_in + fan_out))", r"\text{uniform in } \pm \sqrt{\frac{6}{n + m}}")
            .paper("Glorot & Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010, equation 16"),
        /// Normal with standard deviation √(2/(fan_in + fan_out)).
        XavierNormal => Descriptor::new("xavier_normal", "Xavier, normal")
            .aliases(&["glorot_normal"])
            .formula(
                "normal with standard deviation √(2/(fan_in + fan_out))",
                r"\text{normal with standard deviation } \sqrt{\frac{2}{n + m}}",
            )
            .paper("Glorot & Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010, equation 12"),
        /// Uniform in ±√(6/fan_in).
        HeUniform => Descriptor::new("he_uniform", "He, uniform")
            .aliases(&["kaiming_uniform"])
            .formula("uniform in ±√(6/fan_in)", r"\text{uniform in } \pm \sqrt{\frac{6}{n}}")
            .paper("He et al., Delving Deep into Rectifiers, 2015, equation 10"),
        /// Normal with standard deviation √(2/fan_in).
        HeNormal => Descriptor::new("he_normal", "He, normal")
            .aliases(&["kaiming_normal"])
            .formula(
                "normal with standard deviation √(2/fan_in)",
                r"\text{normal with standard deviation } \sqrt{\frac{2}{n}}",
            )
            .paper("He et al., Delving Deep into Rectifiers, 2015, equation 10"),
        /// Uniform in ±√(3/fan_in).
        LecunUniform => Descriptor::new("lecun_uniform", "LeCun, uniform")
            .formula("uniform in ±√(3/fan_in)", r"\text{uniform in } \pm \sqrt{\frac{3}{n}}")
            .paper("LeCun et al., Efficient BackProp, 1998, equation 16"),
        /// Normal with standard deviation √(1/fan_in).
        LecunNormal => Descriptor::new("lecun_normal", "LeCun, normal")
            .formula(
                "normal with standard deviation √(1/fan_in)",
                r"\text{normal with standard deviation } \sqrt{\frac{1}{n}}",
            )
            .paper("LeCun et al., Efficient BackProp, 1998, equation 16"),
        /// Orthonormal columns, or rows where there are fewer of them, times `gain`.
        Orthogonal { gain } => Descriptor::new("orthogonal", "orthogonal")
            .formula(
                "orthonormal columns, or rows where they are fewer, times gain",
                r"g \cdot Q \text{, the columns or rows of Q orthonormal}",
            )
            .paper("Saxe et al., Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks, 2014"),
        /// As scikit-learn's `MLPClassifier` and `MLPRegressor` start, to the bit where the seed is the same: weights, then biases of
        /// each layer uniform in ±√(6/(fan_in + fan_out)), with 2 in place of 6 where the hidden units are sigmoids. The output
        /// layer uses the activation of the hidden layer before it.
        Sklearn => Descriptor::new("sklearn", "scikit-learn")
            .formula(
                "weights, then biases of each layer uniform in ±√(6/(fan_in + fan_out)); 2 in place of 6 where the hidden units are sigmoids",
                r"\text{weights and biases uniform in } \pm \sqrt{\frac{6}{n + m}}",
            ),
        /// As PyTorch's `Linear` starts, though not from its generator: weights, then biases uniform in ±1/√fan_in.
        Pytorch => Descriptor::new("pytorch", "PyTorch")
            .formula(
                "weights, then biases uniform in ±1/√fan_in",
                r"\text{weights and biases uniform in } \pm \frac{1}{\sqrt{n}}",
            ),
        /// As RealMLP-TD-S starts: weights normal with standard deviation √(1/fan_in), biases normal with standard deviation 1, and
        /// all parameters of the output layer 0.
        Realmlp => Descriptor::new("realmlp", "RealMLP")
            .formula(
                "weights normal with standard deviation √(1/fan_in), biases with 1; the output layer 0",
                r"\text{weights normal with standard deviation } \sqrt{\frac{1}{n}} \text{, biases with 1; the output layer 0}",
            )
            .paper("Holzmüller, Grinsztajn & Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data, 2024"),
        /// By the training rows: weights normal, then scaled so that the pre-activations of each unit have a standard deviation
        /// of 1, and as bias minus a random mean of the unit's pre-activations in 5 rows, so that each unit's kink lies among the
        /// rows. Layer after layer, on at most 1,024 rows.
        DataDriven => Descriptor::new("data_driven", "by the data")
            .formula(
                "weights normal, scaled to pre-activations of standard deviation 1 on training rows; biases minus a random mean of the pre-activations in 5 rows",
                r"\text{weights normal, scaled to unit pre-activations on training rows; biases from 5 rows}",
            )
            .paper("Holzmüller, Grinsztajn & Steinwart, Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data, 2024, section 3"),
        /// The numbers in `layers`.
        Given { layers } => Descriptor::new("given", "given")
            .formula("the numbers in layers", r"\text{the numbers in layers}"),
        /// Draws from NumPy's generator, one after the other.
        Draws { draws } => Descriptor::new("draws", "draws")
            .formula("an ordered list of draws from NumPy's generator", r"\text{an ordered list of draws}"),
    }
    settings {
        value: f64 = MISSING, Setting::number(Range::FINITE, "the number").required();
        low: f64 = MISSING, Setting::number(Range::FINITE, "the lowest number").required();
        high: f64 = MISSING, Setting::number(Range::FINITE, "the number that none reaches").required();
        std: f64 = MISSING, Setting::number(
            Range::NOT_NEGATIVE.described("a finite standard deviation is needed, 0 or more"),
            "the standard deviation",
        ).required();
        gain: f64 = 1.0, Setting::number(
            Range::POSITIVE.described("a finite number above 0 is needed"),
            "the factor of the orthonormal columns or rows",
        );
        layers: Vec<GivenLayer> = Vec::new(), Setting::other("the numbers, layer by layer").required();
        draws: Vec<Draw> = Vec::new(), Setting::other("the draws, in order").required();
    }
}

impl Init {
    /// Checks every setting, and that they go together.
    ///
    /// # Errors
    /// [`SettingError`] for the first that cannot be used.
    pub fn validate(&self) -> Result<(), SettingError> {
        self.check()?;
        match *self {
            Self::Uniform { low, high } if low > high => {
                let expected = format!("init.high is {high}, which is less");
                Err(SettingError::new("init.low", low, expected))
            }
            _ => Ok(()),
        }
    }
}

/// A layer's parameters as numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenLayer {
    /// fan_in rows of fan_out numbers.
    pub weights: Vec<Vec<f64>>,
    /// fan_out numbers, for a layer with a bias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<Vec<f64>>,
}

/// One of the ordered draws of `[init]`: seeds the generator anew, or fills a layer's weights or bias, or draws
/// unused numbers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Seeds the generator first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// The layer, counted from 1, whose weights are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<usize>,
    /// The layer, counted from 1, whose bias is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<usize>,
    /// How many numbers are drawn and discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discard: Option<usize>,
    /// NumPy's function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DrawFunction>,
    /// `uniform`: the lowest value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// `uniform`: the value that none reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// The shape weights are drawn in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<DrawShape>,
    /// Each number is multiplied by this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// Then this is added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<f64>,
}

/// A function of NumPy's generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DrawFunction {
    /// `numpy.random.rand`, which `random` is too: uniform in 0..1.
    #[default]
    Rand,
    /// `numpy.random.uniform(low, high)`.
    Uniform,
    /// `numpy.random.randn`: normal with mean 0 and standard deviation 1.
    Randn,
}

/// The order in which weights are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawShape {
    /// (fan_in, fan_out), as they are kept.
    #[default]
    InOut,
    /// (fan_out, fan_in), as notebooks that compute W·x keep them.
    OutIn,
}
