//! Where generic code becomes code: everything that runs kernels, compiled in this crate once for each precision.
//!
//! Without this, every crate that trains a network would compile all kernels again, for every instruction set.

use crate::activation::{Apply, Backpropagate};
use crate::kernels::isa::dispatch;
use crate::model::pass::{Backward, Forward};
use crate::optimization::optimizer;
use crate::training::trainer;

/// The functions that run kernels. Not for use outside the engine; implemented for every
/// [`Scalar`](crate::scalar::Scalar).
#[allow(
    private_interfaces,
    reason = "the trait is sealed, and its methods are called in this crate alone"
)]
pub trait EntryPoints: Sized {
    /// a = f(z).
    #[doc(hidden)]
    fn apply(task: Apply<'_, Self>);
    /// ∂L/∂z from ∂L/∂a.
    #[doc(hidden)]
    fn backpropagate(task: Backpropagate<'_, Self>);
    /// A forward pass.
    #[doc(hidden)]
    fn forward(task: Forward<'_, Self>);
    /// A backward pass.
    #[doc(hidden)]
    fn backward(task: Backward<'_, Self>);
    /// A step of an optimizer.
    #[doc(hidden)]
    fn optimizer_step(task: optimizer::Step<'_, Self>);
    /// A whole step of training; the loss of the batch.
    #[doc(hidden)]
    fn training_step(task: &mut trainer::Step<'_, Self>) -> f64;
    /// Several of them, that nobody looks at.
    #[doc(hidden)]
    fn training_stretch(task: &mut trainer::Stretch<'_, Self>) -> trainer::Stretched;
}

macro_rules! entry_points {
    ($float:ident) => {
        #[allow(private_interfaces)]
        impl EntryPoints for $float {
            fn apply(task: Apply<'_, Self>) {
                dispatch(task);
            }
            fn backpropagate(task: Backpropagate<'_, Self>) {
                dispatch(task);
            }
            fn forward(task: Forward<'_, Self>) {
                dispatch(task);
            }
            fn backward(task: Backward<'_, Self>) {
                dispatch(task);
            }
            fn optimizer_step(task: optimizer::Step<'_, Self>) {
                dispatch(task);
            }
            fn training_step(task: &mut trainer::Step<'_, Self>) -> f64 {
                dispatch(task)
            }
            fn training_stretch(task: &mut trainer::Stretch<'_, Self>) -> trainer::Stretched {
                dispatch(task)
            }
        }
    };
}

entry_points!(f32);
entry_points!(f64);
