//! Explanations of a run beyond its steps: what each step needed, what a rule would have done, and
//! why the end is a violation.

use latchwork::files::case::Case;
use latchwork::report::run::on_model::Run;
use latchwork::report::run::reasons::{Bad, reasons};
use latchwork::report::run::shadow::shadows;

use crate::repository;

fn pending_flag() -> Case {
    let path = repository("scenarios/downconvert/cases/pending_flag.json");
    Case::open(&path, false).expect("a case")
}

#[test]
fn a_step_needs_what_it_cannot_do_without() {
    let case = pending_flag();
    let instance = case.configuration.instance().expect("an instance");
    let run = Run::of_case(&case, instance.as_ref()).expect("the model takes it");
    let causes = run.causes();
    // The request of the other node has nothing to do with the first one's.
    assert_eq!(run.spell(run.path.steps[2]), "app_lock(a2)");
    assert_eq!(causes[2], [0usize; 0]);
    // The first callback arrives behind the call that sent it, and the queue is as it was.
    assert_eq!(run.spell(run.path.steps[4]), "cb_deliver(n0)");
    assert_eq!(causes[4], [0, 1, 2, 3]);
}

#[test]
fn a_rule_that_is_off_would_have_stopped_the_run() {
    let case = pending_flag();
    let instance = case.configuration.instance().expect("an instance");
    let run = Run::of_case(&case, instance.as_ref()).expect("the model takes it");
    let shadows = shadows(&case.configuration, &run);
    assert_eq!(shadows.len(), 1);
    let differences = &shadows[0].differences;
    assert_eq!(differences[0].at, 0, "it would have set PENDING at once");
    // The thread would have put the lock back, and there would have been no cancel.
    let last = differences.last().expect("it goes another way");
    assert_eq!(run.spell(run.path.steps[last.at]), "dc_cancel(n0)");
    assert_eq!(last.instead, None);
}

#[test]
fn a_standstill_has_reasons() {
    let case = pending_flag();
    let instance = case.configuration.instance().expect("an instance");
    let run = Run::of_case(&case, instance.as_ref()).expect("the model takes it");
    let bad = Bad::of(&run, &case.verdict.property).expect("nothing can happen at its end");
    assert_eq!(bad, Bad::Standstill);
    let reasons = reasons(&run, bad);
    assert!(reasons.iter().all(|reason| !reason.then.is_empty()));
    let asleep = reasons.iter().find(|reason| reason.field.path == "node.n0.dc_wake");
    let asleep = asleep.expect("nobody wakes the downconvert thread");
    assert_eq!(asleep.then, ["dc_wake(n0)"]);
    assert!(!asleep.field.doc.is_empty(), "the model says what the field is");
}
