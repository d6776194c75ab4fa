//! The models that are served: where they come from, how they answer, and how they are replaced.

mod background;
mod described;
mod registry;
mod served;
mod source;
mod watch;

pub(crate) use described::{USUAL_LEVEL, datatype_of};
pub(crate) use registry::{NoModel, Registry};
pub(crate) use served::{REQUEST, ServedModel};
pub use source::ModelSource;
pub(crate) use watch::{Watched, reload};
