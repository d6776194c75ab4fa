//! The model file: a trained model in one safetensors file, which any safetensors library reads.
//!
//! The tensors are `layers.0.weight`, (fan_in, fan_out), so that z = x·W + b, and `layers.0.bias`, (fan_out), and so
//! on. A normalised layer also has `layers.0.norm.weight` (the gain) and `layers.0.norm.bias` (the shift), and with batch
//! normalisation `layers.0.norm.running_mean` and `layers.0.norm.running_var`, (fan_out) each; a network with scales of its
//! features has `input_scales`, (fan_in), one with embeddings `embeddings.0.frequency` and so on, one with parametric activations
//! `layers.0.activation.weight`, (fan_out). Where members share the hidden layers, scales and output layer have a first
//! dimension for the members. The names of the second network of an ensemble begin with `members.1.`, and so on.
//! The metadata holds everything else, as JSON if it is more than a word: `format`, `format_version`, `pellucid_version`, `orientation` (of
//! the weights), `architecture`, `recipe`, `preparation` (of a table), `calibration` (where held-out rows decided something),
//! `classes`, `feature_names`, `history`, `metrics`, `warnings`, `instruction_set` (with which it was computed), and `sha256` over all of it: for each other key of the
//! metadata, sorted, the key and its value, then for each tensor, sorted by name, its name and its bytes, each after its length as 8 little-endian bytes. It detects damage;
//! it is not a signature.
//!
//! The same model is the same bytes.

pub(crate) mod format;
mod model;
mod network;

pub use format::FORMAT_VERSION;
pub use model::Model;
pub use network::AnyNetwork;
