//! The ablation matrix: every rule is switched off, alone and in sets, and each result records what
//! breaks.
//!
//! Rules mask one another, so a rule that breaks nothing alone is also tried together with others.
//! The matrix contains *minimal violating sets*: sets of rules without which a property is violated
//! that no proper subset violates in the same configuration, not even the empty one, where the
//! profile itself does not hold. The result for a rule covers only the configurations that were
//! tried, in order: small before medium, fewer states before more.

use latchwork_model::kit::{Declared, Switches};

use crate::engines::explore::{Options, Watch};
use crate::engines::verdict::{Discovery, PropertyId};
use crate::files::configuration::Configuration;
use crate::files::scenario::{Expect, Scenario};
use crate::jobs::check::{Checked, Verdict, check};
use crate::jobs::parallel::{Progress, parallel};
use crate::protocols::Entry;
use crate::protocols::decisive::{Acts, first_difference};

/// What to ablate, and how far.
pub struct Plan {
    /// The protocol.
    pub entry: &'static Entry,
    /// The profile whose rules are switched off.
    pub profile: usize,
    /// Its configurations, each with its set: 0 for small, 1 for medium.
    pub scenarios: Vec<(u8, Scenario)>,
    /// The maximum number of rules that are switched off together.
    pub most_rules: usize,
    /// Sets of several rules are tried in small configurations with at most this many states.
    pub most_states: u64,
    /// The number of cells that run at the same time.
    pub threads: usize,
}

/// The ablation matrix of a protocol.
pub struct Matrix {
    /// The protocol.
    pub entry: &'static Entry,
    /// The profile.
    pub profile: usize,
    /// The configurations that were used: the name, and the number of states with all rules on.
    pub configurations: Vec<(String, u64)>,
    /// The configurations in which the profile itself violates something. Only its other properties
    /// count there.
    pub broken: Vec<String>,
    /// By rule of the profile.
    pub rows: Vec<Row>,
}

/// The result for one rule.
pub struct Row {
    /// The rule, by position.
    pub rule: usize,
    /// What breaks without it.
    pub ruling: Ruling,
    /// The number of states in which it makes a difference, in the configuration of its first cell,
    /// or in all small ones if it has no cell.
    pub decisive: u64,
}

/// The result of switching off a rule.
pub enum Ruling {
    /// Something breaks without it alone.
    Breaks(Cell),
    /// Something breaks without it and other rules: the minimal sets that were found.
    BreaksWith(Vec<Cell>),
    /// Nothing breaks, as declared.
    NoEffect,
    /// Nothing breaks, and this is not declared.
    Survives,
    /// The declaration is wrong; the sentence explains why.
    Misdeclared(String),
    /// Something breaks, but in a run in which the rule makes no difference.
    Vacuous(Cell),
}

impl Ruling {
    /// Returns whether the result needs no attention.
    pub fn is_sound(&self) -> bool {
        matches!(self, Self::Breaks(_) | Self::BreaksWith(_) | Self::NoEffect)
    }

    /// Returns the cells, if there are any.
    pub fn cells(&self) -> &[Cell] {
        match self {
            Self::Breaks(cell) | Self::Vacuous(cell) => std::slice::from_ref(cell),
            Self::BreaksWith(cells) => cells,
            Self::NoEffect | Self::Survives | Self::Misdeclared(_) => &[],
        }
    }
}

/// A set of rules without which something breaks.
pub struct Cell {
    /// The rules, by position.
    pub rules: Vec<usize>,
    /// The first configuration that shows the violation, without the rules.
    pub checked: Checked,
    /// The shortest violation of a property that no proper subset of the rules violates.
    pub found: Discovery,
    /// By rule: the first step of the counterexample at which the rule would have acted.
    pub acts: Vec<(usize, Option<Acts>)>,
}

impl Cell {
    fn is_vacuous(&self) -> bool {
        self.acts.iter().any(|(_, acts)| acts.is_none())
    }
}

/// A configuration, and the properties that the profile itself violates in it.
struct Base {
    small: bool,
    states: u64,
    scenario: Scenario,
    violated: Vec<PropertyId>,
}

