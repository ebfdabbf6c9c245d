//! Protocols as threads: what the engines find and do not find, and that it can be repeated.

use latchwork::encoding::json::Document;
use latchwork::engines::explore::Options;
use latchwork::engines::schedule::Schedule;
use latchwork::engines::threads::Strategy;
use latchwork::engines::threads::refine::{Judgement, Refusal};
use latchwork::engines::threads::runs::Ending;
use latchwork::engines::threads::shorten::switches;
use latchwork::files::case::Case;
use latchwork::files::scenario::{Expect, Scenario};
use latchwork::jobs::check::{Standing, check};
use latchwork::jobs::replay::{Replayed, Why, replay};
use latchwork::jobs::threads::examine::{Engine, Examined, Plan, examine};
use latchwork::jobs::threads::matrix::{Cell, Change, changes};
use latchwork::protocols::form::Form;
use latchwork::protocols::forms;
use latchwork::report::matrix::threads::{RowFacts, to_markdown};

use crate::committed::scenario;
use crate::program::{latchwork, refused, run};
use crate::{paths, repository};

const LOOM: Engine = Engine::Loom { preemptions: 2 };
const RANDOM: Engine = shuttle(Strategy::Random);

const fn shuttle(strategy: Strategy) -> Engine {
    Engine::Shuttle { strategy, seed: 0 }
}

/// The scenarios whose threads are run.
fn scenarios(form: &Form) -> Vec<Scenario> {
    in_folder(form, "threads")
}

/// The scenarios with rules switched off whose threads show what the model says.
fn ablations(form: &Form) -> Vec<Scenario> {
    in_folder(form, "threads/ablations")
}

/// The scenarios whose threads are run, and the ones that are too large for loom.
fn all_scenarios(form: &Form) -> Vec<Scenario> {
    [in_folder(form, "threads"), in_folder(form, "threads/large")].concat()
}

/// The rules that are off matter in the code as in the model.
#[test]
fn the_ablations_violate_what_the_model_says() {
    let mut found = 0;
    for scenario in forms().flat_map(ablations) {
        let Expect::Violates { property, .. } = scenario.expect else { panic!("it is violated") };
        let examined = run_threads(scenario, LOOM, None, &[]);
        let name = &examined.scenario.name;
        let finding = examined.finding.unwrap_or_else(|| panic!("{name}: nothing found"));
        let entry = finding.case.configuration.entry;
        assert_eq!(entry.property(&finding.case.verdict.property), Some(property), "{name}");
        found += 1;
    }
    assert!(found > 15, "{found}");
}

fn in_folder(form: &Form, name: &str) -> Vec<Scenario> {
    let folder = repository("scenarios").join(form.protocol).join(name);
    let all = if folder.is_dir() { paths(&folder, ".json") } else { Vec::new() };
    let own = all.into_iter().filter(|path| path.parent() == Some(folder.as_path()));
    own.map(|path| Scenario::open(&path).expect("a scenario")).collect()
}

fn run_threads(scenario: Scenario, engine: Engine, runs: Option<u64>, flaws: &[&str]) -> Examined {
    let flaws = flaws.iter().map(ToString::to_string).collect();
    examine(scenario, &Plan { engine, runs, flaws }, &()).expect("it has threads")
}

fn without(name: &str, rule: &str) -> Scenario {
    let mut scenario = scenario(name);
    let configuration = &mut scenario.configuration;
    configuration.without.push(configuration.entry.rule(rule).expect("a rule"));
    scenario
}

/// The model holds where the code is run, so what the code violates is the code's.
#[test]
fn the_models_of_the_threads_hold() {
    for scenario in forms().flat_map(|form| [all_scenarios(form), ablations(form)].concat()) {
        let checked = check(scenario, &Options::default(), &()).expect("an instance");
        assert_eq!(checked.standing, Standing::Met, "{}", checked.scenario.name);
    }
}

