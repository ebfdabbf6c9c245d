//! A run: calls, their answers, and the first disagreement with the models.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use super::answer::Answer;
use super::crew::{Crew, Heard, Setup};
use super::op::{Call, Kind, Mode, Op};
use super::view::{Line, View};
use super::world::{Disagreement, World};

/// What watches a run.
pub trait Pulse {
    /// Whether the run is to end now.
    fn stops(&self) -> bool;
    /// Seconds since some moment.
    fn seconds(&self) -> f64;
    /// So many calls were made so far.
    fn calls(&self, calls: u64);
}

/// How a run sees locks beside answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// `/proc/locks` lists the locks and the waiting calls: the kernel of this machine manages them.
    Listed,
    /// Nothing does. A call waits if it is not answered for a while.
    Blind,
}

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The call.
    pub op: Op,
    /// What came after it: its own answer, and those of calls that had waited.
    pub answers: Vec<(u8, Answer)>,
    /// What the models admit; only recorded when a run is told.
    pub admitted: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All calls were made, and the models admit all answers.
    Agreed,
    /// The last call and what followed it contradict the models.
    Failed(Failure),
    /// A call that cannot wait was not answered.
    Hung {
        /// The worker that made it.
        worker: u8,
        /// Where it waits in the kernel, if that is readable.
        stack: Option<String>,
    },
    /// The run was ended from outside.
    Stopped,
    /// Something else went wrong: a sentence.
    Broken(String),
}

/// The disagreement at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub kind: Disagreement,
    /// The worker that it is about, in a sentence with what it said.
    pub got: String,
    /// The locks in `/proc/locks`, where they are what disagrees.
    pub listed: Option<Vec<Line>>,
}

/// A run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The calls, in order.
    pub taken: Vec<Taken>,
    /// How it ended.
    pub ended: Ended,
    /// How many calls ran into a lock or a lease.
    pub conflicts: u64,
    /// The call after which the probe waited longest for answers, and how long.
    pub slowest: Option<(Op, Duration)>,
}

/// What a run needs beside its calls.
pub struct Context<'a> {
    /// How workers are started.
    pub setup: &'a Setup,
    /// How locks are seen.
    pub sight: Sight,
    /// Whether what the models admit is recorded with every call.
    pub told: bool,
    /// Watches the run.
    pub pulse: &'a dyn Pulse,
}

/// For so long a first waiting call is looked for in `/proc/locks`.
const LONGEST_LOOK: Duration = Duration::from_secs(2);
/// The pause between two looks at `/proc/locks`.
const LOOK: Duration = Duration::from_micros(50);
/// The longest wait between two looks at signals.
const SLICE: Duration = Duration::from_millis(100);
/// How often a list that disagrees is read again: other programs' locks can shift its lines.
const READS: usize = 6;

struct Run<'a> {
    context: &'a Context<'a>,
    crew: Crew,
    world: World,
    inode: u64,
    slowest: Option<(Op, Duration)>,
}

/// Starts workers and makes the calls that `next` returns until it returns none. Calls that cannot
/// be made are left out.
pub fn run(context: &Context<'_>, name: &str, next: &mut dyn FnMut(&World) -> Option<Op>) -> Ran {
    let exact = context.sight == Sight::Listed;
    let world = World::new(context.setup.workers, exact);
    let mut ran = Ran { taken: Vec::new(), ended: Ended::Agreed, conflicts: 0, slowest: None };
    let crew = match Crew::start(context.setup.clone(), name) {
        Ok(crew) => crew,
        Err(problem) => return Ran { ended: Ended::Broken(problem), ..ran },
    };
    let inode = std::fs::metadata(crew.locks(0)).map_or(0, |metadata| metadata.ino());
    let mut run = Run { context, crew, world, inode, slowest: None };
    while let Some(op) = next(&run.world) {
        if context.pulse.stops() {
            ran.ended = Ended::Stopped;
            break;
        }
        if !run.world.allows(&op) {
            continue;
        }
        let admitted = if context.told { run.world.admitted(&op) } else { Vec::new() };
        let (answers, ended) = run.step(&op);
        ran.taken.push(Taken { op, answers, admitted });
        if let Some(ended) = ended {
            ran.ended = ended;
            break;
        }
    }
    ran.conflicts = run.world.conflicts();
    ran.slowest = run.slowest;
    ran
}

