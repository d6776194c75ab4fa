//! The two precisions, as NumPy has them.

use numpy::Element;
use pellucid::Scalar;

/// A number that NumPy's arrays and the engine both have.
pub(crate) trait Number: Scalar + Element {}

impl Number for f32 {}
impl Number for f64 {}