#[test]
fn the_full_rule_sets_violate_nothing_under_loom() {
    for scenario in forms().flat_map(scenarios) {
        let examined = run_threads(scenario, LOOM, None, &[]);
        let name = &examined.scenario.name;
        assert!(examined.finding.is_none() && examined.inconclusive.is_none(), "{name}");
        assert_eq!(examined.bounds.len(), 2, "{name}");
        assert!(examined.runs > 100, "{name} has {} runs", examined.runs);
        // With two preemptions nobody is quick enough to get the lock before the CANCEL is sent.
        // A convert that is compatible with all that is granted is granted at once on fs/dlm, so that
        // there is nothing to cancel in the smallest of the scenarios.
        let never: &[&str] = match name.as_str() {
            name if name.ends_with("_cancel") => &["client_unlock", "lm_unlock"],
            "pr_ex_vs_ex" => &["dc_cancel"],
            _ => &[],
        };
        assert_eq!(examined.never, never, "{name}");
    }
}

#[test]
fn the_full_rule_sets_violate_nothing_under_shuttle_and_on_plain_threads() {
    let strategies = [Strategy::Random, Strategy::Pct { depth: 3 }, Strategy::Urw];
    let engines = strategies.map(shuttle).into_iter().map(|engine| (engine, 1_500));
    for (engine, runs) in engines.chain([(Engine::Std, 100)]) {
        for scenario in forms().flat_map(all_scenarios) {
            let examined = run_threads(scenario, engine, Some(runs), &[]);
            assert!(examined.finding.is_none(), "{} {engine:?}", examined.scenario.name);
            assert_eq!(examined.runs, runs);
        }
    }
}

/// What the committed facts say was found is found now, in the same run. A protocol has all its rows
/// or none; the page says which have none.
#[test]
fn the_facts_of_the_engines_are_those_of_now() {
    let text = std::fs::read_to_string(repository("reports/threads.json")).expect("the facts");
    let facts: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut rows = facts.as_array().expect("rows").iter();
    let mut repeated = 0;
    for form in forms().filter(|form| text.contains(&format!("\"{}\"", form.protocol))) {
        for change in changes(form) {
            let row = rows.next().expect("a row for each change");
            assert_eq!(row["protocol"], form.protocol);
            assert_eq!(row["change"], change.words());
            for cell in row["cells"].as_array().expect("cells") {
                repeated += u32::from(is_found_again(form, change, cell));
            }
        }
    }
    assert!(rows.next().is_none(), "a row for nothing");
    assert!(repeated > 40, "{repeated}");
}

/// Repeats a cell in which something was found soon; whether it did.
fn is_found_again(form: &Form, change: Change, cell: &serde_json::Value) -> bool {
    let std = cell["engine"] == "std";
    if std || cell["found"].is_null() || cell["runs"].as_u64() > Some(2_500) {
        return false;
    }
    let engine = match cell["strategy"].as_str() {
        Some(strategy) => shuttle(strategy.parse().expect("a strategy")),
        None => LOOM,
    };
    let runs = cell["strategy"].is_string().then_some(20_000);
    let scenarios = if engine == LOOM { scenarios(form) } else { all_scenarios(form) };
    let again = Cell::run(&scenarios, change, engine, runs, &()).expect("it has threads");
    let examined = again.found().unwrap_or_else(|| panic!("{} {cell}", change.words()));
    let finding = examined.finding.as_ref().expect("it is found");
    assert_eq!(cell["runs"], again.runs(), "{}", change.words());
    assert_eq!(cell["found"]["run"], finding.run);
    assert_eq!(cell["found"]["property"], finding.case.verdict.property);
    assert_eq!(cell["found"]["ends"], finding.ending.to_string());
    assert!(finding.repeats, "{}", change.words());
    true
}

