//! What is answered about the rows of a request.

mod answered;
mod contributions;
mod protocol;
mod rows;

pub(crate) use answered::answer;
pub(crate) use protocol::infer_response;
pub(crate) use rows::{written, written_warnings};
