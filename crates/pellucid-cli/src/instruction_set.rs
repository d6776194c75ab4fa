//! The instruction set that the command line or the environment asks for.

use crate::failure::misuse;
use anyhow::Result;
use pellucid::{InstructionSet, choose_instruction_set};

const VARIABLE: &str = "PELLUCID_ISA";

/// Chooses the instruction set of `--isa`, if any. Refuses a value of the variable that names none, which would be taken for the
/// slowest one.
pub(crate) fn choose(asked: Option<InstructionSet>) -> Result<()> {
    let names = InstructionSet::ALL.map(InstructionSet::name);
    match std::env::var_os(VARIABLE) {
        Some(value) if !names.iter().any(|name| value == **name) => {
            return misuse(format!(
                "the environment variable {VARIABLE} is {value:?}; {} is expected, or leave it unset",
                names.join(", or ")
            ));
        }
        _ => {}
    }
    let Some(set) = asked else { return Ok(()) };
    choose_instruction_set(set).or_else(|reason| misuse(format!("--isa {}: {reason}", set.name())))
}
