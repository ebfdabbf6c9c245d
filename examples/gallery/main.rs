//! A gallery of small models with known answers.
//!
//! `cargo run --release --example gallery -- NAME` searches one model (`peterson`, `die_hard`, ...), prints
//! what it finds, and compares it with what others have published about the same algorithm. Without a
//! name it searches all of them. Each file under `models/` holds one model, written as a user of the kit
//! would write it, and names its sources.

mod found;
mod models;

use std::process::ExitCode;

use clap::Parser;
use latchwork::engines::verdict::Statistics;
use latchwork_model::kit::Model;

use found::Found;
use models::known::{Known, Visitor};

/// Search small models and compare the results with published ones
#[derive(Parser)]
struct Arguments {
    /// A model, with or without a size: `ewd840`, `ewd840/4` [default: all]
    name: Option<String>,
}

/// Searches the model with this name at all its sizes; all models if the name is empty.
struct Search<'a> {
    name: &'a str,
    found: Vec<Found>,
}

impl Visitor for Search<'_> {
    fn visit<M: Model>(&mut self, known: Known, model: M) {
        let rest = known.name.strip_prefix(self.name);
        if self.name.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        {
            self.found.push(Found::by_search(known, &model));
        }
    }
}

fn search(name: &str) -> Vec<Found> {
    let mut search = Search { name, found: Vec::new() };
    models::show(&mut search);
    search.found
}

/// Prints a result; returns whether it is the known one.
fn print(found: &Found) -> bool {
    let Statistics { distinct, generated, .. } = found.exploration.statistics;
    let depth = found.exploration.statistics.depth();
    println!("{}: {distinct} distinct, {generated} generated, depth {depth}", found.known.name);
    for ((property, steps), run) in found.discoveries().zip(&found.runs) {
        println!("  {property} after {steps} steps: {}", run.join(" "));
    }
    let differences = found.differences();
    let standing = if differences.is_empty() { "as known" } else { "NOT AS KNOWN" };
    println!("  {standing}: {}", found.known.source);
    differences.iter().for_each(|difference| println!("    {difference}"));
    differences.is_empty()
}

fn main() -> ExitCode {
    let name = Arguments::parse().name.unwrap_or_default();
    let found = search(&name);
    if found.is_empty() {
        let names: Vec<_> = search("").iter().map(|found| found.known.name).collect();
        eprintln!("there is no model `{name}`\nhint: the models are {}", names.join(", "));
        return ExitCode::from(2);
    }
    let wrong = found.iter().filter(|found| !print(found)).count();
    println!("{} models searched, {wrong} not as known", found.len());
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use super::{Found, Known, search};

    #[test]
    fn every_answer_is_the_known_one() {
        let found = search("");
        assert!(found.len() >= 20, "only {} models", found.len());
        for found in found {
            assert_eq!(
                found.differences(),
                [""; 0],
                "{}: {}",
                found.known.name,
                found.known.source
            );
        }
    }

    #[test]
    fn another_answer_is_a_difference() {
        let found = search("die_hard");
        let film = found.into_iter().next().expect("the film comes first");
        let other = Known {
            distinct: Some(17),
            generated: Some(98),
            depth: Some(8),
            found: &[("measured", Some(5)), ("deadlock", None)],
            ..film.known
        };
        let unknown = Known { found: &[], ..film.known };
        let differences = Found { known: other, ..film }.differences();
        assert_eq!(differences.len(), 5, "{differences:?}");
        let film = search("die_hard").into_iter().next().expect("the film comes first");
        assert_eq!(Found { known: unknown, ..film }.differences().len(), 1);
    }
}
