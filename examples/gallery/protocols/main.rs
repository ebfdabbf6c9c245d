//! Protocols that people run, one file each, with all commands of latchwork.
//!
//! In this folder, `cargo run --release --example protocols -- check` checks all of them, and
//! `cargo run --release --example protocols -- ablate ttl_lock` shows what each rule of one is for.
//! `latchwork gallery` lists them with their known bugs.

use std::process::ExitCode;

use latchwork::protocols::Entry;

mod afs_callbacks;
mod brick_locks;
mod ceph_caps;
mod client_records;
mod cluster_delegations;
mod delegated_times;
mod delegation_refs;
mod fencing_tokens;
mod gfs2_glock;
mod ldlm_callback;
mod smb2_lease;
#[path = "../specs/transaction_commit.rs"]
mod transaction_commit;
mod ttl_lock;
mod two_phase_commit;

static PROTOCOLS: &[Entry] = &[
    Entry::of::<afs_callbacks::AfsCallbacks>(),
    Entry::of::<brick_locks::BrickLocks>(),
    Entry::of::<ceph_caps::CephCaps>(),
    Entry::of::<client_records::ClientRecords>(),
    Entry::of::<cluster_delegations::ClusterDelegations>(),
    Entry::of::<delegated_times::DelegatedTimes>(),
    Entry::of::<delegation_refs::DelegationRefs>(),
    Entry::of::<fencing_tokens::FencingTokens>(),
    Entry::of::<gfs2_glock::Gfs2Glock>(),
    Entry::of::<ldlm_callback::LdlmCallback>(),
    Entry::of::<smb2_lease::Smb2Lease>(),
    Entry::of::<ttl_lock::TtlLock>(),
    Entry::of::<two_phase_commit::TwoPhaseCommit>(),
    Entry::refinement::<two_phase_commit::TwoPhaseCommit, transaction_commit::TransactionCommit>(),
];

