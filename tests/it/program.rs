//! The program from outside.

use std::path::Path;
use std::process::{Output, Stdio};

use assert_cmd::Command;

use crate::repository;

/// The program in the repository, as if no CI host were there.
pub fn latchwork(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("latchwork").expect("the program is built");
    command.args(arguments).current_dir(repository(""));
    command.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    command
}

/// Runs the program: exit code, stdout, stderr.
pub fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = latchwork(arguments).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
}

/// Runs the program with arguments that make no sense; what it says.
pub fn refused(arguments: &[&str]) -> String {
    let (code, out, said) = run(arguments);
    assert_eq!(code, 2, "{arguments:?} says {said}{out}");
    assert_eq!(out, "", "nothing ran");
    said
}

/// Runs the program with these arguments in a folder, and goes away before it prints anything.
pub fn nobody_reads(folder: &Path, args: &[&str]) -> Output {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("latchwork"))
        .args(args)
        .current_dir(folder)
        .env_remove("GITHUB_ACTIONS")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    drop(child.stdout.take());
    child.wait_with_output().expect("it ends")
}

/// A path as an argument.
pub fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}