impl Run<'_> {
    /// Makes a call; the answers, and how the run ends if it does.
    fn step(&mut self, op: &Op) -> (Vec<(u8, Answer)>, Option<Ended>) {
        let mut answers = Vec::new();
        if let Err(problem) = self.make(op, &mut answers) {
            return (answers, Some(Ended::Broken(problem)));
        }
        let ended = self.collect(op, &mut answers);
        (answers, ended)
    }

    fn make(&mut self, op: &Op, answers: &mut Vec<(u8, Answer)>) -> Result<(), String> {
        let Op { worker, call } = op;
        match call {
            Call::Signal => self.crew.interrupt(*worker),
            Call::Kill => {
                self.crew.kill(*worker)?;
                answers.push((*worker, Answer::Done));
            }
            Call::Exit => {
                self.crew.send(*worker, call);
                self.crew.replace(*worker)?;
                answers.push((*worker, Answer::Done));
            }
            call => {
                if !self.crew.send(*worker, call) {
                    return Err(gone(*worker));
                }
            }
        }
        Ok(())
    }

    /// Collects answers until everything is quiet, and compares them with the models.
    fn collect(&mut self, op: &Op, answers: &mut Vec<(u8, Answer)>) -> Option<Ended> {
        let must_answer = self.world.must_answer(op);
        let (mut waited, mut looks) = (Duration::ZERO, 0);
        // Without a list there is nothing to look at before the time is over.
        let first = match self.context.sight {
            Sight::Listed => LOOK,
            Sight::Blind => self.context.setup.settling.min(SLICE),
        };
        let mut pause = first;
        loop {
            let owes = must_answer && !answers.iter().any(|(worker, _)| *worker == op.worker);
            let view = if owes { None } else { self.look() };
            if !owes {
                match self.judge(op, answers, view.as_ref(), waited) {
                    Judged::Agreed(next) => {
                        if self.slowest.is_none_or(|(_, longest)| longest < waited) {
                            self.slowest = Some((*op, waited));
                        }
                        self.world.commit(op, answers, *next);
                        return None;
                    }
                    Judged::Wrong(kind) => {
                        looks += 1;
                        if looks >= READS {
                            // The locks of a process that somebody else has killed are gone.
                            if let Some(worker) = self.crew.ended() {
                                return Some(Ended::Broken(gone(worker)));
                            }
                            return Some(Ended::Failed(self.failure(kind, op, answers, view)));
                        }
                    }
                    Judged::Wait => {}
                }
            }
            if waited >= self.crew.patience() {
                return Some(self.timed_out(op, answers, owes));
            }
            let slice = if owes { SLICE.min(self.crew.patience()) } else { pause };
            match self.crew.hear(slice) {
                Heard::Answer(worker, answer) => {
                    answers.push((worker, answer));
                    (pause, looks) = (first, 0);
                }
                Heard::Gone(_) if self.context.pulse.stops() => return Some(Ended::Stopped),
                Heard::Gone(worker) => return Some(Ended::Broken(gone(worker))),
                Heard::Nothing => {
                    waited += slice;
                    pause = (pause * 2).min(first.max(SLICE / 10));
                }
            }
            if self.context.pulse.stops() {
                return Some(Ended::Stopped);
            }
        }
    }

    fn look(&self) -> Option<View> {
        match self.context.sight {
            Sight::Listed => View::of_inode(self.inode),
            Sight::Blind => None,
        }
    }

    fn judge(
        &self,
        op: &Op,
        answers: &[(u8, Answer)],
        view: Option<&View>,
        waited: Duration,
    ) -> Judged {
        let pids = self.crew.pids();
        let waiting = self.world.waiting_lines(op, answers, &pids);
        let quiet = match view {
            Some(view) => contains_all(&view.waiting, &waiting),
            None => {
                waiting.is_empty()
                    || waited >= self.context.setup.settling
                    || self.is_settled(op, answers)
            }
        };
        if !quiet {
            return Judged::Wait;
        }
        match self.world.consider(op, answers, view.map(|view| (view, pids.as_slice()))) {
            Ok(next) => Judged::Agreed(Box::new(next)),
            Err(_) if view.is_none() && !waiting.is_empty() => Judged::Wait,
            Err(kind) => Judged::Wrong(kind),
        }
    }

    /// Whether there is nothing to wait for although calls wait: in no state can one of them end. Should
    /// one end nevertheless, that contradicts the models after the next call as well. A call that waits
    /// must have arrived before the next one is made, and so must what an interrupted one leaves behind.
    fn is_settled(&self, op: &Op, answers: &[(u8, Answer)]) -> bool {
        let answered = answers.iter().any(|(worker, _)| *worker == op.worker);
        let interrupts = matches!(op.call, Call::Signal | Call::Kill | Call::Exit);
        let next = || self.world.consider(op, answers, None);
        answered && !interrupts && next().is_ok_and(|next| next.is_settled(self.world.workers()))
    }

    /// Nothing more is heard.
    fn timed_out(&self, op: &Op, answers: &[(u8, Answer)], owes: bool) -> Ended {
        if owes {
            return Ended::Hung { worker: op.worker, stack: self.crew.stack(op.worker) };
        }
        match self.world.consider(op, answers, None) {
            Err(kind) => Ended::Failed(self.failure(kind, op, answers, None)),
            Ok(_) => {
                // It neither waits nor answers.
                let unanswered = |worker: &u8| !answers.iter().any(|(who, _)| who == worker);
                let mut workers = (0..self.world.workers() as u8).filter(unanswered);
                let stuck = workers.find(|worker| self.world.waits(*worker).is_some());
                let worker = stuck.unwrap_or(op.worker);
                Ended::Hung { worker, stack: self.crew.stack(worker) }
            }
        }
    }

    fn failure(
        &self,
        kind: Disagreement,
        op: &Op,
        answers: &[(u8, Answer)],
        view: Option<View>,
    ) -> Failure {
        let own = answers.iter().find(|(worker, _)| *worker == op.worker);
        let said = own.map_or("no answer".to_string(), |(_, answer)| answer.to_string());
        let others: Vec<String> = answers
            .iter()
            .filter(|(worker, _)| *worker != op.worker)
            .map(|(worker, answer)| format!("w{worker}: {answer}"))
            .collect();
        let got = if others.is_empty() { said } else { format!("{said}; {}", others.join(", ")) };
        let listed = view.filter(|_| kind == Disagreement::Table).map(|view| view.held);
        Failure { kind, got, listed }
    }
}

