//! The two precisions that NumPy and the engine have in common.

use numpy::Element;
use pellucid::Scalar;

/// A number type of NumPy's arrays and of the engine.
pub(crate) trait Number: Scalar + Element {}

impl Number for f32 {}
impl Number for f64 {}
