//! The choice of the instruction set, made once at run time.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use compiled::{dispatch, instruction_set};
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use found::{dispatch, instruction_set};

/// A module of WebAssembly is compiled for one instruction set: where it can be loaded, it can run.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod compiled {
    use crate::simd::isa::Task;

    /// The name of the instruction set that kernels use.
    pub fn instruction_set() -> &'static str {
        "simd128"
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
    use crate::simd::isa::Task;
    use std::sync::OnceLock;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Best {
        Baseline,
        #[cfg(target_arch = "x86_64")]
        Avx2,
        #[cfg(target_arch = "x86_64")]
        Avx512,
    }

    fn best() -> Best {
        static BEST: OnceLock<Best> = OnceLock::new();
        *BEST.get_or_init(|| {
            #[cfg(target_arch = "x86_64")]
            {
                let asked = std::env::var("PELLUCID_ISA").ok();
                let allows = |name: &str| asked.as_deref().is_none_or(|asked| asked == name);
                let avx2 = is_x86_feature_detected!("avx2")
                    && is_x86_feature_detected!("fma")
                    && is_x86_feature_detected!("bmi1")
                    && is_x86_feature_detected!("bmi2")
                    && is_x86_feature_detected!("lzcnt")
                    && is_x86_feature_detected!("popcnt");
                let avx512 = avx2
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vbmi2");
                if avx512 && allows("avx512") {
                    return Best::Avx512;
                }
                if avx2 && (allows("avx2") || allows("avx512")) {
                    return Best::Avx2;
                }
            }
            Best::Baseline
        })
    }

    /// The name of the instruction set that kernels use: `avx512`, `avx2` or `baseline`. The last bits of results depend on it.
    pub fn instruction_set() -> &'static str {
        match best() {
            Best::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Best::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Best::Avx512 => "avx512",
        }
    }

    /// Runs `task` with the best instruction set of this machine.
    #[inline]
    pub fn dispatch<K: Task>(task: K) -> K::Output {
        match best() {
            Best::Baseline => task.on_baseline(),
            // SAFETY: `best` returns this only after it found AVX2 and FMA on the machine.
            #[cfg(target_arch = "x86_64")]
            Best::Avx2 => unsafe { task.on_avx2() },
            // SAFETY: `best` returns this only after it found every feature that `on_avx512` enables.
            #[cfg(target_arch = "x86_64")]
            Best::Avx512 => unsafe { task.on_avx512() },
        }
    }
}