/// The page says what the facts say.
#[test]
fn the_page_is_made_of_the_facts() {
    let read = |name| std::fs::read_to_string(repository("reports").join(name)).expect("a file");
    let rows: Vec<RowFacts> = serde_json::from_str(&read("threads.json")).expect("the facts");
    let page = read("threads.md");
    if std::env::var_os("LATCHWORK_UPDATE").is_some() {
        std::fs::write(repository("reports/threads.md"), to_markdown(&rows)).expect("written");
        return;
    }
    assert_eq!(to_markdown(&rows), page, "ablate all --as-threads makes both");
    // Their models have changed since their rows were made; making them takes a quarter of an hour each.
    let missing = "\nNot run: downconvert, delegation_return.\n";
    assert!(page.contains(missing), "all other forms have rows");
}

/// The threads that are run for each push are done to the end at bound 2, and a hundred thousand
/// runs of each strategy found nothing.
#[test]
fn the_facts_say_that_the_full_rule_sets_hold() {
    let text = std::fs::read_to_string(repository("reports/threads.json")).expect("the facts");
    let rows: Vec<RowFacts> = serde_json::from_str(&text).expect("the facts");
    assert!(!rows.is_empty());
    for form in forms() {
        let (small, all) = (scenarios(form), all_scenarios(form));
        let mut rows = rows.iter().filter(|row| row.protocol == form.protocol);
        let Some(row) = rows.next() else { continue };
        for cell in &row.cells {
            assert_eq!((&cell.found, &cell.inconclusive), (&None, &None), "{}", form.protocol);
            let by_loom = cell.engine == "loom";
            let names = if by_loom { &small } else { &all }.iter().map(|one| &one.name);
            assert!(names.eq(cell.scenarios.iter().map(|one| &one.scenario)));
            for one in &cell.scenarios {
                let bounds = one.bounds.iter().map(|(bound, _)| *bound);
                let enough = if by_loom { bounds.eq([1, 2]) } else { one.runs >= 100_000 };
                assert!(enough || cell.engine == "std", "{} {}", form.protocol, one.scenario);
            }
        }
    }
}

const PR_EX: &str = "downconvert/threads/pr_ex_vs_ex.json";
const CROSS: &str = "downconvert/threads/cross.json";
const OPEN: &str = "recall/threads/open_write.json";
const WAIT: &str = "async_grant/threads/wait_cancel.json";
const TRY: &str = "async_grant/threads/try.json";
const REBOOT: &str = "delegation_return/threads/reboot.json";

/// The first defect: a store that comes too late. No run ends badly, and the fields tell.
#[test]
fn a_swapped_store_is_found_by_refinement() {
    let examined = run_threads(scenario(PR_EX), RANDOM, Some(10), &["late_pending"]);
    let finding = examined.finding.expect("found");
    assert_eq!((finding.run, finding.ending), (1, Ending::Finished));
    let Judgement::Refused(0, Refusal::Differs { path, code, model }) = finding.judgement else {
        panic!("{:?}", finding.judgement)
    };
    assert!(path.ends_with(".pending"), "{path}");
    assert_eq!((code.as_str(), model.as_str()), ("0", "1"));
}

/// The second: a lost wakeup. The threads block where the model continues.
#[test]
fn a_missing_wake_up_is_found_by_refinement() {
    let examined = run_threads(scenario(PR_EX), LOOM, None, &["silent_ast"]);
    let finding = examined.finding.expect("found");
    assert_eq!(finding.ending, Ending::Deadlock);
    assert!(matches!(finding.judgement, Judgement::Refused(_, Refusal::GoesOn)));
}

/// The third: two steps in the wrong order. The code itself sees a property violated.
#[test]
fn swapped_steps_are_found_by_a_property() {
    let examined = run_threads(scenario(OPEN), LOOM, None, &["insert_after_retest"]);
    let finding = examined.finding.expect("found");
    assert_eq!(finding.ending, Ending::Violated("no_stale_view"));
    assert!(matches!(finding.judgement, Judgement::Refused(_, Refusal::NotEnabled)));
}

/// In the asynchronous grant: two swapped steps, which no run ends badly for.
#[test]
fn a_call_that_is_over_too_early_is_found_by_refinement() {
    let examined = run_threads(scenario(WAIT), LOOM, None, &["return_before_aside"]);
    let finding = examined.finding.expect("found");
    assert_eq!(finding.ending, Ending::Finished);
    assert!(matches!(finding.judgement, Judgement::Refused(_, Refusal::NotEnabled)));
}

