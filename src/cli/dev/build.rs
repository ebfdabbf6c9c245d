//! Builds the package in a folder, and finds its program.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::child::run;

/// The result of a build.
pub enum Built {
    /// The program was built.
    Program(PathBuf),
    /// It was not: the errors of the compiler, or of Cargo.
    Failed(String),
    /// The program was interrupted.
    Interrupted,
}

/// Builds the package of a folder. `own` is this program, which is the one to build if it belongs
/// to the package; then the profile is the same too.
pub fn build(root: &Path, own: &Path, interrupted: &dyn Fn() -> bool) -> io::Result<Built> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--message-format", "json"]).current_dir(root);
    command.args(profile(own));
    let Some(ended) = run(&mut command, interrupted)? else { return Ok(Built::Interrupted) };
    let messages: Vec<Value> =
        ended.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    if ended.code != Some(0) {
        let errors: Vec<&str> = messages.iter().filter_map(error).collect();
        let text = if errors.is_empty() { ended.err } else { errors.concat() };
        return Ok(Built::Failed(text.trim_end().to_string()));
    }
    let programs: Vec<PathBuf> = messages.iter().filter_map(program).collect();
    let found = programs.iter().find(|program| *program == own);
    Ok(match (found, programs.as_slice()) {
        (Some(program), _) | (None, [program]) => Built::Program(program.clone()),
        (None, []) => Built::Failed("error: the package has no program".to_string()),
        (None, _) => {
            let hint = "run it as one of them: cargo run --bin NAME -- dev";
            Built::Failed(format!("error: the package has several programs\nhint: {hint}"))
        }
    })
}

/// Returns the arguments for the profile with which this program was built.
fn profile(own: &Path) -> Vec<String> {
    let folder = own.parent().filter(|folder| folder.join(".fingerprint").is_dir());
    let name = folder.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    match name.as_deref() {
        None | Some("debug") => Vec::new(),
        Some(name) => vec!["--profile".to_string(), name.to_string()],
    }
}

/// Returns an error of the compiler, as it prints it.
fn error(message: &Value) -> Option<&str> {
    let message = message.get("message").filter(|message| message["level"] == "error")?;
    message["rendered"].as_str()
}

/// Returns the program that a message of Cargo names.
fn program(message: &Value) -> Option<PathBuf> {
    let is_program = message["target"]["kind"].as_array()?.contains(&Value::from("bin"));
    let path = message["executable"].as_str().filter(|_| is_program)?;
    Some(PathBuf::from(path))
}
