//! Who waits for whom at the end of a run that cannot finish.
//!
//! The search gives fields of the last state values that they had elsewhere, until the protocol can
//! finish from there. These fields are the culprit. The run that then finishes shows the rest: the
//! first step of each process in it was not enabled before, and the fields that enable it are what
//! the process waits for.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{Process, Step};

use crate::engines::fields::{Described, FieldValue};
use crate::engines::instance::{Instance, StateBytes};

use super::explanation::{Cannot, Reason, Writer};
use super::finish::{Finisher, shortened};
use super::putting_back::{Variant, pairs, threes, together, variants};
use super::scene::Scene;

/// The maximum number of values that a field is given.
const MOST_VALUES: usize = 3;
/// The maximum number of fields of which sets of three are tried.
const MOST_OF_THREE: usize = 12;

/// The reasons why a run cannot finish.
#[derive(Default)]
pub struct Chain {
    /// The reasons, the culprit first.
    pub reasons: Vec<Reason>,
    /// The steps that finish once the fields of the culprit are put back.
    pub released: Vec<Step>,
    /// Whether no process waits.
    pub left_behind: bool,
}

/// A run that finishes.
#[derive(Default)]
pub struct Good {
    /// The steps.
    pub steps: Vec<Step>,
    /// The states, the first one included.
    pub states: Vec<StateBytes>,
}

impl Good {
    /// Creates the run that takes these steps from a state.
    pub fn new(instance: &dyn Instance, from: &StateBytes, steps: Vec<Step>) -> Self {
        Self { states: states_along(instance, from, &steps), steps }
    }
}

/// A set of fields with which the protocol can finish, and how.
struct Culprit {
    set: Vec<Variant>,
    state: StateBytes,
    way: Vec<Step>,
}

/// Returns who waits for whom at the end of a run. `donors` are states that provide values, the
/// preferred ones first; `no_return` is the number of steps after which the end cannot be avoided,
/// and `good` is a run that finishes.
pub fn chain(
    scene: &Scene<'_>,
    donors: &[StateBytes],
    no_return: Option<usize>,
    good: &Good,
    finisher: &mut Finisher<'_>,
) -> Chain {
    let (instance, last) = (scene.run.instance, scene.run.last());
    let mut all = variants(instance, last, donors, MOST_VALUES);
    all.retain(|variant| !scene.is_location(variant.field));
    // What was set last before the end could not be avoided is the best candidate; what was set
    // after that is a consequence.
    let rank = |variant: &Variant| {
        let since = scene.since(variant.field);
        let is_late = since.zip(no_return).is_some_and(|(since, limit)| since >= limit);
        (is_late, std::cmp::Reverse(since))
    };
    all.sort_by_key(rank);
    // A value that the run itself had comes before one of another run, and before items that are
    // put into a queue or a channel.
    let is_list = |variant: &Variant| matches!(variant.value, FieldValue::List(_));
    let was_there = |variant: &Variant| {
        let mut before = scene.fields.iter();
        before.any(|fields| fields[variant.field].value == variant.value)
    };
    let own: Vec<Variant> =
        all.iter().filter(|one| !is_list(one) && was_there(one)).cloned().collect();
    let found = culprit(scene, &own, finisher);
    match found.or_else(|| culprit(scene, &all, finisher)) {
        Some(found) => released(scene, found),
        None => Chain { reasons: waiting(scene, &all, good, finisher), ..Chain::default() },
    }
}

/// Returns the first smallest set of fields with which the protocol is done or can finish.
fn culprit(scene: &Scene<'_>, all: &[Variant], finisher: &mut Finisher<'_>) -> Option<Culprit> {
    let instance = scene.run.instance;
    let mut try_set = |set: &[&Variant], at_once: bool| -> Option<Culprit> {
        if !finisher.examine() {
            return None;
        }
        let state = together(set, instance, scene.run.last())?;
        let way = match (instance.done(&state), at_once) {
            (true, _) => Vec::new(),
            (false, true) => return None,
            (false, false) => shortened(instance, &state, finisher.from(instance, &state)?),
        };
        Some(Culprit { set: set.iter().map(|variant| (*variant).clone()).collect(), state, way })
    };
    for at_once in [true, false] {
        if let Some(found) = all.iter().find_map(|one| try_set(&[one], at_once)) {
            return Some(found);
        }
    }
    let all: Vec<&Variant> = all.iter().collect();
    if let Some(found) = pairs(&all).find_map(|set| try_set(&set, false)) {
        return Some(found);
    }
    let mut fields = BTreeSet::new();
    let first = all.into_iter().filter(|one| fields.insert(one.field));
    let first: Vec<&Variant> = first.take(MOST_OF_THREE).collect();
    threes(&first).find_map(|set| try_set(&set, false))
}

