//! The progress of a calculation.

use std::ops::ControlFlow;

/// Gets how many parts of the work are done, and of how many; says whether to go on.
pub type Progress<'a> = dyn FnMut(usize, usize) -> ControlFlow<()> + 'a;
