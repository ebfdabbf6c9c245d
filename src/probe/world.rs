//! The set of states that agree with all answers so far.

use std::collections::BTreeSet;

use super::answer::{Answer, Holder};
use super::files::Files;
use super::op::{Call, Op};
use super::state::{Effect, State};
use super::view::{Line, View};

/// What the probe follows: descriptors, and the states that the locks can be in.
pub struct World {
    files: Files,
    states: Vec<State>,
    waiting: Vec<Option<Op>>,
    /// Whether the kernel of this machine manages the locks, so that process ids and the order in
    /// which `F_GETLK` looks are known.
    exact: bool,
    conflicts: u64,
}

/// How answers and models disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// The models do not admit the answer of the call.
    Answer,
    /// A waiting call ended as the models do not admit.
    Woken,
    /// A call still waits, though nobody is in the way.
    NotWoken,
    /// `/proc/locks` lists other locks.
    Table,
}

impl Disagreement {
    /// All of them with their names in files.
    pub const ALL: [(Self, &str); 4] = [
        (Self::Answer, "answer"),
        (Self::Woken, "woken"),
        (Self::NotWoken, "not_woken"),
        (Self::Table, "table"),
    ];

    /// Returns the name in files.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// Returns what is wrong, in a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Answer => "the models do not admit the answer of the call",
            Self::Woken => "a waiting call ended in a way that the models do not admit",
            Self::NotWoken => "a call still waits, though no lock is in its way",
            Self::Table => "/proc/locks lists other locks than the models",
        }
    }
}

/// What a call and its answers lead to.
pub struct Next {
    files: Option<Files>,
    states: Vec<State>,
}

impl Next {
    /// Returns whether the waiting calls go on waiting in every state. A call in a circle can be told of the
    /// deadlock late.
    pub fn is_settled(&self, workers: usize) -> bool {
        let waits = |state: &State| !(0..workers as u8).any(|worker| state.may_be_deadlock(worker));
        self.states.iter().all(waits)
    }
}

impl World {
    /// Workers that hold nothing.
    pub fn new(workers: usize, exact: bool) -> Self {
        let (files, states) = (Files::new(workers), vec![State::EMPTY]);
        Self { files, states, waiting: vec![None; workers], exact, conflicts: 0 }
    }

    /// The number of workers.
    pub const fn workers(&self) -> usize {
        self.files.workers()
    }

    /// How many calls ran into a lock or a lease so far.
    pub const fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// The call in which a worker waits.
    pub fn waits(&self, worker: u8) -> Option<&Op> {
        self.waiting.get(usize::from(worker))?.as_ref()
    }

    /// Whether a call can be made now.
    pub fn allows(&self, op: &Op) -> bool {
        let Some(waiting) = self.waiting.get(usize::from(op.worker)) else { return false };
        match (op.call, waiting) {
            (Call::Signal, waiting) => waiting.is_some(),
            (Call::Kill, _) => self.files.can_be_killed(op.worker),
            (_, Some(_)) => false,
            (Call::Lock { .. }, None) => {
                self.files.allow(op) && !self.states.iter().any(State::is_nearly_full)
            }
            (_, None) => self.files.allow(op),
        }
    }

    /// Whether a call is answered at once in every state.
    pub fn must_answer(&self, op: &Op) -> bool {
        let may_wait =
            matches!(op.call, Call::Lock { wait: true, .. } | Call::Flock { wait: true, .. });
        let waits =
            |state: &State| matches!(state.apply(op, &self.files, self.exact), Effect::Waits(_));
        !may_wait || !self.states.iter().any(waits)
    }

    /// The lines of `/proc/locks` of the calls that wait after a call: those of workers that have
    /// not answered.
    pub fn waiting_lines(&self, op: &Op, answers: &[(u8, Answer)], pids: &[i32]) -> Vec<Line> {
        let Some(state) = self.states.first() else { return Vec::new() };
        let unanswered = |worker: &u8| !answers.iter().any(|(who, _)| who == worker);
        let before = (0..self.workers() as u8).filter(|worker| self.waits(*worker).is_some());
        let killed = |worker: &u8| op.call == Call::Kill && *worker == op.worker;
        let mut lines: Vec<Line> = before
            .filter(|worker| unanswered(worker) && !killed(worker))
            .filter_map(|worker| state.waiting_line(worker, pids))
            .collect();
        if unanswered(&op.worker)
            && self.waits(op.worker).is_none()
            && let Some(Effect::Waits(next)) = self
                .states
                .iter()
                .map(|state| state.apply(op, &self.files, self.exact))
                .find(|effect| matches!(effect, Effect::Waits(_)))
        {
            lines.extend(next.waiting_line(op.worker, pids));
        }
        lines
    }