/// Returns the reasons that follow from a run that finishes once the culprit is put back.
fn released(scene: &Scene<'_>, found: Culprit) -> Chain {
    let instance = scene.run.instance;
    let Culprit { mut set, state, way } = found;
    set.sort_by_key(|variant| scene.since(variant.field));
    let waits = waits(scene, &state, &way);
    let put_back: BTreeSet<usize> = set.iter().map(|variant| variant.field).collect();
    let awaits =
        |fields: &[(usize, FieldValue)]| fields.iter().any(|(field, _)| put_back.contains(field));
    // A process that is where it is when all is done does not wait, unless nobody else does.
    let states = states_along(instance, &state, &way);
    let end = instance.described(&states[states.len() - 1]);
    let is_finished = |wait: &Wait| is_at_its_end(scene, scene.process(wait.step), &end);
    let first = waits.iter().position(|wait| awaits(&wait.fields) && !is_finished(wait));
    let first = first.or_else(|| waits.iter().position(|wait| awaits(&wait.fields)));
    let fields: Vec<usize> = put_back.iter().copied().collect();
    let who = first.map(|at| scene.waiting(waits[at].step, &fields));
    let blamed = set.iter().map(|variant| scene.blamed(variant.field, &variant.value)).collect();
    let mut reasons = vec![Reason { who, fields: blamed, writers: Vec::new(), culprit: true }];
    // By process, the reason in which it waits.
    let mut number: BTreeMap<Process, usize> = BTreeMap::new();
    number.extend(first.map(|at| (scene.process(waits[at].step), 0)));
    let is_carrier = |wait: &Wait| {
        let mut fields = wait.fields.iter();
        fields.all(|(field, _)| scene.last()[*field].channel)
    };
    let mut kept: Vec<&Wait> = Vec::new();
    for (at, wait) in waits.iter().enumerate() {
        if Some(at) == first || is_carrier(wait) || is_finished(wait) || wait.fields.is_empty() {
            continue;
        }
        number.insert(scene.process(wait.step), reasons.len() + kept.len());
        kept.push(wait);
    }
    for wait in kept {
        let fields: Vec<usize> = wait.fields.iter().map(|(field, _)| *field).collect();
        let writers = writers_in(scene, &state, &way, wait, &waits, &number);
        let blamed = wait.fields.iter().take(3).map(|(field, value)| scene.blamed(*field, value));
        reasons.push(Reason {
            who: Some(scene.waiting(wait.step, &fields)),
            fields: blamed.collect(),
            writers,
            culprit: false,
        });
    }
    reasons[0].writers = writers_seen(scene, &set, &number);
    if let [variant] = set.as_slice() {
        fold_channel(scene, variant.field, &mut reasons);
    }
    let left_behind = way.is_empty() && instance.enabled(scene.run.last()).is_empty();
    Chain { reasons, released: way, left_behind }
}

/// Folds the reason that a channel is empty into the one of the process that waits for an item in
/// it: who waits is told first, and that nothing comes is told with the step that would bring it.
fn fold_channel(scene: &Scene<'_>, channel: usize, reasons: &mut Vec<Reason>) {
    let waits_for_it = |writer: &Writer| writer.cannot == Cannot::Waits(0);
    let waiting = reasons.iter().skip(1).position(|other| other.writers.iter().any(waits_for_it));
    let (true, Some(waiting)) = (scene.last()[channel].channel, waiting) else { return };
    let empty = reasons.remove(0);
    let mut first = reasons.remove(waiting);
    first.culprit = true;
    first.writers.extend(empty.writers);
    reasons.insert(0, first);
    for writer in reasons.iter_mut().flat_map(|reason| &mut reason.writers) {
        writer.cannot = match std::mem::replace(&mut writer.cannot, Cannot::Disabled) {
            Cannot::Waits(0) => nothing(scene, channel),
            Cannot::Waits(at) if at - 1 == waiting => Cannot::Waits(0),
            Cannot::Waits(at) if at - 1 < waiting => Cannot::Waits(at),
            Cannot::Waits(at) => Cannot::Waits(at - 1),
            other => other,
        };
    }
}

