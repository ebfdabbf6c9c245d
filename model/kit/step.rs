//! Steps: which action, with what arguments, taken by whom.

use core::fmt;

use super::names::{distinct, position, refuse};

/// How an engine may treat the enabled actions of a lane's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fairness {
    /// A process that stays enabled eventually acts (weak fairness).
    Fair,
    /// A process that is enabled again and again eventually acts (strong fairness).
    Strong,
    /// It may never act: an application that stops, a client that goes away.
    Optional,
    /// The environment does harm, within a budget that stands in the state.
    Fault,
}

impl Fairness {
    /// Whether a state in which such an action is enabled is not at rest.
    pub const fn is_fair(self) -> bool {
        matches!(self, Self::Fair | Self::Strong)
    }
}

/// A kind of thing that acts.
#[derive(Clone, Copy, Debug)]
pub struct LaneInfo {
    /// Its name.
    pub name: &'static str,
    /// Its sentence: who acts there; empty if nobody wrote one.
    pub doc: &'static str,
    /// Whether it must act.
    pub fairness: Fairness,
    /// Whether that is said of each action of a process by itself, and not of the process.
    pub each: bool,
}

/// One action of the list.
#[derive(Clone, Copy, Debug)]
pub struct ActionInfo {
    /// Its name: that of the method, of the step in a case, of the label in a diagram.
    pub name: &'static str,
    /// Its sentence.
    pub doc: &'static str,
    /// An index into [`Actions::LANES`](super::Actions::LANES).
    pub lane: u8,
    /// The lane that it calls or sends to.
    pub target: Option<&'static str>,
    /// Its parameters; the first one says which process of the lane acts.
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

/// One occurrence of an action: which, and with what arguments. Their order is the order of the
/// list, then that of the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step {
    /// An index into [`Actions::ACTIONS`](super::Actions::ACTIONS).
    pub action: u8,
    /// The numbers of the arguments; those that the action does not take are 0.
    pub args: [u8; Step::MAX_ARGS],
}

impl Step {
    /// The most parameters that an action can take.
    pub const MAX_ARGS: usize = 3;

    /// The process that takes this step.
    pub fn process(self, actions: &[ActionInfo]) -> Process {
        let info = &actions[usize::from(self.action)];
        let actor = info.params.first().map(|_| self.args[0]);
        Process { lane: info.lane, actor }
    }

    /// What must take this step, if anything must.
    pub fn unit(self, lanes: &[LaneInfo], actions: &[ActionInfo]) -> Unit {
        let process = self.process(actions);
        let each = lanes[usize::from(process.lane)].each;
        Unit { process, action: each.then_some(self.action) }
    }

    /// The step as it is written: `app_lock(a0)`.
    pub fn spell(self, actions: &'static [ActionInfo]) -> Spelled {
        Spelled { info: &actions[usize::from(self.action)], args: self.args }
    }
}

/// Who acts: a lane, and the first argument of the action if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// An index into [`Actions::LANES`](super::Actions::LANES).
    pub lane: u8,
    /// The first argument.
    pub actor: Option<u8>,
}

/// Of whom fairness is said: a process, or one action of a process in a lane of which
/// [`each`](LaneInfo::each) is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit {
    /// The process.
    pub process: Process,
    /// An index into [`Actions::ACTIONS`](super::Actions::ACTIONS).
    pub action: Option<u8>,
}

/// A step that can be written out.
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

/// The actions with their lanes; `lanes` has the names of those of each lane.
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

/// What [`actions!`](crate::actions!) asserts: lanes and actions have names of their own, and every
/// `=> lane` names a lane.
///
/// # Panics
///
/// With the name, if it is not so.
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
