//! The evaluation of sampling, as a page.

use std::fmt::Write;

use crate::engines::shrink::{AROUND, OWN_STEPS};
use crate::jobs::evaluate::{Evaluated, Plan, Shrink};

/// The number of failing runs that were minimized, and how short they became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// Failing runs.
    pub failing: usize,
    /// Those that have minimal length after leaving out steps.
    pub left_out: usize,
    /// Those that have minimal length after the searches between their states.
    pub left: usize,
    /// Failing runs in spaces that are too large for the searches between states to cover.
    pub large: usize,
    /// Those of the large spaces that have minimal length in the end.
    pub large_left: usize,
    /// Those whose minimized run shows another property.
    pub misnamed: usize,
}

impl Quality {
    /// Returns the totals over all failing runs.
    pub fn of(all: &[Evaluated]) -> Self {
        let shrinks = || all.iter().flat_map(|one| &one.shrinks);
        let count = |is: &dyn Fn(&Shrink) -> bool| shrinks().filter(|shrink| is(shrink)).count();
        let is_large = |one: &&Evaluated| one.states > OWN_STEPS as u64;
        let large = || all.iter().filter(is_large).flat_map(|one| &one.shrinks);
        Self {
            failing: shrinks().count(),
            left_out: count(&|shrink| shrink.left_out == shrink.proven),
            left: count(&|shrink| shrink.left == shrink.proven),
            large: large().count(),
            large_left: large().filter(|shrink| shrink.left == shrink.proven).count(),
            misnamed: count(&|shrink| !shrink.same_property),
        }
    }

    /// Returns whether the result is good enough: nine of ten runs have minimal length, and none
    /// shows another property.
    pub fn is_good(self) -> bool {
        self.misnamed == 0 && self.left * 10 >= self.failing * 9
    }
}

/// Returns the page.
pub fn to_markdown(plan: &Plan, all: &[Evaluated]) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_head(&mut page, plan);
    let mut protocols: Vec<&str> = Vec::new();
    for one in all {
        let name = one.scenario.configuration.entry.name;
        if !protocols.contains(&name) {
            protocols.push(name);
        }
    }
    for protocol in protocols {
        let of = |one: &&Evaluated| one.scenario.configuration.entry.name == protocol;
        let _ =
            write_protocol(&mut page, plan, protocol, &all.iter().filter(of).collect::<Vec<_>>());
    }
    let _ = write_quality(&mut page, plan, all);
    page
}

fn write_head(page: &mut String, plan: &Plan) -> std::fmt::Result {
    let Plan { seeds, runs, steps, fair, .. } = plan;
    writeln!(page, "# How good sampling is\n")?;
    writeln!(
        page,
        "Each rule that breaks something by itself was switched off in a configuration in which\n\
         `explore` finds what breaks. How many runs does each strategy need? The figure is the\n\
         median over {seeds} seeds, of runs of up to {steps} steps and a fair phase of up to {fair};\n\
         `> {runs}` says that half of the seeds do not find it in {runs} runs. *Steps* are those of\n\
         the shortest violation that `explore` finds, *switches* how often another process acts in\n\
         it than before, *faults* how many of its steps are faults.\n"
    )?;
    writeln!(
        page,
        "What theory says: `pct:D` finds a violation that needs D ordering constraints with a\n\
         probability of at least 1 / (n k^(D-1)) in runs of k steps of n processes, whatever else\n\
         is possible; a walk is as likely to find it as there are ways to it. So priorities win\n\
         where a process must run far ahead of the others, and lose where they must alternate:\n\
         then more than D constraints are needed. Swarm wins where a fault, or somebody who is free\n\
         to act, spoils what would otherwise go wrong; a violation that needs f different faults\n\
         is left to about one run in 2^f.\n"
    )
}