/// Returns that nothing is in a channel, by position.
fn nothing(scene: &Scene<'_>, channel: usize) -> Cannot {
    Cannot::Nothing(scene.last()[channel].path.clone(), scene.since(channel))
}

/// A process that waits, found in a run that finishes.
struct Wait {
    /// Its first step in that run, which is not enabled at the end of the run that cannot.
    step: Step,
    /// The position of that step, or of the one with which it no longer waits.
    at: usize,
    /// The fields that enable it, each with the value that does.
    fields: Vec<(usize, FieldValue)>,
    /// Whether these are the fields that it looks at when it is woken.
    again: bool,
}

/// Returns the processes of a run that finishes whose first step was not enabled before.
fn waits(scene: &Scene<'_>, from: &StateBytes, way: &[Step]) -> Vec<Wait> {
    let instance = scene.run.instance;
    let last = scene.run.last();
    let mut found: Vec<Wait> = Vec::new();
    let mut acted = BTreeSet::new();
    let mut state = from.clone();
    for (at, step) in way.iter().enumerate() {
        let process = scene.process(*step);
        let is_first = acted.insert(process);
        if is_first && instance.fire(last, *step).is_err() {
            let fields = deciding(scene, &state, *step, |without| without.is_none());
            found.push(Wait { step: *step, at, fields, again: false });
        }
        let Ok(next) = instance.fire(&state, *step) else { break };
        // A process that is woken looks again at what it waits for, and may go back to wait.
        let waits =
            scene.locations.get(&process).map(|field| (*field, &scene.last()[*field].value));
        let wait = found.iter_mut().find(|wait| scene.process(wait.step) == process);
        if let (false, Some((field, value)), Some(wait)) = (is_first, waits, wait) {
            let is_at = |state: &StateBytes| instance.described(state)[field].value == *value;
            if !is_at(&next) {
                let goes_back = |without: Option<&StateBytes>| without.is_some_and(is_at);
                let fields = deciding(scene, &state, *step, goes_back);
                if !fields.is_empty() && !wait.again {
                    (wait.at, wait.fields, wait.again) = (at, fields, true);
                }
            }
        }
        state = next;
    }
    found
}

/// Returns the fields that decide the outcome of a step in `state`, each with its value there.
///
/// A field decides if the outcome changes when the field has its value from the end of the run that
/// cannot finish; if none does, the first two that do together. `other` tests the next state for that; it is `None` if the step is not enabled.
fn deciding(
    scene: &Scene<'_>,
    state: &StateBytes,
    step: Step,
    other: impl Fn(Option<&StateBytes>) -> bool,
) -> Vec<(usize, FieldValue)> {
    let instance = scene.run.instance;
    let now = instance.described(state);
    let own = scene.locations.get(&scene.process(step));
    let back = variants(instance, state, std::slice::from_ref(scene.run.last()), 1);
    let fields = back.iter().filter(|variant| Some(&variant.field) != own);
    let fields: Vec<&Variant> = fields.collect();
    let decides = |set: &[&Variant]| {
        let without = together(set, instance, state);
        without.is_some_and(|without| other(instance.fire(&without, step).ok().as_ref()))
    };
    let mut deciding: Vec<&Variant> =
        fields.iter().filter(|variant| decides(&[**variant])).copied().collect();
    if deciding.is_empty() {
        deciding.extend(pairs(&fields).find(|two| decides(two)).into_iter().flatten());
    }
    deciding.iter().map(|variant| (variant.field, now[variant.field].value.clone())).collect()
}

/// Returns whether a process is where it is in a state in which the protocol is done: `end` has the
/// fields of that state, and none if it is not known.
fn is_at_its_end(scene: &Scene<'_>, process: Process, end: &[Described]) -> bool {
    scene.locations.get(&process).is_some_and(|field| {
        end.get(*field).is_some_and(|then| then.value == scene.last()[*field].value)
    })
}

