//! The choice of the instruction set, made once at run time.

use serde::{Deserialize, Serialize};

/// An instruction set that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstructionSet {
    /// The same bits on every machine and in WebAssembly.
    Baseline,
    /// arm64 with NEON, which every such machine has.
    Neon,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// x86-64 with AVX-512.
    Avx512,
}

impl InstructionSet {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Baseline, Self::Neon, Self::Avx2, Self::Avx512];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use compiled::has_portable_bits;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use compiled::{choose_instruction_set, dispatch, instruction_set};
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub(super) use found::has_portable_bits;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use found::{choose_instruction_set, dispatch, instruction_set};

/// A module of WebAssembly is compiled for one instruction set: where it can be loaded, it can run.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod compiled {
    use super::InstructionSet;
    use crate::simd::isa::Task;

    /// Chooses the instruction set of the process.
    ///
    /// # Errors
    /// In words: the module has another one, with other bits.
    pub fn choose_instruction_set(set: InstructionSet) -> Result<(), String> {
        match set {
            // Their bits are the same.
            InstructionSet::Baseline => Ok(()),
            other => Err(format!("{} is not of WebAssembly; \"baseline\" is", other.name())),
        }
    }

    /// The name of the instruction set that kernels use.
    pub fn instruction_set() -> &'static str {
        "simd128"
    }

    /// Whether the bits of results are the same on every machine.
    pub(in crate::simd) fn has_portable_bits() -> bool {
        true
    }

    /// Runs `task`.
    #[inline]
    pub fn dispatch<K: Task>(task: K) -> K::Output {
        task.on_simd128()
    }
}

/// The best instruction set of the machine.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod found {
    use super::InstructionSet;
    use crate::simd::isa::Task;
    use std::sync::OnceLock;

    /// That of this process; one that the machine has.
    static CHOSEN: OnceLock<InstructionSet> = OnceLock::new();

    fn chosen() -> InstructionSet {
        *CHOSEN.get_or_init(|| {
            let asked = std::env::var("PELLUCID_ISA").ok();
            let is_at_most_asked = |set: &InstructionSet| {
                let of_name = |name: &str| InstructionSet::ALL.iter().position(|set| set.name() == name);
                asked
                    .as_deref()
                    .is_none_or(|asked| of_name(set.name()) <= of_name(asked))
            };
            let mut best_first = InstructionSet::ALL.into_iter().rev().filter(is_at_most_asked);
            best_first
                .find(|&set| has(set))
                .unwrap_or(InstructionSet::Baseline)
        })
    }

    /// Whether the machine has it.
    fn has(set: InstructionSet) -> bool {
        match set {
            InstructionSet::Baseline => true,
            InstructionSet::Neon => cfg!(target_arch = "aarch64"),
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => {
                is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt")
            }
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => {
                has(InstructionSet::Avx2)
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vbmi2")
            }
            #[cfg(not(target_arch = "x86_64"))]
            InstructionSet::Avx2 | InstructionSet::Avx512 => false,
        }
    }

    /// Chooses the instruction set of the process, before its first computation.
    ///
    /// # Errors
    /// In words: the machine does not have it, or the process has computed with another one.
    pub fn choose_instruction_set(set: InstructionSet) -> Result<(), String> {
        if !has(set) {
            return Err(format!(
                "this machine does not have it; it has \"{}\"",
                chosen().name()
            ));
        }
        match *CHOSEN.get_or_init(|| set) {
            found if found == set => Ok(()),
            found => Err(format!(
                "this process computes with \"{}\" already; choose it before the first computation, or set the environment \
                 variable PELLUCID_ISA to it",
                found.name()
            )),
        }
    }

    /// The name of the instruction set that kernels use: `avx512`, `avx2`, `neon` or `baseline`. The last bits of results depend on it.
    pub fn instruction_set() -> &'static str {
        chosen().name()
    }

    /// Whether the bits of results are the same on every machine.
    #[inline]
    pub(in crate::simd) fn has_portable_bits() -> bool {
        chosen() == InstructionSet::Baseline
    }

    /// Runs `task` with the instruction set of this process.
    #[inline]
    pub fn dispatch<K: Task>(task: K) -> K::Output {
        match chosen() {
            InstructionSet::Baseline => task.on_baseline(),
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => task.on_neon(),
            #[cfg(not(target_arch = "aarch64"))]
            InstructionSet::Neon => task.on_baseline(),
            // SAFETY: `chosen` returns this only after `has` found AVX2 and FMA on the machine.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx2 => unsafe { task.on_avx2() },
            // SAFETY: `chosen` returns this only after `has` found every feature that `on_avx512` enables.
            #[cfg(target_arch = "x86_64")]
            InstructionSet::Avx512 => unsafe { task.on_avx512() },
            #[cfg(not(target_arch = "x86_64"))]
            InstructionSet::Avx2 | InstructionSet::Avx512 => task.on_baseline(),
        }
    }
}

#[cfg(all(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod tests {
    use super::*;

    #[test]
    fn the_instruction_set_of_a_process_stays() {
        let here = instruction_set();
        for set in InstructionSet::ALL {
            match choose_instruction_set(set) {
                Ok(()) => assert_eq!(set.name(), here),
                Err(why) => assert!(why.contains(here) && set.name() != here, "{why}"),
            }
        }
        assert_eq!(instruction_set(), here);
    }
}