/// A lost wakeup: no thread reads what the callback has recorded.
#[test]
fn a_silent_callback_is_found_by_refinement() {
    let finding = run_threads(scenario(WAIT), LOOM, None, &["silent_callback"]).finding;
    let finding = finding.expect("found");
    assert_eq!(finding.ending, Ending::Deadlock);
    assert!(matches!(finding.judgement, Judgement::Refused(_, Refusal::GoesOn)));
}

/// The block is examined, and acted upon only later: the timer comes in between, and a lock that
/// nobody wants is not given back.
#[test]
fn a_stale_look_at_the_block_is_found_by_refinement() {
    for engine in [LOOM, RANDOM] {
        let runs = (engine == RANDOM).then_some(5_000);
        let finding = run_threads(scenario(TRY), engine, runs, &["stale_block"]).finding;
        let judgement = finding.expect("found").judgement;
        let Judgement::Refused(_, Refusal::Differs { path, .. }) = judgement else {
            panic!("{judgement:?}")
        };
        assert!(path.starts_with("block.c0."), "{path}");
    }
}

/// An engine without weak memory cannot find a defect that needs it.
#[test]
fn a_missing_fence_is_found_by_loom_alone() {
    for flaw in ["no_fence_in_check", "no_fence_in_reclaim"] {
        let finding = run_threads(scenario(REBOOT), LOOM, None, &[flaw]).finding.expect("found");
        let Judgement::Refused(_, Refusal::Differs { path, code, model }) = finding.judgement
        else {
            panic!("{:?}", finding.judgement)
        };
        let stateid = (path.as_str(), code.as_str(), model.as_str());
        assert_eq!(stateid, ("open.o0.stateid", "E1", "E0"), "{flaw}");
        for strategy in [RANDOM, shuttle(Strategy::Pct { depth: 3 })] {
            let sampled = run_threads(scenario(REBOOT), strategy, Some(5_000), &[flaw]);
            assert!(sampled.finding.is_none(), "{flaw}");
        }
    }
    for flaw in ["no_fence_in_open", "no_fence_in_grant", "weak_fence_in_grant"] {
        let finding = run_threads(scenario(OPEN), LOOM, None, &[flaw]).finding.expect("found");
        assert_eq!(finding.ending, Ending::Violated("no_stale_view"), "{flaw}");
        let sampled = run_threads(scenario(OPEN), RANDOM, Some(5_000), &[flaw]);
        assert!(sampled.finding.is_none(), "{flaw}");
    }
}

/// The case of a finding, written and read.
fn case_of(examined: &Examined) -> Case {
    let text = examined.finding.as_ref().expect("found").case.to_text();
    let case = Case::read(&Document::new("case.json", text.clone()), false).expect("a case");
    assert_eq!(case.to_text(), text, "what is read is what was written");
    case
}

#[test]
fn a_case_is_replayed_under_the_engine_that_found_it() {
    let pct = shuttle(Strategy::Pct { depth: 3 });
    let by_loom = run_threads(without(CROSS, "pending_flag"), LOOM, None, &[]);
    let by_shuttle = run_threads(without(CROSS, "pending_flag"), pct, Some(1_000), &[]);
    let refused = run_threads(scenario(OPEN), LOOM, None, &["no_fence_in_open"]);
    for examined in [by_loom, by_shuttle, refused] {
        let case = case_of(&examined);
        assert_eq!(replay(&case, 1, &()), Ok(Replayed::Same));
        assert_ne!(case.threads.as_ref().expect("threads").schedule, Schedule::None);

        let mut other = case.clone();
        other.threads.as_mut().expect("threads").log.swap(0, 2);
        let Ok(Replayed::Diverged(divergence)) = replay(&other, 1, &()) else { panic!() };
        let Why::Threads(why) = divergence.why else { panic!("{:?}", divergence.why) };
        assert!(why.starts_with("action 1 of the log is"), "{why}");
    }
}