fn main() -> ExitCode {
    latchwork::cli::run(PROTOCOLS)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use latchwork::cli::gallery::{MEMBERS, Member};
    use latchwork::engines::explore::{Options, explore};
    use latchwork::engines::verdict::PropertyKind;
    use latchwork::files::scenario::Scenario;
    use latchwork::jobs::ablate::{Plan, ablate};
    use latchwork::jobs::check::{Checked, check};
    use latchwork::protocols::{Entry, find, install};
    use latchwork_model::kit::Kind;

    use super::PROTOCOLS;

    fn entry(member: &Member) -> &'static Entry {
        install(PROTOCOLS);
        find(member.name).expect("it is installed")
    }

    fn scenario(member: &Member) -> Scenario {
        entry(member);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gallery/protocols");
        let folder = root.join("scenarios").join(member.name);
        Scenario::open(&folder.join(member.scenario).with_extension("json")).expect("it is read")
    }

    /// Runs the scenario of a protocol without some rules.
    fn run(member: &Member, without: &[&str]) -> Checked {
        let mut scenario = scenario(member);
        let rules = without.iter().map(|rule| entry(member).rule(rule).expect("it is there"));
        scenario.configuration.without.extend(rules);
        check(scenario, &Options::default(), &()).expect("its values go together")
    }

    /// Red if the list of the gallery and the protocols of this program differ.
    #[test]
    fn the_gallery_lists_these_protocols() {
        let listed: Vec<_> = MEMBERS.iter().map(|member| member.name).collect();
        let here = PROTOCOLS.iter().map(|entry| entry.name);
        let here: Vec<_> = here.filter(|name| !name.contains("_refines_")).collect();
        assert_eq!(listed, here);
        for member in MEMBERS {
            for part in [member.sentence(), member.source(), member.bug()] {
                assert!(part.ends_with('.') && part.len() > 30, "{}: {part}", member.name);
            }
            let rule = format!("`{}`", member.rule);
            assert!(member.bug().contains(&rule), "{} does not name {rule}", member.name);
        }
    }

    /// Red if a protocol loses a guard, or if its scenario no longer reaches what it is about.
    #[test]
    fn with_all_rules_each_protocol_holds() {
        for member in MEMBERS {
            let checked = run(member, &[]);
            assert!(checked.is_as_expected(), "{}: {:?}", member.name, checked.standing);
            assert!(checked.warnings().is_empty(), "{}: {:?}", member.name, checked.warnings());
        }
    }

    /// Red if a rule no longer prevents the bug that it is there for, or if the bug is nearer than
    /// before: somebody has changed the protocol, and the gallery tells another story.
    #[test]
    fn without_its_rule_each_protocol_has_its_known_bug() {
        let mut wrong = Vec::new();
        for member in MEMBERS {
            let checked = run(member, &[member.rule]);
            let found: Vec<_> = checked
                .violations()
                .map(|found| (checked.property(found.property).name, found.steps))
                .collect();
            if !found.contains(&(member.property, member.steps)) {
                wrong.push((member.name, found));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Red if a step of two-phase commit is no longer one of transaction commit, or if a stray step is
    /// missed.
    #[test]
    fn two_phase_commit_refines_transaction_commit() {
        install(PROTOCOLS);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gallery/protocols");
        let folder = "scenarios/two_phase_commit_refines_transaction_commit";
        let found = |without: &[&str]| {
            let file = root.join(folder).join("two_participants.json");
            let mut scenario = Scenario::open(&file).expect("it is read");
            let entry = scenario.configuration.entry;
            let rules = without.iter().map(|rule| entry.rule(rule).expect("it is there"));
            scenario.configuration.without.extend(rules);
            let checked = check(scenario, &Options::default(), &()).expect("its values fit");
            let violations = checked.violations().map(|found| {
                let last = found.path.steps.last().expect("it begins well");
                (found.steps, entry.actions[usize::from(last.action)].name)
            });
            (checked.exploration.statistics.distinct, violations.collect::<Vec<_>>())
        };
        assert_eq!(found(&[]), (118, Vec::new()));
        assert_eq!(found(&["log_vote"]).1, [(2, "fault_crash")]);
        assert_eq!(found(&["log_commit"]).1, [(7, "participant_abort")]);
    }

    /// Red if a part of a composed protocol is no longer a model of its own.
    #[test]
    fn the_parts_of_a_composition_hold_alone() {
        use super::cluster_delegations::{ClusterLock, Server};
        let lock = explore(&ClusterLock { nodes: 2 }, &Options::default(), &());
        assert_eq!((lock.statistics.distinct, lock.discoveries.len()), (17, 0));
        let server = explore(&Server { recall_first: true }, &Options::default(), &());
        assert_eq!((server.statistics.distinct, server.discoveries.len()), (5, 0));
    }

    /// Red if a property that waits for something is never waited for.
    #[test]
    fn each_protocol_but_one_has_a_property_of_runs() {
        let waits = |member: &&Member| {
            let properties = (entry(member).properties)();
            properties.iter().any(|property| property.kind == PropertyKind::Model(Kind::LeadsTo))
        };
        let without: Vec<_> = MEMBERS.iter().filter(|member| !waits(member)).collect();
        let names: Vec<_> = without.iter().map(|member| member.name).collect();
        assert_eq!(names, ["delegated_times"], "nobody waits for the times of a file");
    }

    /// Red if a rule of a protocol makes no difference, or makes one that is not declared.
    #[test]
    fn every_rule_is_needed() {
        for member in MEMBERS {
            let (entry, scenarios) = (entry(member), vec![(0, scenario(member))]);
            let (most_rules, most_states, threads) = (2, 6_000, 1);
            let plan = Plan { entry, profile: 0, scenarios, most_rules, most_states, threads };
            for row in ablate(&plan, &(), &()).rows {
                let rule = entry.rules[row.rule].name;
                assert!(row.ruling.is_sound(), "{} without {rule}", member.name);
            }
        }
    }

    /// Returns a row of the chapter on the kit: the states of `ttl_lock` at two lengths of a lease.
    fn cost(clients: u8) -> [u64; 2] {
        let member = MEMBERS.iter().find(|member| member.name == "ttl_lock").expect("it is there");
        entry(member);
        [2, 8].map(|ttl| {
            let bounds = format!("\"clients\": {clients}, \"ttl\": {ttl}");
            let ignored = "\"ignore\": [\"can_finish\", \"waiter_is_served\"], \"expect\"";
            let text = member.setting.replace("\"clients\": 2, \"ttl\": 2", &bounds);
            let file = tempfile::NamedTempFile::with_suffix(".json").expect("a file");
            fs::write(file.path(), text.replace("\"expect\"", ignored)).expect("written");
            let scenario = Scenario::open(file.path()).expect("it is read");
            let checked = check(scenario, &Options::default(), &()).expect("its values fit");
            assert!(checked.is_as_expected(), "{:?}", checked.standing);
            checked.exploration.statistics.distinct
        })
    }

    /// Red if the chapter has other figures, or if a timer costs more than it says.
    #[test]
    fn the_chapter_says_what_a_timer_costs() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/kit.md");
        let page = fs::read_to_string(page).expect("text").replace(',', "");
        for clients in [2, 3] {
            let row = cost(clients);
            let row = format!("| {clients} | {} | {} |", row[0], row[1]);
            assert!(page.contains(&row), "the chapter lacks `{row}`");
        }
    }
}
