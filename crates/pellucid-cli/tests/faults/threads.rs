//! A system that has no thread to spare.

use crate::command;
use crate::judgement::Disturbed;
use crate::setting::{BINARY, Setting, Start};
use crate::strace::{self, Call};

#[test]
fn commands_do_without_other_threads() {
    if !strace::is_there() {
        return;
    }
    for command in [
        command::TRAIN,
        command::TUNE,
        command::COMPARE,
        command::IMPORTANCE,
    ] {
        // The numbers do not depend on the number of threads.
        let setting = Setting::new(command, Start::Fresh);
        let (folder, logs) = (setting.folder(), tempfile::tempdir().unwrap());
        let none = ["clone3", "clone"];
        let injections = none.map(|name| format!("{name}:error=EAGAIN"));
        let mut program = strace::command(logs.path(), &none, &injections);
        program.arg(BINARY);
        let ended = setting.run_by(program, folder.path());
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(strace::calls(logs.path()).iter().any(Call::is_injected));
        let disturbed = Disturbed {
            setting: &setting,
            folder: folder.path(),
            ended: &ended,
            reasons: &[],
            is_of_file: false,
        };
        let faults = disturbed.faults(false);
        assert!(faults.is_empty(), "{}: {faults:#?}\n{ended:?}", command.arguments);
    }
}