/// A run of a sample depends on its number, and not on those before it.
#[test]
fn runs_that_are_drawn_are_the_same_each_time() {
    let once = |runs| {
        let scenario = without(CROSS, "pending_flag");
        let examined = run_threads(scenario, shuttle(Strategy::Random), Some(runs), &[]);
        examined.finding.map(|finding| (finding.run, finding.case.to_text()))
    };
    let found = once(5_000).expect("found");
    assert_eq!(once(found.0), Some(found.clone()));
    assert_eq!(once(found.0 - 1), None);
}

/// The schedule that is kept has few switches, and is that of a run that fails in the same way.
#[test]
fn a_schedule_is_kept_with_few_switches() {
    let examined = run_threads(without(CROSS, "pending_flag"), RANDOM, Some(5_000), &[]);
    let finding = examined.finding.expect("found");
    assert!(finding.repeats);
    assert_eq!(finding.ending, Ending::Deadlock);
    let Some(Schedule::Tasks(tasks)) = finding.case.threads.map(|threads| threads.schedule) else {
        panic!("a schedule")
    };
    assert!(switches(&tasks) < 24, "{} of {}", switches(&tasks), tasks.len());
}

#[test]
fn a_budget_of_runs_that_ran_out_is_inconclusive() {
    let (code, out, _) = run(&["check", "downconvert", "--engine", "loom", "--runs", "10"]);
    assert_eq!(code, 3);
    assert!(out.contains("inconclusive: the budget of 10 runs ran out"), "{out}");
}

#[test]
fn a_violation_of_threads_is_red_and_has_a_case() {
    let out = tempfile::tempdir().expect("a folder");
    let folder = out.path().to_str().expect("UTF-8");
    let arguments = ["check", "recall", "--engine", "loom", "--flaw", "no_fence_in_grant"];
    let (code, said, _) = run(&[&arguments[..], &["--out", folder]].concat());
    assert_eq!(code, 1);
    assert!(said.contains("with the flaw no_fence_in_grant: VIOLATED refinement"), "{said}");
    assert!(said.contains("the model does not admit what comes next"), "{said}");
    let case = paths(out.path(), ".json").remove(0);
    let (code, said, _) = run(&["replay", case.to_str().expect("UTF-8")]);
    assert_eq!(code, 1, "{said}");
}

#[test]
fn what_has_no_threads_is_refused() {
    let refused = |arguments: &[&str]| refused(&[&["check"], arguments].concat());
    let said = refused(&["dirlock", "--engine", "loom"]);
    assert!(said.contains("dirlock has no thread-shaped form\nhint: "), "{said}");
    let nested = "scenarios/downconvert/nested.json";
    assert!(refused(&[nested, "--engine", "loom"]).contains("entries PR and EX that wait"));
    let said = refused(&["downconvert", "--engine", "loom", "--without", "refresh"]);
    assert!(said.contains("cannot do without `refresh`\nhint: it can do without"), "{said}");
    let said = refused(&["downconvert", "--engine", "loom", "--with", "o2dlm"]);
    assert!(said.contains("no variant `o2dlm`"), "{said}");
    let fault = "scenarios/downconvert/two_apps_lost_bast.json";
    assert!(!refused(&[fault, "--engine", "shuttle"]).is_empty());
    let said = refused(&["downconvert", "--engine", "loom", "--flaw", "late_pendin"]);
    assert!(said.contains("did you mean `late_pending`?"), "{said}");
    assert!(refused(&["recall", "--flaw", "no_fence_in_open"]).contains("--engine"));
    let loom =
        latchwork(&["check", "recall", "--engine", "loom"]).env("LOOM_MAX_BRANCHES", "x").output();
    assert_eq!(loom.expect("it runs").status.code(), Some(2));
    let many = "scenarios/downconvert/stale_cancel.json";
    assert!(refused(&[many, "--engine", "loom"]).contains("too many for loom"));
}
