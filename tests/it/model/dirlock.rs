//! Directory locking over all pairs of operations on small trees, and a sample of triples.
//!
//! Larger sets are scenarios: `latchwork check scenarios/dirlock/large`.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{BuiltIn, Exploration, PropertyId};
use latchwork_model::kit::{Model, Switches};
use latchwork_model::recall::dirlock::rules::{RULES, Rules};
use latchwork_model::recall::dirlock::{Cases, DirLock};

/// How many pairs there are.
const PAIRS: u64 = 15_534;

/// All choices of `ops` operations on trees with up to two directories under the root and up to
/// two files, one out of `every`, without a rule.
fn search(ops: u8, every: u8, without: Option<&str>) -> Exploration {
    let all = Switches(u64::MAX);
    let off = RULES.iter().position(|rule| Some(rule.name) == without);
    assert_eq!(off.is_some(), without.is_some(), "no rule {without:?}");
    let model = DirLock {
        cases: Cases::All { dirs: 2, files: 2, ops, every },
        op_count: ops,
        splices: 0,
        rules: Rules::from(off.map_or(all, |rule| all.without(rule))),
    };
    explore(&model, &Options::default(), &())
}

fn steps(found: &Exploration, property: PropertyId) -> Option<usize> {
    found.discoveries.iter().find(|one| one.property == property).map(|one| one.steps)
}

#[test]
fn all_pairs_hold() {
    let found = search(2, 1, None);
    assert_eq!(found.statistics.levels[0], PAIRS);
    assert!(found.stopped.is_none());
    assert_eq!(found.discoveries, []);
}

#[test]
fn a_sample_of_triples_holds() {
    let found = search(3, 59, None);
    assert!(found.statistics.levels[0] > 2_000);
    assert!(found.stopped.is_none());
    assert_eq!(found.discoveries, []);
}

#[test]
fn pairs_show_what_each_rule_is_for() {
    let deadlock = BuiltIn::Deadlock.id::<DirLock>();
    let cases = [
        ("rename_mutex", Some(4)),
        ("ancestor_first", Some(6)),
        ("subdir_only_when_needed", Some(7)),
        ("loop_check", Some(5)),
        // These need a file with two names, and a second root: the trees here have neither.
        ("nondir_by_address", None),
        ("common_ancestor", None),
    ];
    for (rule, length) in cases {
        assert_eq!(steps(&search(2, 1, Some(rule)), deadlock), length, "without {rule}");
    }
}

#[test]
fn without_the_loop_check_the_tree_gets_a_cycle() {
    let tree = DirLock::PROPERTIES.iter().position(|one| one.name == "tree_stays_a_tree");
    let tree = PropertyId(tree.expect("a property of the model") as u8);
    assert_eq!(steps(&search(2, 1, Some("loop_check")), tree), Some(7));
}
