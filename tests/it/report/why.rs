//! Why a run is a violation: who waits for what, what was left behind, what a rule would have done.

use latchwork::files::case::Case;
use latchwork::report::run::story::Story;
use latchwork::report::run::why::explanation::{
    Cannot, Ending, Explanation, Fair, MOST_REASONS, Reason,
};
use latchwork::report::run::why::sentences;

use crate::committed::{case, story};
use crate::{paths, repository};

/// The explanation of a committed case.
fn why(path: &str) -> (Case, Explanation) {
    let case = case(&repository(path));
    let why = story(&case).why;
    (case, why)
}

/// The stories of all ablations, and the cases that are kept.
fn committed() -> Vec<(String, Case, Story)> {
    let reports = paths(&repository("reports"), ".json");
    let stories = reports.into_iter().filter(|path| path.to_string_lossy().contains("/stories/"));
    let kept = paths(&repository("scenarios"), ".json");
    let kept = kept.into_iter().filter(|path| path.to_string_lossy().contains("/cases/"));
    let all: Vec<_> = stories.chain(kept).collect();
    assert!(all.len() > 120, "only {} cases were found", all.len());
    let told = |path: std::path::PathBuf| {
        let case = case(&path);
        let story = story(&case);
        (path.display().to_string(), case, story)
    };
    all.into_iter().map(told).collect()
}

fn sentence(why: &Explanation, at: usize) -> String {
    sentences::reason(&why.reasons[at], &why.reasons)
}

/// All sentences of an explanation.
fn whole(why: &Explanation) -> String {
    (0..why.reasons.len()).map(|at| sentence(why, at) + "\n").collect()
}

/// Turns red if causes of two fields are missed again: putting one field back explains nothing here.
#[test]
fn a_cause_of_two_fields_is_found() {
    let (_, why) = why("scenarios/downconvert/cases/pending_flag.json");
    assert_eq!((why.ending, why.no_return, why.end), (Ending::Deadlock, Some(10), 23));
    let first = sentence(&why, 0);
    assert!(why.reasons[0].culprit, "{first}");
    assert!(first.contains("`node.n0.unlock_action` = Cancel since step 9"), "{first}");
    let all = whole(&why);
    assert!(all.contains("`node.n0.busy` = 1 since step 6 (`app_lock(a0)`)"), "{all}");
    assert!(all.contains("it is in `queue` (n1 n0) since step "), "{all}");
    let waits = |reason: &Reason| {
        reason.writers.iter().any(|writer| matches!(writer.cannot, Cannot::Waits(_)))
    };
    assert!(why.reasons.iter().any(waits), "who could help waits too: {all}");
    assert!(!why.released.is_empty(), "a run that finishes shows it");
}

/// Turns red if an empty channel is told instead of the process that waits, if what a process looks
/// at when it is woken is missed where two fields decide, or if a failed assertion on the way is not
/// told.
#[test]
fn who_waits_comes_before_the_channel_that_is_empty() {
    let (case, why) = why("scenarios/downconvert/cases/stale_cancel-can_finish.json");
    let first = sentence(&why, 0);
    assert!(why.reasons[0].culprit && first.starts_with("app@a2 (at WaitBusy "), "{first}");
    assert!(first.contains("`node.n2.busy` = 1 since step 33 (`app_lock(a2)`)"), "{first}");
    assert!(first.contains("`node.n2.level` = NL since step 27 (`cb_deliver(n2)`)"), "{first}");
    let nothing = "`cb_deliver(n2)` (nothing is in `node.n2.cb` since step 45)";
    assert!(first.contains(nothing), "{first}");
    assert!(!whole(&why).contains("cb@n2"), "the channel is told with its reader");
    let also = sentences::also(&why, case.configuration.entry).expect("an assertion fails");
    assert!(
        also.starts_with("This run also violates `no_bug` at step 45 (No assertion "),
        "{also}"
    );
    assert!(!also.contains("can_finish"), "the verdict is not told twice: {also}");
}

