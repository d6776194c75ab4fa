//! A disk that is full: writes that are cut short, and those after them, which fail.

use crate::command;
use crate::judgement::Disturbed;
use crate::setting::{BINARY, Setting, Start};
use crate::sweep::sample;
use std::process;

/// The system's limit of the size of a file does what a full disk does: the write that reaches it is short, the next fails.
#[test]
fn a_write_that_is_cut_short_leaves_whole_files() {
    // The unit of the shell's limit.
    const BLOCK: usize = 512;
    for command in [command::TRAIN, command::RUN, command::EVALUATE, command::PREDICT] {
        for start in [Start::Fresh, Start::Existing] {
            let setting = Setting::new(command, start);
            let sizes = command.outputs.iter().map(|output| setting.after(output).len());
            let largest = sizes.max().unwrap_or(0).div_ceil(BLOCK);
            for blocks in sample((0..largest).collect(), 4) {
                let folder = setting.folder();
                let mut program = process::Command::new("sh");
                program.args(["-c", &format!("ulimit -f {blocks} && exec \"$0\" \"$@\"")]);
                program.arg(BINARY);
                let ended = setting.run_by(program, folder.path());
                let disturbed = Disturbed {
                    setting: &setting,
                    folder: folder.path(),
                    ended: &ended,
                    reasons: &["File too large"],
                    is_of_file: true,
                };
                let faults = disturbed.faults(false);
                assert!(
                    faults.is_empty(),
                    "{command:?}, {start:?}, {blocks} blocks: {faults:#?}\n{ended:?}"
                );
            }
        }
    }
}
