//! A search that is stopped anywhere and resumed has the result of an undisturbed one: between two
//! rounds of a level, after its last round, and at its end.

use latchwork::encoding::sealed::Stamp;
use latchwork::engines::explore::Options;
use latchwork::engines::explore::checkpoint::Checkpoint;
use latchwork::engines::instance::Instance;
use latchwork::engines::verdict::{Exploration, PropertyId, PropertyKind, PropertySet, Stopped};
use latchwork::files::scenario::Scenario;

use super::{Interrupts, scenario};

/// How a search is stopped: by a budget of bytes, or after so many questions.
#[derive(Clone, Copy, Debug)]
enum Stop {
    Memory(u64),
    Questions(u64),
}

/// Searches until it is stopped, and resumes once; returns nothing if it was not stopped.
fn in_two_parts(instance: &dyn Instance, options: &Options, stop: Stop) -> Option<Exploration> {
    let folder = tempfile::tempdir().expect("a folder");
    let stamp = Stamp { version: "1".into(), build: "test".into(), of: "test".into() };
    let checkpoint = Checkpoint { file: folder.path().join("search"), stamp, every: u64::MAX };
    let options = Options { checkpoint: Some(checkpoint.clone()), ..options.clone() };
    let first = match stop {
        Stop::Memory(bytes) => {
            instance.explore(&Options { memory: Some(bytes), ..options.clone() }, &())
        }
        Stop::Questions(count) => instance.explore(&options, &Interrupts(count.into())),
    };
    let budget = matches!(first.stopped, Some(Stopped::Memory | Stopped::Interrupted));
    (budget && checkpoint.file.exists()).then(|| instance.explore(&options, &()))
}

fn without_graph(scenario: &Scenario) -> PropertySet {
    let properties = (scenario.configuration.entry.properties)();
    let ids = (0..).map(PropertyId).zip(&properties);
    let needs_none = ids.filter(|(_, property)| !property.kind.needs_graph());
    needs_none.map(|(id, _)| id).collect()
}

#[test]
fn a_search_goes_on_wherever_it_was_stopped() {
    let scenario = scenario();
    let instance = scenario.configuration.instance().expect("an instance");
    let count = (scenario.configuration.entry.properties)().len();
    let all = (0..count).map(|id| PropertyId(id as u8)).collect();
    for (properties, exact) in
        [(without_graph(&scenario), false), (all, false), (without_graph(&scenario), true)]
    {
        let options = Options { properties, exact, ..Options::default() };
        let undisturbed = instance.explore(&options, &());
        assert_eq!(undisturbed.stopped, None);
        let mut resumed = 0;
        // Budgets of memory stop it behind the last round of a level, too.
        let budgets = (0..10).map(|step| Stop::Memory(49_152 << step));
        let questions = (0..40).map(|step| Stop::Questions(3 + step * step / 2));
        for (stop, at) in budgets.chain(questions).zip(0..) {
            let options = Options { threads: 1 + at % 2, ..options.clone() };
            let Some(found) = in_two_parts(instance.as_ref(), &options, stop) else { continue };
            assert_eq!(found, undisturbed, "{stop:?}, {at}, exact: {exact}");
            resumed += 1;
        }
        assert!(resumed >= 20, "{resumed} searches were stopped and went on");
    }
    let at_rest = |kind| matches!(kind, PropertyKind::Model(kind) if kind.name().contains("rest"));
    let undisturbed = instance.explore(&Options::default(), &());
    let found = undisturbed.discoveries.iter().find(|found| {
        at_rest((scenario.configuration.entry.properties)()[usize::from(found.property.0)].kind)
    });
    assert_eq!(found.expect("it is violated").steps, 15);
}
