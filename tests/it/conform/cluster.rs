//! Recordings of lockd over a cluster filesystem, which refuted predictions of an older model.

use latchwork::files::outcomes::{Outcomes, Seen};
use latchwork::protocols::find;

use crate::program::run;
use crate::repository;

/// What the command says of a recording.
fn conform(log: &str, rules: &[&str]) -> String {
    let log = format!("tests/logs/gfs2-{log}.jsonl");
    let map = ["conform", "async_grant", &log, "--map", "examples/maps/gfs2_lock.json"];
    let (code, out, said) = run(&[&map[..], rules].concat());
    assert!(code < 2, "{out}{said}");
    out
}

/// The rules and variants by which `linux_6_1` with one more rule differs from `full`.
fn linux_6_1_with(rule: &str) -> (String, String) {
    let entry = find("async_grant").expect("a protocol");
    let position = |name| entry.profiles.iter().position(|profile| profile.name == name);
    let [of, full] = ["linux_6_1", "full"].map(|name| position(name).expect("a profile"));
    let is_off = |on: &[bool]| on[full] && !on[of];
    let rules = entry.rules.iter().filter(|info| is_off(info.profiles) && info.name != rule);
    let variants = entry.variants.iter().filter(|info| info.profiles[of]);
    let listed = |names: Vec<&str>| names.join(",");
    (
        listed(rules.map(|info| info.name).collect()),
        listed(variants.map(|info| info.name).collect()),
    )
}

/// Red if the model cannot take what was recorded, if it could without the rule that fixes the
/// refuted predictions, or if a recording no longer shows what it is known to show.
#[test]
fn the_model_before_the_rule_rejects_the_recordings_that_refuted_it() {
    let outcomes = Outcomes::open(&repository("reports/predictions/outcomes.json"));
    let outcomes = outcomes.expect("the outcomes").outcomes;
    let refuted: Vec<_> = outcomes.iter().filter(|one| one.seen == Seen::Refuted).collect();
    assert_eq!(refuted.len(), 4);
    assert!(refuted.iter().all(|one| one.fixed_by.as_deref() == Some("cleanup_names_owner")));
    let (without, with) = linux_6_1_with("cleanup_names_owner");
    let before = ["--profile", "full", "--without", &without, "--with", &with];
    for (log, verdict, denied) in [
        ("one-owner-restart", "every run mutual_exclusion", 7),
        ("restarted-client", "every run no_orphan", 5),
        ("restarted-server", "admitted", 4),
        ("stale-reclaim", "admitted", 4),
    ] {
        let now = conform(log, &[]);
        let line = now.lines().find(|line| line.contains(" linux_6_1 ")).expect("a verdict");
        assert!(line.contains(verdict) && !line.contains("REJECTED"), "{now}");
        let then = conform(log, &before);
        let at = format!("gfs2-{log}.jsonl:{denied}");
        assert!(
            then.lines().any(|line| line.starts_with("REJECTED") && line.contains(&at)),
            "{then}"
        );
    }
}
