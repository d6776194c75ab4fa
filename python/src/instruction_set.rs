//! The instruction set of the process.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The name of the instruction set that the engine computes with: ``"avx512"``, ``"avx2"``, ``"neon"`` or ``"baseline"``. The last bits
/// of all numbers depend on it.
#[pyfunction]
pub(crate) fn instruction_set() -> &'static str {
    pellucid::instruction_set()
}

/// Chooses the instruction set of the process, before its first computation: ``"baseline"``, which has the same bits on every
/// machine, ``"neon"``, ``"avx2"`` or ``"avx512"``. By default it is the best one of the machine.
#[pyfunction]
pub(crate) fn choose_instruction_set(name: &str) -> PyResult<()> {
    let sets = pellucid::InstructionSet::ALL;
    let wrong = |problem: String| PyValueError::new_err(format!("{name:?} cannot be chosen: {problem}"));
    let Some(set) = sets.into_iter().find(|set| set.name() == name) else {
        let known = sets.map(|set| format!("{:?}", set.name())).join(", ");
        return Err(wrong(format!("the instruction sets are {known}")));
    };
    pellucid::choose_instruction_set(set).map_err(wrong)
}
