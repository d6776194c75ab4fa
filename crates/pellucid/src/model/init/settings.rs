//! The initialisers: what each is called, computes and can be set to.

use crate::descriptor::{Choice, Descriptor, Formula, Range, Setting, SettingError};
use pellucid_kernels::choice;
use serde::{Deserialize, Serialize};

const LOW: Setting = Setting::number("low", Range::FINITE, "the lowest number").required();
const HIGH: Setting = Setting::number("high", Range::FINITE, "the number that none reaches").required();
const VALUE: Setting = Setting::number("value", Range::FINITE, "the number").required();
const GAIN: Setting = Setting::number(
    "gain",
    Range::POSITIVE.described("a finite number above 0 is needed"),
    "the factor of the orthonormal columns or rows",
);
const STD: Setting = Setting::number(
    "std",
    Range::NOT_NEGATIVE.described("a finite standard deviation is needed, 0 or more"),
    "the standard deviation",
)
.required();
const LAYERS: Setting = Setting::other("layers", "the numbers, layer by layer").required();
const DRAWS: Setting = Setting::other("draws", "the draws, in order").required();

/// Stands for a number that a recipe must give.
const MISSING: f64 = f64::NAN;

choice! {
    /// How the parameters start. Biases start at 0 unless the method says otherwise.
    #[derive(Debug, Clone, PartialEq)]
    pub enum Init: Descriptor, key "init", tag "method", unnamed Some("xavier_uniform"), alone false {
        /// All 0. Hidden units that start alike stay alike: for networks without hidden layers.
        Zeros => Descriptor {
            name: "zeros",
            aliases: &[],
            title: "zeros",
            formula: Formula {
                plain: "0",
                latex: r"0",
            },
            paper: "",
        },
        /// All the same number; for networks without hidden layers too.
        Constant {
            value: f64 = MISSING, VALUE;
        } => Descriptor {
            name: "constant",
            aliases: &[],
            title: "constant",
            formula: Formula {
                plain: "value",
                latex: r"c",
            },
            paper: "",
        },
        /// Uniform from `low` to `high`.
        Uniform {
            low: f64 = MISSING, LOW;
            high: f64 = MISSING, HIGH;
        } => Descriptor {
            name: "uniform",
            aliases: &[],
            title: "uniform",
            formula: Formula {
                plain: "uniform from low to high",
                latex: r"\text{uniform from low to high}",
            },
            paper: "",
        },
        /// Normal with mean 0 and standard deviation `std`.
        Normal {
            std: f64 = MISSING, STD;
        } => Descriptor {
            name: "normal",
            aliases: &[],
            title: "normal",
            formula: Formula {
                plain: "normal with mean 0 and standard deviation std",
                latex: r"\text{normal with mean 0 and standard deviation } \sigma",
            },
            paper: "",
        },
        /// The same; a number further than 2·`std` from 0 is drawn again, so that the standard deviation is about 0.88·`std`.
        TruncatedNormal {
            std: f64 = MISSING, STD;
        } => Descriptor {
            name: "truncated_normal",
            aliases: &[],
            title: "truncated normal",
            formula: Formula {
                plain: "normal, where a number further than 2·std from 0 is drawn again",
                latex: r"\text{normal, where a number further than } 2 \sigma \text{ from 0 is drawn again}",
            },
            paper: "",
        },
        /// Uniform in ±√(6/(fan_in + fan_out)).
        XavierUniform => Descriptor {
            name: "xavier_uniform",
            aliases: &["glorot_uniform"],
            title: "Xavier, uniform",
            formula: Formula {
                plain: "uniform in ±√(6/(fan_in + fan_out))",
                latex: r"\text{uniform in } \pm \sqrt{\frac{6}{n + m}}",
            },
            paper: "Glorot & Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010, equation 16",
        },
        /// Normal with standard deviation √(2/(fan_in + fan_out)).
        XavierNormal => Descriptor {
            name: "xavier_normal",
            aliases: &["glorot_normal"],
            title: "Xavier, normal",
            formula: Formula {
                plain: "normal with standard deviation √(2/(fan_in + fan_out))",
                latex: r"\text{normal with standard deviation } \sqrt{\frac{2}{n + m}}",
            },
            paper: "Glorot & Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010, equation 12",
        },
        /// Uniform in ±√(6/fan_in).
        HeUniform => Descriptor {
            name: "he_uniform",
            aliases: &["kaiming_uniform"],
            title: "He, uniform",
            formula: Formula {
                plain: "uniform in ±√(6/fan_in)",
                latex: r"\text{uniform in } \pm \sqrt{\frac{6}{n}}",
            },
            paper: "He et al., Delving Deep into Rectifiers, 2015, equation 10",
        },
        /// Normal with standard deviation √(2/fan_in).
        HeNormal => Descriptor {
            name: "he_normal",
            aliases: &["kaiming_normal"],
            title: "He, normal",
            formula: Formula {
                plain: "normal with standard deviation √(2/fan_in)",
                latex: r"\text{normal with standard deviation } \sqrt{\frac{2}{n}}",
            },
            paper: "He et al., Delving Deep into Rectifiers, 2015, equation 10",
        },
        /// Uniform in ±√(3/fan_in).
        LecunUniform => Descriptor {
            name: "lecun_uniform",
            aliases: &[],
            title: "LeCun, uniform",
            formula: Formula {
                plain: "uniform in ±√(3/fan_in)",
                latex: r"\text{uniform in } \pm \sqrt{\frac{3}{n}}",
            },
            paper: "LeCun et al., Efficient BackProp, 1998, equation 16",
        },
        /// Normal with standard deviation √(1/fan_in).
        LecunNormal => Descriptor {
            name: "lecun_normal",
            aliases: &[],
            title: "LeCun, normal",
            formula: Formula {
                plain: "normal with standard deviation √(1/fan_in)",
                latex: r"\text{normal with standard deviation } \sqrt{\frac{1}{n}}",
            },
            paper: "LeCun et al., Efficient BackProp, 1998, equation 16",
        },
        /// Orthonormal columns, or rows where there are fewer of them, times `gain`.
        Orthogonal {
            gain: f64 = 1.0, GAIN;
        } => Descriptor {
            name: "orthogonal",
            aliases: &[],
            title: "orthogonal",
            formula: Formula {
                plain: "orthonormal columns, or rows where they are fewer, times gain",
                latex: r"g \cdot Q \text{, the columns or rows of Q orthonormal}",
            },
            paper: "Saxe et al., Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks, 2014",
        },
        /// As scikit-learn's `MLPClassifier` and `MLPRegressor` start, to the bit where the seed is the same: weights, then biases of
        /// each layer uniform in ±√(6/(fan_in + fan_out)), with 2 in place of 6 where the hidden units are sigmoids. The output
        /// layer uses the activation of the hidden layer before it.
        Sklearn => Descriptor {
            name: "sklearn",
            aliases: &[],
            title: "scikit-learn",
            formula: Formula {
                plain: "weights, then biases of each layer uniform in ±√(6/(fan_in + fan_out)); 2 in place of 6 where the hidden units are sigmoids",
                latex: r"\text{weights and biases uniform in } \pm \sqrt{\frac{6}{n + m}}",
            },
            paper: "",
        },
        /// As PyTorch's `Linear` starts, though not from its generator: weights, then biases uniform in ±1/√fan_in.
        Pytorch => Descriptor {
            name: "pytorch",
            aliases: &[],
            title: "PyTorch",
            formula: Formula {
                plain: "weights, then biases uniform in ±1/√fan_in",
                latex: r"\text{weights and biases uniform in } \pm \frac{1}{\sqrt{n}}",
            },
            paper: "",
        },
        /// The numbers in `layers`.
        Given {
            layers: Vec<GivenLayer> = Vec::new(), LAYERS;
        } => Descriptor {
            name: "given",
            aliases: &[],
            title: "given",
            formula: Formula {
                plain: "the numbers in layers",
                latex: r"\text{the numbers in layers}",
            },
            paper: "",
        },
        /// Draws from NumPy's generator, one after the other.
        Draws {
            draws: Vec<Draw> = Vec::new(), DRAWS;
        } => Descriptor {
            name: "draws",
            aliases: &[],
            title: "draws",
            formula: Formula {
                plain: "an ordered list of draws from NumPy's generator",
                latex: r"\text{an ordered list of draws}",
            },
            paper: "",
        },
    }
}

impl Default for Init {
    fn default() -> Self {
        Self::XavierUniform
    }
}

impl Init {
    /// The name in recipes.
    pub fn name(&self) -> &'static str {
        self.common().name
    }

    /// Checks every setting, and that they go together.
    ///
    /// # Errors
    /// [`SettingError`] for the first that cannot be used.
    pub fn validate(&self) -> Result<(), SettingError> {
        self.check()?;
        match *self {
            Self::Uniform { low, high } if low > high => Err(SettingError {
                key: "init.low".into(),
                found: low.to_string(),
                expected: format!("init.high is {high}, which is less"),
            }),
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