fn write_protocol(
    page: &mut String,
    plan: &Plan,
    protocol: &str,
    all: &[&Evaluated],
) -> std::fmt::Result {
    writeln!(page, "## {protocol}\n")?;
    let names: Vec<String> = plan.strategies.iter().map(ToString::to_string).collect();
    writeln!(
        page,
        "| without | in | states | shortest | steps | switches | faults | {} |",
        names.join(" | ")
    )?;
    writeln!(page, "|---|---|--:|---|--:|--:|--:|{}", "--:|".repeat(names.len()))?;
    for one in all {
        let shortest = &one.shortest;
        let median = |median: &Option<u64>| match median {
            Some(runs) => runs.to_string(),
            None => format!("> {}", plan.runs),
        };
        let medians: Vec<String> = one.medians.iter().map(median).collect();
        writeln!(
            page,
            "| `{}` | {} | {} | `{}` | {} | {} | {} | {} |",
            one.scenario.configuration.rule_names().join("`, `"),
            one.scenario.name,
            one.states,
            shortest.property,
            shortest.steps,
            shortest.switches,
            shortest.faults,
            medians.join(" | ")
        )?;
    }
    writeln!(page)?;
    for (at, name) in names.iter().enumerate().skip(1) {
        write_comparison(page, name, at, all)?;
    }
    Ok(())
}

/// Writes the comparison of a strategy with the first one.
fn write_comparison(
    page: &mut String,
    name: &str,
    at: usize,
    all: &[&Evaluated],
) -> std::fmt::Result {
    let runs = |one: &Evaluated, at: usize| one.medians[at].unwrap_or(u64::MAX);
    let (mut better, mut same, mut worse) = (Vec::new(), 0, Vec::new());
    for one in all {
        match runs(one, at).cmp(&runs(one, 0)) {
            std::cmp::Ordering::Less => better.push(*one),
            std::cmp::Ordering::Equal => same += 1,
            std::cmp::Ordering::Greater => worse.push(*one),
        }
    }
    let mean = |of: &[&Evaluated], what: &dyn Fn(&Evaluated) -> usize| {
        let sum: usize = of.iter().map(|one| what(one)).sum();
        format!("{:.1}", sum as f64 / of.len().max(1) as f64)
    };
    write!(
        page,
        "`{name}` needs fewer runs than the walk in {} of {}, as many in {same}, more in {}.",
        better.len(),
        all.len(),
        worse.len()
    )?;
    if !worse.is_empty() {
        let switches = |one: &Evaluated| one.shortest.switches;
        let faults = |one: &Evaluated| one.shortest.faults;
        write!(
            page,
            " Where it needs more, the shortest violation has {} switches and {} faults on average",
            mean(&worse, &switches),
            mean(&worse, &faults)
        )?;
        if !better.is_empty() {
            let (switches, faults) = (mean(&better, &switches), mean(&better, &faults));
            write!(page, ", where it needs fewer {switches} and {faults}")?;
        }
        write!(page, ".")?;
    }
    writeln!(page, "\n")
}

fn write_quality(page: &mut String, plan: &Plan, all: &[Evaluated]) -> std::fmt::Result {
    let Quality { failing, left_out, left, large, large_left, misnamed } = Quality::of(all);
    let percent = |count: usize| 100.0 * count as f64 / failing.max(1) as f64;
    writeln!(page, "## How short a failing run is made\n")?;
    writeln!(
        page,
        "The first {} failing runs of a walk with seed 1 in each of these configurations, {failing}\n\
         in all, were made short without knowing the space, and held against the shortest run of the\n\
         same property, which `explore` proves. (Runs that wait for ever are left out: they are\n\
         made short by `explore` itself.)\n",
        plan.shrinks
    )?;
    let before: usize = all.iter().flat_map(|one| &one.shrinks).map(|shrink| shrink.before).sum();
    writeln!(page, "| | as short as can be | of {failing} |\n|---|--:|--:|")?;
    writeln!(page, "| steps left out | {left_out} | {:.1} % |", percent(left_out))?;
    writeln!(page, "| and searched between its states | {left} | {:.1} % |", percent(left))?;
    writeln!(
        page,
        "\nA search looks at {AROUND} states at most, or at {OWN_STEPS} if it takes the steps of the\n\
         run only. Of the {large} runs in spaces with more states, {large_left} are as short as can\n\
         be in the end."
    )?;
    writeln!(
        page,
        "\nBefore, they had {:.1} steps on average. {misnamed} showed another property afterwards.",
        before as f64 / failing.max(1) as f64
    )?;
    let longer = |one: &&Evaluated| one.shrinks.iter().any(|shrink| shrink.left != shrink.proven);
    let names: Vec<String> = all
        .iter()
        .filter(longer)
        .map(|one| format!("`{}`", one.scenario.configuration.rule_names().join("`, `")))
        .collect();
    if !names.is_empty() {
        writeln!(page, "\nLonger than need be: some without {}.", names.join(", "))?;
    }
    Ok(())
}
