//! Vector instructions: precisions, registers, instruction sets, and the choice between them at run time.
//!
//! A [`Task`] is compiled once for each instruction set ([`isa`]), on registers with one interface ([`vector`]);
//! [`dispatch`] runs it on the best instruction set of the machine. [`PerPrecision`] compiles generic work once for
//! each precision ([`scalar`]), in the crate that defines the work.

pub mod bytes;
mod choice;
pub mod elementary;
pub mod isa;
mod joined;
pub mod scalar;
pub mod vector;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(target_arch = "x86_64")]
pub mod x86;

pub use choice::{InstructionSet, choose_instruction_set, dispatch, instruction_set};
pub use isa::{Isa, Task};

use scalar::Scalar;

/// Work that is compiled once for each precision, in the crate that implements this.
///
/// Code that is generic over [`Scalar`] is compiled anew in every crate that uses it, together with all kernels for
/// every instruction set. The functions of an implementation are not generic: they are compiled in their own crate, and
/// [`Scalar::run`] selects the one of its precision. [`per_precision!`](crate::per_precision) writes an implementation.
pub trait PerPrecision {
    /// The work, generic over the precision.
    type Task<'a, T: Scalar>;
    /// The result.
    type Output;
    /// Does the work in single precision.
    fn run_f32(task: Self::Task<'_, f32>) -> Self::Output;
    /// Does the work in double precision.
    fn run_f64(task: Self::Task<'_, f64>) -> Self::Output;
}

/// Compiles a [`Task`] once for each precision: `per_precision!(Name: |'a, T| TaskType => Output)` defines a type `Name` for
/// [`Scalar::run`].
#[macro_export]
macro_rules! per_precision {
    ($(#[$doc:meta])* $visibility:vis $Name:ident: |$lifetime:lifetime, $T:ident| $Task:ty => $Output:ty) => {
        $(#[$doc])*
        $visibility struct $Name;
        impl $crate::simd::PerPrecision for $Name {
            type Task<$lifetime, $T: $crate::simd::scalar::Scalar> = $Task;
            type Output = $Output;
            #[inline(never)]
            fn run_f32(task: Self::Task<'_, f32>) -> Self::Output {
                $crate::simd::dispatch(task)
            }
            #[inline(never)]
            fn run_f64(task: Self::Task<'_, f64>) -> Self::Output {
                $crate::simd::dispatch(task)
            }
        }
    };
}
