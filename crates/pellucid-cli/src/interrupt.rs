//! Interruptions: the first Ctrl-C, and the first signal that asks the process to end, end the run after the step under way;
//! the second ends the process.
//!
//! A signal that is ignored when the command starts stays ignored: `nohup` lets a training go on when its terminal is closed.

use pellucid::training::observe::end_if;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The number of the signal that came, 0 before any.
static SIGNAL: AtomicUsize = AtomicUsize::new(0);

/// Whether the first signal ends the process.
static ENDS_AT_ONCE: AtomicBool = AtomicBool::new(false);

/// Makes a write beyond the limit of a file's size (`ulimit -f`) an error with a message, where the system would kill the process.
pub(crate) fn survive_size_limit() {
    #[cfg(unix)]
    signals::survive_size_limit();
}

/// Listens for interruptions from now on, in a command that has nothing to show before its end: the first ends the process.
pub(crate) fn listen_to_end_at_once() {
    ENDS_AT_ONCE.store(true, Ordering::SeqCst);
    listen();
}

/// Listens for interruptions from now on.
pub(crate) fn listen() {
    #[cfg(unix)]
    {
        pellucid_data::watch_interruptions(was_asked);
        signals::listen();
    }
    #[cfg(not(unix))]
    {
        // Where no handler can be set, Ctrl-C ends the process, as it does anyway.
        let _ = ctrlc::set_handler(|| receive(CTRL_C));
    }
}

#[cfg(not(unix))]
const CTRL_C: usize = 2;

/// The first signal asks the run to end, unless it ends the process; the second ends the process, and leaves no unfinished file.
fn receive(signal: usize) {
    let is_second = SIGNAL.swap(signal, Ordering::SeqCst) != 0;
    if is_second || ENDS_AT_ONCE.load(Ordering::SeqCst) {
        pellucid_data::remove_unfinished_outputs();
        if !is_second {
            crate::terminal::note(&stopped("; nothing was written"));
        }
        std::process::exit(i32::from(crate::failure::FAILED));
    }
}

/// What a signal asks of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServerSignal {
    /// To load its models anew: SIGHUP.
    Reload,
    /// To answer what it has begun to, and to end: Ctrl-C or SIGTERM. The second one ends the process.
    Stop,
}

/// Listens for what is asked of a server from now on.
pub(crate) fn listen_for_server(react: impl Fn(ServerSignal) + Send + 'static) {
    #[cfg(unix)]
    signals::listen_for_server(react);
    #[cfg(not(unix))]
    {
        // Where no handler can be set, Ctrl-C ends the process, as it does anyway.
        let _ = ctrlc::set_handler(move || stop_server(&react, CTRL_C));
    }
}

fn stop_server(react: &impl Fn(ServerSignal), signal: usize) {
    if SIGNAL.swap(signal, Ordering::SeqCst) != 0 {
        std::process::exit(i32::from(crate::failure::FAILED));
    }
    react(ServerSignal::Stop);
}

/// Whether the run was asked to end.
pub(crate) fn was_asked() -> bool {
    SIGNAL.load(Ordering::SeqCst) != 0
}

/// What asked the run to end.
fn cause() -> &'static str {
    match SIGNAL.load(Ordering::SeqCst) {
        1 => "SIGHUP, because its terminal was closed",
        15 => "SIGTERM",
        _ => "Ctrl-C",
    }
}

/// That the run was stopped, by what, and what that means for its results.
pub(crate) fn stopped(meaning: &str) -> String {
    format!("stopped by {}{meaning}", cause())
}

/// Ends the work under way if the run was asked to end.
pub(crate) fn end_if_asked() -> ControlFlow<()> {
    end_if(was_asked())
}

#[cfg(unix)]
mod signals {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    pub(super) fn listen() {
        let ignored = ignored();
        let heard: Vec<_> = [SIGHUP, SIGINT, SIGTERM]
            .into_iter()
            .filter(|signal| ignored >> (signal - 1) & 1 == 0)
            .collect();
        // Where no handler can be set, a signal ends the process, as it does anyway.
        let Ok(mut signals) = Signals::new(&heard) else {
            return;
        };
        let listener = std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                super::receive(signal.unsigned_abs() as usize);
            }
        });
        if listener.is_err() {
            // The system has no thread to spare: a signal ends the process, as it does anyway.
            let always = Arc::new(AtomicBool::new(true));
            for signal in heard {
                let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&always));
            }
        }
    }

    pub(super) fn listen_for_server(react: impl Fn(super::ServerSignal) + Send + 'static) {
        // Where no handler can be set, a signal ends the process, as it does anyway.
        let Ok(mut signals) = Signals::new([SIGHUP, SIGINT, SIGTERM]) else {
            return;
        };
        let listener = move || {
            for signal in signals.forever() {
                match signal {
                    SIGHUP => react(super::ServerSignal::Reload),
                    signal => super::stop_server(&react, signal.unsigned_abs() as usize),
                }
            }
        };
        // Without a thread to spare, the server ends with the process.
        let _ = std::thread::Builder::new().name("signals".into()).spawn(listener);
    }

    pub(super) fn survive_size_limit() {
        // A handler that does nothing of note; the write then fails.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    }

    /// A bit for each signal that is ignored, the lowest for signal 1; none where the system does not say.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .unwrap_or(0)
    }
}