enum Judged {
    Agreed(Box<super::world::Next>),
    Wrong(Disagreement),
    Wait,
}

fn gone(worker: u8) -> String {
    format!("the process of w{worker} ended without being told to")
}

/// Whether a sorted list contains all lines of another list, each as often.
fn contains_all(listed: &[Line], lines: &[Line]) -> bool {
    let count = |all: &[Line], line: &Line| all.iter().filter(|other| *other == line).count();
    lines.iter().all(|line| count(listed, line) >= count(lines, line))
}

/// Why leases cannot be probed here; `None` if they can.
pub fn refuses_leases(setup: &Setup) -> Result<Option<String>, String> {
    let setup = Setup { workers: 1, planted: None, ..setup.clone() };
    let mut crew = Crew::start(setup, "lease")?;
    let calls =
        [Call::LeaseOpen { fd: 0, mode: Mode::Read }, Call::SetLease { fd: 0, kind: Kind::Read }];
    for call in calls {
        crew.send(0, &call);
        match crew.hear(crew.patience()) {
            Heard::Answer(_, Answer::Done) => {}
            Heard::Answer(_, answer) => return Ok(Some(format!("{call} is {answer}"))),
            Heard::Gone(worker) => return Err(gone(worker)),
            Heard::Nothing => return Err(format!("{call} is not answered")),
        }
    }
    Ok(None)
}

/// Whether `/proc/locks` shows a lock of one worker, and that another waits for it.
pub fn sight(setup: &Setup, pulse: &dyn Pulse) -> Result<Sight, String> {
    let workers = 2;
    let setup = Setup { workers, planted: None, ..setup.clone() };
    let lock = |worker, wait| {
        let (kind, start, len) = (Kind::Write, 0, 1);
        Op { worker, call: Call::Lock { fd: 0, ofd: false, wait, kind, start, len } }
    };
    let mut crew = Crew::start(setup, "sight")?;
    let inode = std::fs::metadata(crew.locks(0)).map_or(0, |metadata| metadata.ino());
    crew.send(0, &lock(0, false).call);
    match crew.hear(crew.patience()) {
        Heard::Answer(_, Answer::Done) => {}
        Heard::Answer(_, answer) => return Err(format!("the first lock is refused: {answer}")),
        Heard::Gone(worker) => return Err(gone(worker)),
        Heard::Nothing => return Err("the first lock is not answered".to_string()),
    }
    crew.send(1, &lock(1, true).call);
    let pids = crew.pids();
    for _ in 0..LONGEST_LOOK.as_millis() {
        if pulse.stops() {
            break;
        }
        let view = View::of_inode(inode).unwrap_or_default();
        let waits = |line: &Line| pids.get(1) == Some(&line.pid);
        if view.waiting.iter().any(waits) {
            return Ok(Sight::Listed);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(Sight::Blind)
}
