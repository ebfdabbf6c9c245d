//! `latchwork list`: what there is.

use std::io::{self, Write};

use clap::Args;
use latchwork_model::kit::SourceInfo;
use serde_json::{Value, json};

use crate::cli::files::entry_named;
use crate::cli::json::{Json, to_text};
use crate::cli::{Exit, Failure, print};
use crate::protocols::{self, Entry};
use crate::report::versions::versions;

/// List the protocols, or the actions, rules, variants, profiles and properties of one protocol
#[derive(Args)]
pub struct List {
    /// The protocol
    protocol: Option<String>,
    #[command(flatten)]
    json: Json,
}

impl List {
    /// Runs the command.
    pub fn run(self) -> Result<Exit, Failure> {
        let mut out = print::stdout();
        let entries: Vec<&Entry> = match &self.protocol {
            Some(name) => vec![entry_named(name)?],
            None => protocols::all().iter().collect(),
        };
        let all: Vec<Value> = entries.iter().map(|entry| to_json(entry)).collect();
        self.json.write(&to_text(&all)?)?;
        if self.json.prints() {
            return Ok(Exit::Expected);
        }
        if self.protocol.is_some() {
            for entry in entries {
                write_entry(&mut out, entry)?;
            }
        } else {
            for entry in entries {
                writeln!(out, "{}\n    {}", entry.name, entry.summary)?;
            }
        }
        Ok(Exit::Expected)
    }
}

fn write_entry(out: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    writeln!(out, "{}: {}", entry.name, entry.summary)?;
    writeln!(out, "\nactions")?;
    for action in entry.actions {
        let lane = &entry.lanes[usize::from(action.lane)];
        let params: Vec<&str> = action.params.iter().map(|param| param.name).collect();
        writeln!(out, "  {}({})  [{}]", action.name, params.join(", "), lane.name)?;
        writeln!(out, "      {}", action.doc)?;
    }
    writeln!(out, "\nrules")?;
    for rule in entry.rules {
        writeln!(out, "  {}  [{}; in {}]", rule.name, rule.source, columns(entry, rule.profiles))?;
        writeln!(out, "      {}", rule.doc)?;
        write_sources(out, rule.sources)?;
    }
    writeln!(out, "\nvariants")?;
    for variant in entry.variants {
        writeln!(out, "  {}  [in {}]", variant.name, columns(entry, variant.profiles))?;
        writeln!(out, "      {}", variant.doc)?;
        write_sources(out, variant.sources)?;
    }
    writeln!(out, "\nprofiles")?;
    for profile in entry.profiles {
        writeln!(out, "  {}\n      {}", profile.name, profile.doc)?;
    }
    writeln!(out, "\nproperties")?;
    for property in (entry.properties)() {
        writeln!(out, "  {}  [{}]\n      {}", property.name, property.kind.name(), property.doc)?;
    }
    Ok(())
}

/// A line for each function in which a rule or a variant can be checked.
fn write_sources(out: &mut dyn Write, sources: &[SourceInfo]) -> io::Result<()> {
    for source in sources {
        writeln!(out, "        {}, {}", source.function, versions(source))?;
    }
    Ok(())
}

/// The profiles in which a rule or a variant is on.
fn columns(entry: &Entry, on: &[bool]) -> String {
    let names = entry.profiles.iter().zip(on).filter(|(_, on)| **on);
    let names: Vec<&str> = names.map(|(profile, _)| profile.name).collect();
    if names.is_empty() { "no profile".to_string() } else { names.join(", ") }
}

fn to_json(entry: &Entry) -> Value {
    let profiles = |on: &[bool]| -> Vec<&str> {
        let names = entry.profiles.iter().zip(on).filter(|(_, on)| **on);
        names.map(|(profile, _)| profile.name).collect()
    };
    let sources = |sources: &[SourceInfo]| -> Vec<Value> {
        let row = |source: &SourceInfo| json!({"function": source.function, "since": source.since, "until": source.until});
        sources.iter().map(row).collect()
    };
    json!({
        "protocol": entry.name,
        "summary": entry.summary,
        "actions": entry.actions.iter().map(|action| json!({
            "name": action.name,
            "lane": entry.lanes[usize::from(action.lane)].name,
            "sentence": action.doc,
            "parameters": action.params.iter().map(|param| param.name).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "rules": entry.rules.iter().map(|rule| json!({
            "name": rule.name,
            "sentence": rule.doc,
            "source": rule.source,
            "sources": sources(rule.sources),
            "profiles": profiles(rule.profiles),
        })).collect::<Vec<_>>(),
        "variants": entry.variants.iter().map(|variant| json!({
            "name": variant.name,
            "sentence": variant.doc,
            "sources": sources(variant.sources),
            "profiles": profiles(variant.profiles),
        })).collect::<Vec<_>>(),
        "profiles": entry.profiles.iter().map(|profile| json!({
            "name": profile.name,
            "sentence": profile.doc,
        })).collect::<Vec<_>>(),
        "properties": (entry.properties)().iter().map(|property| json!({
            "name": property.name,
            "kind": property.kind.name(),
            "sentence": property.doc,
        })).collect::<Vec<_>>(),
    })
}
