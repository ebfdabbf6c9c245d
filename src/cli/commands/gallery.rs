//! `latchwork gallery`: protocols that people run, to start from.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::gallery::{MEMBERS, Member};
use crate::cli::json::{Json, to_text};
use crate::cli::{Exit, Failure, print};

/// List small protocols that people run, each with its source and its known bug
///
/// `init FOLDER --from NAME` writes a package that starts from one of them.
#[derive(Args)]
pub struct Gallery {
    #[command(flatten)]
    json: Json,
}

impl Gallery {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let all: Vec<Value> = MEMBERS.iter().map(to_json).collect();
        self.json.write(&to_text(&all)?)?;
        if self.json.prints() {
            return Ok(Exit::Expected);
        }
        let mut out = print::stdout();
        for member in MEMBERS {
            let Member { name, property, steps, .. } = member;
            writeln!(out, "{name}\n    {}", member.sentence())?;
            writeln!(out, "    source: {}", member.source())?;
            writeln!(out, "    bug:    {}", member.bug())?;
            writeln!(out, "            {property} after {steps} steps")?;
        }
        let program = print::program();
        writeln!(out, "\nnext:    {program} init FOLDER --from {}", MEMBERS[0].name)?;
        Ok(Exit::Expected)
    }
}

fn to_json(member: &Member) -> Value {
    json!({
        "name": member.name,
        "sentence": member.sentence(),
        "source": member.source(),
        "bug": member.bug(),
        "rule": member.rule,
        "property": member.property,
        "steps": member.steps,
    })
}
