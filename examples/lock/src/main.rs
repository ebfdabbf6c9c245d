//! The protocol in `lock.rs`, with all commands of latchwork: `cargo run -- help` lists them.

use std::process::ExitCode;

use latchwork::protocols::Entry;

mod lock;

/// The protocols that this program knows: add yours, and its scenarios under `scenarios/`.
static PROTOCOLS: &[Entry] = &[Entry::of::<lock::Lock>()];

fn main() -> ExitCode {
    latchwork::cli::run(PROTOCOLS)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use latchwork::engines::explore::Options;
    use latchwork::files::scenario::Scenario;
    use latchwork::jobs::check::{Checked, check};
    use latchwork::protocols::{find, install};

    use super::PROTOCOLS;

    /// Runs a scenario without some rules.
    fn run(name: &str, without: &[&str]) -> Checked {
        install(PROTOCOLS);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/lock");
        let mut scenario = Scenario::open(&folder.join(name)).expect("it can be read");
        let entry = find("lock").expect("it is installed");
        let rules = without.iter().map(|rule| entry.rule(rule).expect("it is there"));
        scenario.configuration.without.extend(rules);
        check(scenario, &Options::default(), &()).expect("its values go together")
    }

    #[test]
    fn with_all_rules_it_is_as_expected() {
        let checked = run("two_clients.json", &[]);
        assert!(checked.is_as_expected(), "{:?}", checked.standing);
    }

    #[test]
    fn without_the_rule_a_late_grant_locks_everybody_out() {
        let checked = run("two_clients.json", &["return_late_grant"]);
        let found: Vec<_> = checked
            .violations()
            .map(|found| (checked.property(found.property).name, found.steps))
            .collect();
        assert_eq!(found, [("owner_knows", 4), ("deadlock", 5), ("can_finish", 3)]);
    }
}