/// Computes the matrix.
pub fn ablate(plan: &Plan, watch: &dyn Watch, progress: &dyn Progress) -> Matrix {
    let on: Vec<usize> = plan.entry.switches(plan.profile).0.iter().collect();
    progress.more(plan.scenarios.len() + on.len());
    let bases = bases(plan, watch, progress);
    let alone = parallel(plan.threads, &on, |rule| {
        progress.cell(&format!("{} without {}", plan.entry.name, plan.entry.rules[*rule].name));
        first_cell(bases.iter(), &[*rule], false, watch)
    });
    let shown: Vec<bool> = alone.iter().map(Option::is_some).collect();
    let sets = sets(&on, &shown, plan.most_rules);
    progress.more(sets.len());
    let narrow = |base: &&Base| base.small && base.states <= plan.most_states;
    let mut cells = parallel(plan.threads, &sets, |set| {
        let names: Vec<&str> = set.iter().map(|rule| plan.entry.rules[*rule].name).collect();
        progress.cell(&format!("{} without {}", plan.entry.name, names.join(", ")));
        first_cell(bases.iter().filter(narrow), set, is_declared(plan.entry, set), watch)
    });
    let rows = on.iter().zip(alone).map(|(rule, alone)| {
        let own = |cell: &mut Option<Cell>| cell.take_if(|cell| cell.rules.first() == Some(rule));
        let together: Vec<Cell> = cells.iter_mut().filter_map(own).collect();
        row(plan, &bases, *rule, alone, together, watch)
    });
    let rows = rows.collect();
    let configurations =
        bases.iter().map(|base| (base.scenario.name.clone(), base.states)).collect();
    let broken = bases.iter().filter(|base| !base.violated.is_empty());
    let broken = broken.map(|base| base.scenario.name.clone()).collect();
    Matrix { entry: plan.entry, profile: plan.profile, configurations, broken, rows }
}

/// Returns the configurations, from small to large. Those in which nothing could be decided are
/// left out.
fn bases(plan: &Plan, watch: &dyn Watch, progress: &dyn Progress) -> Vec<Base> {
    let checked = parallel(plan.threads, &plan.scenarios, |(set, scenario)| {
        progress.cell(&format!("{} with all rules", scenario.name));
        let mut scenario = scenario.clone();
        scenario.configuration.profile = plan.profile;
        let checked = run(&scenario, &[], watch)?;
        let states = checked.exploration.statistics.distinct;
        let violated: Vec<_> = checked.violations().map(|found| found.property).collect();
        let decided = checked.verdict != Verdict::Inconclusive;
        decided.then_some(Base { small: *set == 0, states, scenario, violated })
    });
    let mut bases: Vec<Base> = checked.into_iter().flatten().collect();
    bases.sort_by(|a, b| {
        (!a.small, a.states, &a.scenario.name).cmp(&(!b.small, b.states, &b.scenario.name))
    });
    bases
}

/// Returns the sets of two or more rules to try. Each contains a rule that breaks nothing alone,
/// which comes first.
fn sets(on: &[usize], shown: &[bool], most: usize) -> Vec<Vec<usize>> {
    let mut sets = Vec::new();
    for (rule, _) in on.iter().zip(shown).filter(|(_, shown)| !**shown) {
        let mut grown = vec![vec![*rule]];
        for _ in 1..most {
            grown = grown
                .iter()
                .flat_map(|set| {
                    let least = set[1..].last().copied();
                    let others = on.iter().filter(move |other| {
                        *other != rule && least.is_none_or(|least| **other > least)
                    });
                    others.map(|other| [set.as_slice(), &[*other]].concat())
                })
                .collect();
            sets.extend(grown.iter().cloned());
        }
    }
    sets
}

/// Runs a configuration without some rules; `None` if the protocol does not allow that.
fn run(scenario: &Scenario, without: &[usize], watch: &dyn Watch) -> Option<Checked> {
    let mut scenario = scenario.clone();
    scenario.configuration.without.extend(without);
    scenario.expect = Expect::Holds;
    scenario.reach.clear();
    check(scenario, &Options::default(), watch).ok()
}

/// Returns whether the first of two rules is declared redundant given the other one.
fn is_declared(entry: &Entry, set: &[usize]) -> bool {
    let [rule, mask] = set else { return false };
    match entry.rules[*rule].declared {
        Some(Declared::RedundantGiven { rules, .. }) => rules.contains(&entry.rules[*mask].name),
        _ => false,
    }
}