    /// Compares the answers that followed a call with the models.
    pub fn consider(
        &self,
        op: &Op,
        answers: &[(u8, Answer)],
        view: Option<(&View, &[i32])>,
    ) -> Result<Next, Disagreement> {
        let (mut files, mut gone, mut lease) = (None, None, None);
        if changes_files(&op.call) {
            let mut next = self.files.clone();
            lease = next.lease_call(op);
            gone = Some(next.apply(op));
            files = Some(next);
        }
        let own = answers.iter().find(|(worker, _)| *worker == op.worker).map(|(_, own)| own);
        let others: Vec<(u8, Answer)> =
            answers.iter().copied().filter(|(worker, _)| *worker != op.worker).collect();
        let mut reached = Disagreement::Answer;
        let mut found: Vec<State> = Vec::new();
        for state in &self.states {
            let Some((mut state, rest)) = self.own_answer(state, op, own, lease, &others) else {
                continue;
            };
            reached = later(reached, Disagreement::Woken);
            if let Some(gone) = &gone {
                state.release(gone);
            }
            for end in woken(state, rest) {
                reached = later(reached, Disagreement::NotWoken);
                if end.someone_is_grantable() {
                    continue;
                }
                reached = Disagreement::Table;
                let files = files.as_ref().unwrap_or(&self.files);
                let listed =
                    view.is_none_or(|(view, pids)| end.held_lines(files, pids) == view.held);
                if listed && !found.contains(&end) {
                    found.push(end);
                }
            }
        }
        if found.is_empty() { Err(reached) } else { Ok(Next { files, states: found }) }
    }

    /// The state after a call, and the answers that are left to explain; `None` if its answer is
    /// not admitted.
    fn own_answer(
        &self,
        state: &State,
        op: &Op,
        own: Option<&Answer>,
        lease: Option<Answer>,
        others: &[(u8, Answer)],
    ) -> Option<(State, Vec<(u8, Answer)>)> {
        let mut rest = others.to_vec();
        if let Some(lease) = lease {
            return (own == Some(&lease)).then(|| (state.clone(), rest));
        }
        match op.call {
            Call::Signal => match own {
                Some(Answer::Errno(libc::EINTR)) => Some((state.leave(op.worker)?, rest)),
                Some(other) => {
                    // It was answered just before.
                    rest.push((op.worker, *other));
                    Some((state.clone(), rest))
                }
                None => None,
            },
            Call::Kill => Some((state.leave(op.worker).unwrap_or_else(|| state.clone()), rest)),
            _ => match state.apply(op, &self.files, self.exact) {
                Effect::Answers(all, next) => {
                    let own = own?;
                    all.iter().any(|admitted| self.same(admitted, own)).then_some((next, rest))
                }
                Effect::Waits(next) => {
                    rest.extend(own.map(|own| (op.worker, *own)));
                    Some((next, rest))
                }
            },
        }
    }

    /// Whether an answer is an admitted one. Elsewhere than on this machine nobody knows whose
    /// process a lock is.
    fn same(&self, admitted: &Answer, own: &Answer) -> bool {
        let anonymous = |answer: &Answer| match *answer {
            Answer::Held { kind, start, len, .. } if !self.exact => {
                Answer::Held { kind, start, len, holder: Holder::OpenFile }
            }
            other => other,
        };
        anonymous(admitted) == anonymous(own)
    }

