//! An output that several threads write.

/// A pointer to the output, of which each thread writes columns of its own.
#[derive(Clone, Copy)]
pub(crate) struct SharedOutput<T>(pub(super) *mut T);
// SAFETY: every thread that writes through it writes only the columns assigned to it.
unsafe impl<T> Send for SharedOutput<T> {}