/// Returns the last steps before a wait ends, in a run that finishes, that give its fields their
/// values. A step that only takes an item out of a channel is followed by the one that puts it in.
fn writers_in(
    scene: &Scene<'_>,
    from: &StateBytes,
    way: &[Step],
    wait: &Wait,
    waits: &[Wait],
    number: &BTreeMap<Process, usize>,
) -> Vec<Writer> {
    let states = states_along(scene.run.instance, from, way);
    let mut wanted: Vec<(usize, usize)> =
        wait.fields.iter().map(|(field, _)| (*field, wait.at)).collect();
    let (mut writers, mut known) = (Vec::new(), BTreeSet::new());
    while let Some((field, before)) = wanted.pop() {
        let changes = |at: &usize| {
            let value =
                |state: &StateBytes| scene.run.instance.described(state)[field].value.clone();
            value(&states[*at]) != value(&states[*at + 1])
        };
        let Some(at) = (0..before).rev().find(changes) else { continue };
        let step = way[at];
        if !known.insert(step) {
            continue;
        }
        let own = waits.iter().find(|other| scene.process(other.step) == scene.process(step));
        let empty = own.and_then(|own| {
            let all = own.fields.iter().all(|(field, _)| scene.last()[*field].channel);
            own.fields.first().filter(|_| all).map(|(field, _)| (*field, own.at))
        });
        let cannot = match (number.get(&scene.process(step)), empty) {
            (Some(number), _) => Cannot::Waits(*number),
            (None, Some((channel, before))) => {
                wanted.push((channel, before));
                nothing(scene, channel)
            }
            (None, None) => cannot(scene, step),
        };
        writers.push(Writer { process: scene.name(step), step: scene.run.spell(step), cannot });
    }
    writers
}

/// Returns why a step of a process that does not wait cannot be taken, or does not help.
fn cannot(scene: &Scene<'_>, step: Step) -> Cannot {
    match scene.run.instance.fire(scene.run.last(), step) {
        Ok(_) => Cannot::Useless,
        Err(_) => Cannot::Disabled,
    }
}

/// Returns the steps that were seen to give fields other values than their last ones: for each
/// process the first.
fn writers_seen(
    scene: &Scene<'_>,
    set: &[Variant],
    number: &BTreeMap<Process, usize>,
) -> Vec<Writer> {
    let (mut writers, mut known) = (Vec::new(), BTreeSet::new());
    for variant in set {
        for write in scene.writes.iter().filter(|write| write.field == variant.field) {
            let process = scene.process(write.step);
            if write.new != variant.value || !known.insert(process) {
                continue;
            }
            let cannot = match number.get(&process) {
                Some(number) => Cannot::Waits(*number),
                None => cannot(scene, write.step),
            };
            writers.push(Writer {
                process: scene.name(write.step),
                step: scene.run.spell(write.step),
                cannot,
            });
        }
    }
    writers
}

fn states_along(instance: &dyn Instance, from: &StateBytes, way: &[Step]) -> Vec<StateBytes> {
    let mut states = vec![from.clone()];
    for step in way {
        let Ok(next) = instance.fire(&states[states.len() - 1], *step) else { break };
        states.push(next);
    }
    states
}

/// Returns what each process waits for that acts in a run that finishes from before the end could
/// not be avoided: the smallest sets of fields that enable one of its steps.
fn waiting(
    scene: &Scene<'_>,
    all: &[Variant],
    good: &Good,
    finisher: &mut Finisher<'_>,
) -> Vec<Reason> {
    let instance = scene.run.instance;
    let last = scene.run.last();
    let end = good.states.last().map_or(Vec::new(), |state| instance.described(state));
    let mut processes: BTreeSet<Process> =
        good.steps.iter().map(|step| scene.process(*step)).collect();
    processes.retain(|process| !is_at_its_end(scene, *process, &end));
    let enabled = |set: &[&Variant], process: Process| -> Option<Step> {
        let state = together(set, instance, last)?;
        let steps = instance.steps_from(&state).into_iter();
        steps.map(|(step, _)| step).find(|step| scene.process(*step) == process)
    };
    let mut reasons = Vec::new();
    for process in processes {
        if !finisher.examine() || enabled(&[], process).is_some() {
            continue;
        }
        let mut found = all.iter().find_map(|one| Some((enabled(&[one], process)?, vec![one])));
        for (at, one) in all.iter().enumerate().take(MOST_OF_THREE) {
            if found.is_some() {
                break;
            }
            let others = all[at + 1..].iter().filter(|other| other.field != one.field);
            found = others
                .take(MOST_OF_THREE)
                .find_map(|other| Some((enabled(&[one, other], process)?, vec![one, other])));
        }
        let Some((step, set)) = found else { continue };
        let fields: Vec<usize> = set.iter().map(|variant| variant.field).collect();
        let blamed = set.iter().map(|variant| scene.blamed(variant.field, &variant.value));
        reasons.push(Reason {
            who: Some(scene.waiting(step, &fields)),
            fields: blamed.collect(),
            writers: Vec::new(),
            culprit: false,
        });
    }
    reasons
}
