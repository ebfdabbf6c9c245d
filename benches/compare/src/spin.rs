//! Two-phase commit for SPIN: Promela, made for a number of resource managers.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;

/// Makes a verifier; `None` where SPIN or a C compiler is not installed.
pub fn build(managers: u8, folder: &Path) -> Result<Option<PathBuf>, Failure> {
    let is_there = |program| Command::new(program).arg("--version").output().is_ok();
    if !is_there("spin") || !is_there("gcc") {
        return Ok(None);
    }
    std::fs::write(folder.join("model.pml"), promela(managers))?;
    let steps: [(&str, &[&str]); 2] = [
        ("spin", &["-a", "model.pml"]),
        ("gcc", &["-O3", "-w", "-DSAFETY", "-DNOREDUCE", "-o", "pan", "pan.c"]),
    ];
    for (program, arguments) in steps {
        let output = Command::new(program).args(arguments).current_dir(folder).output()?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            return Err(format!("{program} refuses the model: {text}").into());
        }
    }
    Ok(Some(folder.join("pan")))
}

/// The model: one process that takes one of the enabled steps, each of them atomic. Steps that
/// change nothing are left out, which spares SPIN the successors that the others look at; nor has
/// it an invariant to look at.
fn promela(managers: u8) -> String {
    let mut text = String::new();
    let all = (1u32 << managers) - 1;
    let mut line = |line: &str| {
        let _ = writeln!(text, "{line}");
    };
    line("#define WORKING 0");
    line("#define PREPARED 1");
    line("#define COMMITTED 2");
    line("#define ABORTED 3");
    line("byte decision;");
    line("short sent, collected;");
    line(&format!("byte vote[{managers}];"));
    line("active proctype protocol() {");
    line("end: do");
    line(&format!("  :: d_step {{ decision == 0 && collected == {all} -> decision = COMMITTED }}"));
    line("  :: d_step { decision == 0 -> decision = ABORTED }");
    for r in 0..managers {
        let bit = 1u32 << r;
        line(&format!(
            "  :: d_step {{ decision == 0 && (sent & {bit}) && !(collected & {bit}) -> \
             collected = collected | {bit} }}"
        ));
        line(&format!(
            "  :: d_step {{ vote[{r}] == WORKING -> vote[{r}] = PREPARED; sent = sent | {bit} }}"
        ));
        line(&format!("  :: d_step {{ vote[{r}] == WORKING -> vote[{r}] = ABORTED }}"));
        for decision in ["COMMITTED", "ABORTED"] {
            line(&format!(
                "  :: d_step {{ decision == {decision} && vote[{r}] != {decision} -> \
                 vote[{r}] = {decision} }}"
            ));
        }
    }
    line("  od");
    line("}");
    text
}
