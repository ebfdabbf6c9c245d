//! `latchwork dev`: the edit loop of a package.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::cli::clock::Clock;
use crate::cli::dev::build::{Built, build};
use crate::cli::dev::verdicts::Verdicts;
use crate::cli::dev::watch::Watched;
use crate::cli::dev::{Ended, run};
use crate::cli::{Exit, Failure, print};
use crate::encoding::json::Problem;
use crate::engines::explore::Watch;

/// Build the package in this folder and check it again whenever a source or a scenario changes
///
/// Type `cargo run -- dev` in the folder of the package. After each change it prints the verdicts that
/// are not as before, or the errors of the compiler. Ctrl-C ends it.
#[derive(Args)]
pub struct Dev {
    /// Protocols, scenario files, or folders of them, as for `check` [default: all of ./scenarios]
    #[arg(value_name = "PROTOCOL|PATH")]
    what: Vec<PathBuf>,
}

impl Dev {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let root = std::env::current_dir()?;
        if !root.join("Cargo.toml").is_file() {
            let problem = Problem::of_file("Cargo.toml", "there is no such file here");
            return Err(problem.hint("run this in the folder of a package").into());
        }
        // The file is replaced by the next build. On Linux its path cannot be asked for afterwards.
        let own = std::env::current_exe()?;
        let clock = Clock::start(None, true);
        clock.heed_signals()?;
        let interrupted = || clock.interrupted();
        let mut watched = Watched::new(&root)
            .map_err(|error| Failure::Usage(format!("cannot watch {}: {error}", root.display())))?;
        say(&format!("watching {} (Ctrl-C ends it)", root.display()))?;
        let mut last = None;
        loop {
            clock.task("");
            if !self.round(&root, &own, &clock, &mut last)? || !watched.wait(&interrupted) {
                return Ok(Exit::Expected);
            }
        }
    }

    /// Builds and checks once, and prints what changed. Returns whether to go on.
    fn round(
        &self,
        root: &Path,
        own: &Path,
        clock: &Clock,
        last: &mut Option<Verdicts>,
    ) -> Result<bool, Failure> {
        let interrupted = || clock.interrupted();
        let program = match build(root, own, &interrupted)? {
            Built::Program(program) => program,
            Built::Failed(errors) => {
                say(&format!(
                    "{errors}\nnot built ({:.1} s); waiting for a change",
                    clock.seconds()
                ))?;
                return Ok(true);
            }
            Built::Interrupted => return Ok(false),
        };
        let built = clock.seconds();
        let mut command = Command::new(program);
        command.args(["check", "--json"]).args(&self.what).current_dir(root);
        let Some(ended) = run(&mut command, &interrupted)? else { return Ok(false) };
        let Some(now) = Verdicts::read(&ended.out) else {
            say(&complaint(&ended))?;
            return Ok(true);
        };
        for line in now.changes(last.as_ref()) {
            say(&line)?;
        }
        let all = clock.seconds();
        say(&format!("{} ({all:.1} s, of which the build took {built:.1} s)", now.summary()))?;
        *last = Some(now);
        Ok(true)
    }
}

/// Returns what a check complains about that has no verdict.
fn complaint(ended: &Ended) -> String {
    let code =
        ended.code.map_or("by a signal".to_string(), |code| format!("with exit code {code}"));
    format!("{}\nno verdict: the check ended {code}; waiting for a change", ended.err.trim_end())
}

/// Prints a line at once, also into a pipe.
fn say(line: &str) -> Result<(), Failure> {
    let mut out = print::stdout();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
