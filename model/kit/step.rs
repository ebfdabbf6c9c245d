//! Steps: an action with its arguments, and the process that takes it.

use core::fmt;

use super::names::{distinct, position, refuse};

/// The fairness of the processes of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fairness {
    /// A process that stays enabled eventually acts (weak fairness).
    Fair,
    /// A process that is enabled infinitely often eventually acts (strong fairness).
    Strong,
    /// It may never act: for example an application that stops, or a client that goes away.
    Optional,
    /// A fault of the environment, within a budget that is part of the state.
    Fault,
}

impl Fairness {
    /// Returns whether a state in which such an action is enabled is not at rest.
    pub const fn is_fair(self) -> bool {
        matches!(self, Self::Fair | Self::Strong)
    }
}

/// A kind of process.
#[derive(Clone, Copy, Debug)]
pub struct LaneInfo {
    /// Its name.
    pub name: &'static str,
    /// Its doc comment, which describes the processes; empty if there is none.
    pub doc: &'static str,
    /// Its fairness.
    pub fairness: Fairness,
    /// Whether the fairness applies to each action of a process separately, instead of to the
    /// process.
    pub each: bool,
}

/// One action of the list.
#[derive(Clone, Copy, Debug)]
pub struct ActionInfo {
    /// Its name, which is that of its method, of the step in a case, and of the label in a diagram.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// An index into [`Actions::LANES`](super::Actions::LANES).
    pub lane: u8,
    /// The lane that it calls or sends to.
    pub target: Option<&'static str>,
    /// Its parameters. The first one identifies the process of the lane that acts.
    pub params: &'static [ParamInfo],
}

/// One parameter of an action.
#[derive(Clone, Copy, Debug)]
pub struct ParamInfo {
    /// Its name in the list.
    pub name: &'static str,
    /// [`Param::KIND`](super::Param::KIND) of its type.
    pub kind: &'static str,
    /// [`Param::NAMES`](super::Param::NAMES) of its type.
    pub names: &'static [&'static str],
}

/// One occurrence of an action: which action, and with what arguments. Steps are ordered by the
/// list of actions, then by arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// An index into [`Actions::ACTIONS`](super::Actions::ACTIONS).
    pub action: u8,
    /// The numbers of the arguments. Unused ones are 0.
    pub args: [u8; Step::MAX_ARGS],
}

impl Step {
    /// The maximum number of parameters of an action.
    pub const MAX_ARGS: usize = 3;

    /// Returns the process that takes this step.
    pub fn process(self, actions: &[ActionInfo]) -> Process {
        let info = &actions[usize::from(self.action)];
        let actor = info.params.first().map(|_| self.args[0]);
        Process { lane: info.lane, actor }
    }

    /// Returns the unit of fairness that takes this step.
    pub fn unit(self, lanes: &[LaneInfo], actions: &[ActionInfo]) -> Unit {
        let process = self.process(actions);
        let each = lanes[usize::from(process.lane)].each;
        Unit { process, action: each.then_some(self.action) }
    }

    /// Returns the step as text: `app_lock(a0)`.
    pub fn spell(self, actions: &'static [ActionInfo]) -> Spelled {
        Spelled { info: &actions[usize::from(self.action)], args: self.args }
    }
}

/// A process: a lane, and the first argument of the action, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// An index into [`Actions::LANES`](super::Actions::LANES).
    pub lane: u8,
    /// The first argument.
    pub actor: Option<u8>,
}

/// A unit of fairness: a process, or one action of a process if its lane is declared
/// [`each`](LaneInfo::each).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// The process.
    pub process: Process,
    /// An index into [`Actions::ACTIONS`](super::Actions::ACTIONS).
    pub action: Option<u8>,
}

/// A step that can be formatted.
#[derive(Clone, Copy, Debug)]
pub struct Spelled {
    info: &'static ActionInfo,
    args: [u8; Step::MAX_ARGS],
}

impl fmt::Display for Spelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info.name)?;
        f.write_str("(")?;
        for (at, (param, arg)) in self.info.params.iter().zip(self.args).enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            param.spell(arg, f)?;
        }
        f.write_str(")")
    }
}

impl ParamInfo {
    /// Writes the argument with number `index`: `n0`, or the name of a variant.
    pub fn spell(&self, index: u8, f: &mut dyn fmt::Write) -> fmt::Result {
        match self.names.get(usize::from(index)) {
            Some(name) => f.write_str(name),
            None => write!(f, "{}{index}", self.kind),
        }
    }
}

/// Returns the actions with their lanes. `lanes` contains the names of the actions of each lane.
pub const fn in_lanes<const N: usize>(
    mut actions: [ActionInfo; N],
    lanes: &[&[&str]],
) -> [ActionInfo; N] {
    let (mut lane, mut at) = (0, 0);
    while lane < lanes.len() {
        let end = at + lanes[lane].len();
        while at < end {
            actions[at].lane = lane as u8;
            at += 1;
        }
        lane += 1;
    }
    actions
}

/// The assertion of [`actions!`](crate::actions!): names of lanes and actions are unique, and every
/// `=> lane` names a lane.
///
/// # Panics
///
/// With the name, if this does not hold.
pub const fn demand_actions(lanes: &[LaneInfo], actions: &[ActionInfo]) {
    distinct!(lanes, "lanes");
    distinct!(actions, "actions");
    let mut at = 0;
    while at < actions.len() {
        if let Some(target) = actions[at].target
            && position!(lanes, target).is_none()
        {
            refuse("an action calls or sends to a lane that is not there:", target);
        }
        at += 1;
    }
}
