//! An explanation of a run, as plain data.
//!
//! Steps are counted from 0, as in a [`Path`](crate::engines::verdict::Path). Processes are spelled
//! `app@a0`.

use crate::engines::fields::{Described, FieldValue};

/// The maximum number of reasons in an explanation.
pub const MOST_REASONS: usize = 5;

/// Why a run is a violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// How the run ends.
    pub ending: Ending,
    /// The number of steps after which the end cannot be avoided; `None` if the property says
    /// nothing about that. It is 0 if no run can finish.
    pub no_return: Option<usize>,
    /// The number of steps of the run.
    pub end: usize,
    /// The values of the property's parameter for which it is violated: `n0`. Empty if it has no
    /// parameter.
    pub instances: Vec<String>,
    /// The reasons, at most [`MOST_REASONS`], the culprit first.
    pub reasons: Vec<Reason>,
    /// The number of reasons that were left out.
    pub left_out: usize,
    /// The rules that are off and act in the run, in the order of the steps at which they act.
    pub rules: Vec<RuleActs>,
    /// The cycle at the end of the run, if it has one.
    pub cycle: Option<Cycle>,
    /// The steps that the specification could have taken instead of the last one, which is none of
    /// its steps; `None` if the run shows no such step.
    pub instead: Option<Vec<String>>,
    /// The other properties that states of the run violate.
    pub also: Vec<Also>,
    /// Whether the search for reasons reached its bound: then there may be better ones.
    pub bounded: bool,
    /// A run that finishes once the fields of the culprit are put back; empty if none was found, or
    /// if the state is then done at once.
    pub released: Vec<String>,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing is enabled, and a process waits.
    Deadlock,
    /// Nothing is enabled, no process waits, and the state is not done: something is left behind.
    LeftBehind,
    /// Steps are enabled, and none of them leads to a done state.
    NoWayOut,
    /// The last state violates the property.
    State,
    /// A run that waits, or keeps itself busy, forever.
    Forever,
    /// A step cannot be completed: it panics, exceeds a bound, or has a late guard.
    CutOff,
    /// Not a violation: a goal is reached.
    Reached,
}

/// One reason: a process that waits for fields, or fields that nobody waits for and that are wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The process that waits; `None` if these fields are wrong although no process waits for them.
    pub who: Option<Waiting>,
    /// The fields, at most three. All of them together are the reason.
    pub fields: Vec<Blamed>,
    /// The steps that could give the fields another value, each with why it cannot be taken.
    pub writers: Vec<Writer>,
    /// Whether it is the culprit: with all its fields put back, or with an item in the channel that
    /// a step to change them waits for, the protocol can finish, or the property holds.
    pub culprit: bool,
}

/// A property, other than that of the verdict, that a state of the run violates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Also {
    /// The property, by position.
    pub property: usize,
    /// The number of steps before the first state that violates it.
    pub steps: usize,
}

/// A process that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The process: `app@a0`.
    pub process: String,
    /// The step that it would take: `app_wake(a0)`; `None` if it is served by others.
    pub step: Option<String>,
    /// The field that only this process changes and that says where it is, if there is one.
    pub location: Option<Blamed>,
    /// The queues in which it stands, itself or by the part of the state that it waits for: since
    /// when, and behind whom.
    pub queued: Vec<Blamed>,
}

/// A field with a value that is a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed {
    /// The field with its value at the end of the run.
    pub field: Described,
    /// The step that set this value; `None` if it is the initial value.
    pub since: Option<usize>,
    /// That step: `dc_unblock(n0)`.
    pub by: Option<String>,
    /// The value with which it would not be a reason.
    pub otherwise: FieldValue,
}

/// A step that could give a field another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The process: `cb@n0`.
    pub process: String,
    /// The step: `cb_deliver(n0)`.
    pub step: String,
    /// Why it cannot be taken.
    pub cannot: Cannot,
}

/// Why a step cannot be taken, or does not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cannot {
    /// Its process waits itself: an index into the reasons.
    Waits(usize),
    /// No item is in this channel, since this step; `None` if there was none at the start.
    Nothing(String, Option<usize>),
    /// It is not enabled.
    Disabled,
    /// It is enabled, and does not help.
    Useless,
}

/// A rule that is off, and what it would do in the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleActs {
    /// The rule, by position.
    pub rule: usize,
    /// The first step at which it makes a difference.
    pub at: usize,
    /// With the rule on from the beginning, the last possible step of the run that has another
    /// effect.
    pub turns: Option<usize>,
    /// With the rule on from the beginning, the first step that is not possible.
    pub prevents: Option<usize>,
    /// The last step found from which the run can still finish if the rule is on from this step;
    /// `None` if none was found, or if the property says nothing about finishing.
    pub saves: Option<usize>,
}

/// The cycle at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// The number of steps before it.
    pub begins: usize,
    /// For each fair process that is enabled in it, why the cycle is fair to it.
    pub fair: Vec<FairTo>,
}

/// Why a cycle is fair to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairTo {
    /// The process, or one action of it where fairness applies to each: `app@a0`.
    pub process: String,
    /// The action, where fairness applies to each.
    pub action: Option<&'static str>,
    /// Why.
    pub how: Fair,
}

/// Why a cycle is fair to a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fair {
    /// It acts, first at this step.
    Acts(usize),
    /// It is not enabled after this many steps of the run.
    Disabled(usize),
}