    /// Goes on from what a call led to.
    pub fn commit(&mut self, op: &Op, answers: &[(u8, Answer)], next: Next) {
        let refused = |answer: &Answer| match answer {
            Answer::Errno(errno) => [libc::EAGAIN, libc::EACCES, libc::EDEADLK].contains(errno),
            Answer::Held { .. } => true,
            _ => false,
        };
        let own = answers.iter().find(|(worker, _)| *worker == op.worker);
        let waits = own.is_none() && op.call != Call::Signal;
        if waits || own.is_some_and(|(_, answer)| refused(answer)) {
            self.conflicts += 1;
        }
        if waits {
            self.waiting[usize::from(op.worker)] = Some(*op);
        }
        for (worker, _) in answers {
            self.waiting[usize::from(*worker)] = None;
        }
        if let Some(files) = next.files {
            self.files = files;
        }
        self.states = next.states;
    }

    /// What the models admit after a call, in words: its answer, and who may be granted then.
    pub fn admitted(&self, op: &Op) -> Vec<String> {
        let (mut lease, mut gone) = (None, None);
        if changes_files(&op.call) {
            let mut files = self.files.clone();
            lease = files.lease_call(op);
            gone = Some(files.apply(op));
        }
        let mut all = BTreeSet::new();
        for state in &self.states {
            let (own, mut next) = match (lease, op.call) {
                (Some(lease), _) => (lease.to_string(), state.clone()),
                (None, Call::Signal) => {
                    let left = state.leave(op.worker).unwrap_or_else(|| state.clone());
                    ("EINTR".to_string(), left)
                }
                (None, Call::Kill) => {
                    let left = state.leave(op.worker).unwrap_or_else(|| state.clone());
                    (Answer::Done.to_string(), left)
                }
                _ => match state.apply(op, &self.files, self.exact) {
                    Effect::Answers(answers, next) => {
                        let first = answers.first().map_or(String::new(), Answer::to_string);
                        (first, next)
                    }
                    Effect::Waits(next) if next.may_be_deadlock(op.worker) => {
                        ("it waits, or EDEADLK".to_string(), next)
                    }
                    Effect::Waits(next) => ("it waits".to_string(), next),
                },
            };
            if let Some(gone) = &gone {
                next.release(gone);
            }
            for granted in grants(&next) {
                let granted: Vec<String> =
                    granted.iter().map(|worker| format!("w{worker} is granted")).collect();
                let then = if granted.is_empty() { "" } else { "; " };
                all.insert(format!("{own}{then}{}", granted.join(", ")));
            }
        }
        all.into_iter().collect()
    }
}

/// The disagreement that was found out later: an answer that is admitted comes before what it wakes.
fn later(one: Disagreement, other: Disagreement) -> Disagreement {
    let order = |kind| Disagreement::ALL.iter().position(|(known, _)| *known == kind);
    if order(one) > order(other) { one } else { other }
}

/// Whether descriptors or leases change, or are looked at.
const fn changes_files(call: &Call) -> bool {
    !matches!(call, Call::Lock { .. } | Call::Test { .. } | Call::Flock { .. } | Call::Signal)
}

/// The states after the waiting calls have ended with these answers, in any order.
fn woken(state: State, answers: Vec<(u8, Answer)>) -> Vec<State> {
    let (mut ends, mut open): (Vec<State>, Vec<_>) = (Vec::new(), vec![(state, answers)]);
    while let Some((state, answers)) = open.pop() {
        if answers.is_empty() {
            ends.push(state);
            continue;
        }
        for (at, (worker, answer)) in answers.iter().enumerate() {
            let next = match answer {
                Answer::Done => state.grant(*worker),
                Answer::Errno(libc::EDEADLK) if state.may_be_deadlock(*worker) => {
                    state.leave(*worker)
                }
                _ => None,
            };
            if let Some(next) = next {
                let mut rest = answers.clone();
                rest.remove(at);
                open.push((next, rest));
            }
        }
    }
    ends
}

/// The sets of workers that can be granted until nobody is left to grant.
fn grants(state: &State) -> BTreeSet<BTreeSet<u8>> {
    let (mut ends, mut open) = (BTreeSet::new(), vec![(state.clone(), BTreeSet::new())]);
    while let Some((state, granted)) = open.pop() {
        let workers: Vec<u8> = state.grantable().collect();
        if workers.is_empty() {
            ends.insert(granted);
            continue;
        }
        for worker in workers {
            if let Some(next) = state.grant(worker) {
                let mut more: BTreeSet<u8> = granted.clone();
                more.insert(worker);
                open.push((next, more));
            }
        }
    }
    ends
}