/// Returns the cell of the first configuration in which switching off the rules violates a property
/// that no proper subset violates. For a declared pair, a subset may violate it in more steps.
fn first_cell<'a>(
    bases: impl Iterator<Item = &'a Base>,
    rules: &[usize],
    declared: bool,
    watch: &dyn Watch,
) -> Option<Cell> {
    for base in bases {
        let Some(checked) = run(&base.scenario, rules, watch) else { continue };
        let mut own: Vec<Discovery> = checked.violations().cloned().collect();
        own.retain(|found| !base.violated.contains(&found.property));
        for part in parts(rules) {
            if own.is_empty() {
                break;
            }
            let Some(part) = run(&base.scenario, &part, watch) else { continue };
            own.retain(|found| {
                let mut same = part.violations().filter(|other| other.property == found.property);
                same.all(|other| declared && other.steps > found.steps)
            });
        }
        if let Some(found) = own.into_iter().min_by_key(|found| (found.steps, found.property)) {
            return Some(cell(rules, checked, found));
        }
    }
    None
}

/// Returns all subsets of a set except the empty one and the set itself.
fn parts(rules: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    (1..(1usize << rules.len()) - 1).map(move |bits| {
        let member = |at: &usize| bits >> at & 1 == 1;
        (0..rules.len()).filter(member).map(|at| rules[at]).collect()
    })
}

fn cell(rules: &[usize], checked: Checked, found: Discovery) -> Cell {
    let configuration = &checked.scenario.configuration;
    let acts = |rule: &usize| {
        let with = configuration.instance_with(configuration.rules().with(*rule)).ok()?;
        first_difference(checked.instance.as_ref(), with.as_ref(), &found.path)
    };
    let acts = rules.iter().map(|rule| (*rule, acts(rule))).collect();
    Cell { rules: rules.to_vec(), checked, found, acts }
}

fn row(
    plan: &Plan,
    bases: &[Base],
    rule: usize,
    alone: Option<Cell>,
    together: Vec<Cell>,
    watch: &dyn Watch,
) -> Row {
    let decisive = match (&alone, together.first()) {
        (Some(cell), _) | (None, Some(cell)) => {
            let without = &cell.checked.scenario.configuration;
            decisive_states(without, without.rules(), rule, watch)
        }
        (None, None) => bases
            .iter()
            .filter(|base| base.small && base.states <= plan.most_states)
            .map(|base| {
                let configuration = &base.scenario.configuration;
                decisive_states(configuration, configuration.rules(), rule, watch)
            })
            .sum(),
    };
    let declared = plan.entry.rules[rule].declared;
    let ruling = rule_on(plan.entry, declared, alone, together);
    Row { rule, ruling, decisive }
}

fn rule_on(
    entry: &Entry,
    declared: Option<Declared>,
    alone: Option<Cell>,
    together: Vec<Cell>,
) -> Ruling {
    let vacuous = |cell: &Cell| cell.is_vacuous();
    match (declared, alone) {
        (Some(_), Some(cell)) => Ruling::Misdeclared(format!(
            "something breaks without it alone, in {}",
            cell.checked.scenario.name
        )),
        (None, Some(cell)) if vacuous(&cell) => Ruling::Vacuous(cell),
        (None, Some(cell)) => Ruling::Breaks(cell),
        (Some(Declared::RedundantGiven { rules, .. }), None) => {
            let mut missing = rules.iter().filter(|name| {
                let with =
                    |cell: &Cell| cell.rules.iter().any(|rule| entry.rules[*rule].name == **name);
                !together.iter().any(with)
            });
            match missing.next() {
                None => Ruling::BreaksWith(together),
                Some(name) => {
                    Ruling::Misdeclared(format!("nothing more breaks without it and `{name}`"))
                }
            }
        }
        (Some(Declared::NoEffect { .. }), None) if together.is_empty() => Ruling::NoEffect,
        (Some(Declared::NoEffect { .. }), None) => {
            let names = together[0].rules[1..].iter().map(|rule| entry.rules[*rule].name);
            Ruling::Misdeclared(format!(
                "{} breaks without it and `{}`, in {}",
                together[0].checked.property(together[0].found.property).name,
                names.collect::<Vec<_>>().join("`, `"),
                together[0].checked.scenario.name
            ))
        }
        (None, None) if together.is_empty() => Ruling::Survives,
        (None, None) => Ruling::BreaksWith(together),
    }
}

/// Returns the number of states of a configuration in which a rule makes a difference.
fn decisive_states(
    configuration: &Configuration,
    rules: Switches,
    rule: usize,
    watch: &dyn Watch,
) -> u64 {
    configuration.decisive(rules, &[rule], &Options::default(), watch).iter().sum()
}
