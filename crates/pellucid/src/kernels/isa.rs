//! Which vector instructions the machine has, found once, when the program runs.
//!
//! A [`Task`] is compiled once for each instruction set and run on the best one there is. Everything in it that
//! is `#[inline(always)]` is compiled with those instructions; that is why the kernels are.

use std::sync::OnceLock;

/// An instruction set, as a type, so that a kernel is compiled for it.
pub(crate) trait Isa: Copy + Send + Sync + 'static {
    /// Whether a multiply-add is one instruction; where it is not, the two roundings are cheaper than a call.
    const FUSED: bool;
    /// Runs a part of a task as a function of its own, compiled with these instructions. The parts are shared by
    /// every task that calls them, which keeps the program small.
    fn call<K: Task>(part: K) -> K::Output;
}

/// What every machine of the architecture has.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;
impl Isa for Baseline {
    const FUSED: bool = cfg!(target_arch = "aarch64");
    #[inline(never)]
    fn call<K: Task>(part: K) -> K::Output {
        part.run::<Self>()
    }
}

/// x86-64 with AVX2 and FMA (Haswell and Zen onwards).
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx2;
#[cfg(target_arch = "x86_64")]
impl Isa for Avx2 {
    const FUSED: bool = true;
    #[inline(always)]
    fn call<K: Task>(part: K) -> K::Output {
        // SAFETY: this type is named only within `on_avx2`, which `dispatch` calls only where AVX2 and FMA are.
        unsafe { on_avx2(part) }
    }
}

/// x86-64 with AVX-512 F, VL, DQ and BW (Skylake-X and Zen 4 onwards).
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx512;
#[cfg(target_arch = "x86_64")]
impl Isa for Avx512 {
    const FUSED: bool = true;
    #[inline(always)]
    fn call<K: Task>(part: K) -> K::Output {
        // SAFETY: this type is named only within `on_avx512`, which `dispatch` calls only where its features are.
        unsafe { on_avx512(part) }
    }
}

/// Work to be compiled for every instruction set. `run` must be `#[inline(always)]`.
pub(crate) trait Task {
    /// What comes out.
    type Output;
    /// Does the work with the instructions of `I`.
    fn run<I: Isa>(self) -> Self::Output;
}

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
                && is_x86_feature_detected!("avx512bw");
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

/// Runs `task` with the best instructions of this machine.
#[inline]
pub(crate) fn dispatch<K: Task>(task: K) -> K::Output {
    match best() {
        Best::Baseline => task.run::<Baseline>(),
        // SAFETY: `best` returns this only after it found AVX2 and FMA on the machine.
        #[cfg(target_arch = "x86_64")]
        Best::Avx2 => unsafe { on_avx2(task) },
        // SAFETY: `best` returns this only after it found every feature that `on_avx512` enables.
        #[cfg(target_arch = "x86_64")]
        Best::Avx512 => unsafe { on_avx512(task) },
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
fn on_avx2<K: Task>(task: K) -> K::Output {
    task.run::<Avx2>()
}

#[cfg(target_arch = "x86_64")]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
fn on_avx512<K: Task>(task: K) -> K::Output {
    task.run::<Avx512>()
}