/// Turns red if everything that differs is listed beside the only thing that was left behind.
#[test]
fn what_is_left_behind_is_one_line() {
    let (_, why) = why("reports/async_grant/stories/owner_id.json");
    assert_eq!(why.ending, Ending::LeftBehind);
    let all = whole(&why);
    assert_eq!(why.reasons.len(), 1, "{all}");
    assert!(all.starts_with("`mirror."), "the lock in the mirror: {all}");
    assert!(why.reasons[0].who.is_none() && why.reasons[0].culprit);
}

/// Turns red if a process that has nothing left to do is said to wait, if more reasons are listed
/// than can be read, if an explanation is not the same twice, or if a story has no cause at all.
#[test]
fn no_standstill_names_a_process_that_is_done() {
    const DONE: [&str; 5] = ["Done", "Fail", "Free", "Dead", "Committed"];
    let (mut standstills, mut with_culprit) = (0, 0);
    for (path, case, story) in committed() {
        let why = &story.why;
        assert!(why.reasons.len() <= MOST_REASONS, "{path}");
        assert_eq!(*why, self::story(&case).why, "{path}: not the same twice");
        let head = sentences::headline(why, &case.verdict);
        assert!(!head.contains(" 0 steps") && head.len() <= 80, "{path}: {head}");
        if !matches!(why.ending, Ending::Deadlock | Ending::LeftBehind | Ending::NoWayOut) {
            continue;
        }
        standstills += 1;
        with_culprit += usize::from(why.reasons.iter().any(|reason| reason.culprit));
        for reason in &why.reasons {
            let location = reason.who.as_ref().and_then(|who| who.location.as_ref());
            let at = location.map_or(String::new(), |at| at.field.value.to_string());
            assert!(!DONE.contains(&at.as_str()), "{path}: {}", whole(why));
        }
    }
    assert!(standstills > 40, "only {standstills}");
    assert!(with_culprit * 10 >= standstills * 8, "{with_culprit} of {standstills}");
}

/// Turns red if the step at which a rule saves the run is not told from the one after which the end
/// cannot be avoided without it.
#[test]
fn a_rule_that_saves_the_run_late_is_told_so() {
    let mut late = 0;
    for (path, case, story) in committed() {
        let entry = case.configuration.entry;
        for acts in &story.why.rules {
            let said = sentences::rule(&story.why, acts, entry);
            let is_late =
                story.why.no_return.zip(acts.saves).is_some_and(|(limit, at)| limit <= at);
            let marks =
                said.contains("cannot be avoided without it") || said.contains("no run finishes");
            assert_eq!(is_late, marks, "{path}: {said}");
            late += usize::from(is_late);
        }
    }
    assert!(late > 5, "only {late}");
}

/// Turns red if a lasso is not told of whom it starves, and why its cycle is fair.
#[test]
fn a_lasso_tells_who_is_starved_and_why_that_is_fair() {
    let (case, why) = why("reports/predictions/linux_6_12-recall-op_terminates.json");
    assert_eq!((case.verdict.property.as_str(), why.ending), ("op_terminates", Ending::Forever));
    assert_eq!(why.instances.len(), 1, "{:?}", why.instances);
    let clause = sentences::clause(&why, &case.verdict.property, "");
    assert!(clause.starts_with("`op_terminates` for o"), "{clause}");
    let mut cycles = 0;
    for (path, _, story) in committed() {
        let Some(cycle) = story.why.cycle.filter(|_| story.why.ending == Ending::Forever) else {
            continue;
        };
        cycles += 1;
        for fair in cycle.fair {
            let at = match fair.how {
                Fair::Acts(at) | Fair::Disabled(at) => at,
            };
            assert!(at >= cycle.begins, "{path}: {}", fair.process);
        }
    }
    assert!(cycles > 0);
}
