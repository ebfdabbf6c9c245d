//! The workers as processes: starts them, sends calls, collects answers.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::answer::Answer;
use super::calls;
use super::op::Call;
use super::planted::Planted;
use super::worker::WORKER;

/// How workers are started.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program, which knows the hidden subcommands.
    pub program: PathBuf,
    /// The folder of the files in each mount; workers are spread over them.
    pub folders: Vec<PathBuf>,
    /// The number of workers.
    pub workers: usize,
    /// A defect to simulate.
    pub planted: Option<Planted>,
    /// How long an answer may take.
    pub patience: Duration,
    /// A call that nothing lists as waiting is taken to wait if it is not answered in this time.
    pub settling: Duration,
}

/// Something that a worker said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An answer.
    Answer(u8, Answer),
    /// Its process has ended, or it said something that is no answer.
    Gone(u8),
    /// Nothing in this time.
    Nothing,
}

/// What a worker wrote: its number, which of its processes, and a line unless that has ended.
type Message = (u8, u64, Option<String>);

struct Member {
    child: Child,
    input: ChildStdin,
    /// Which of the processes of this worker it is.
    process: u64,
}

/// The running workers.
pub struct Crew {
    setup: Setup,
    members: Vec<Member>,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
    processes: u64,
    /// Distinguishes the files of the runs of this crew.
    name: String,
}

/// How long a killed process may take to end.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(2);

impl Crew {
    /// Creates the two files of a run, and starts the workers.
    pub fn start(setup: Setup, name: &str) -> Result<Self, String> {
        let (sender, receiver) = channel();
        let (members, name) = (Vec::new(), name.to_string());
        let mut crew = Self { setup, members, sender, receiver, processes: 0, name };
        for path in [crew.locks(0), crew.leases(0)] {
            std::fs::write(&path, b"")
                .map_err(|error| format!("cannot create {}: {error}", path.display()))?;
        }
        for worker in 0..crew.setup.workers {
            let member = crew.spawn(worker)?;
            crew.members.push(member);
        }
        for _ in 0..crew.setup.workers {
            crew.greeting()?;
        }
        Ok(crew)
    }

    /// The file of locks, as a worker sees it.
    pub fn locks(&self, worker: usize) -> PathBuf {
        self.folder(worker).join(format!("locks-{}", self.name))
    }

    fn leases(&self, worker: usize) -> PathBuf {
        self.folder(worker).join(format!("leases-{}", self.name))
    }

    fn folder(&self, worker: usize) -> &Path {
        let folders = &self.setup.folders;
        &folders[worker % folders.len()]
    }

    /// How long an answer may take.
    pub const fn patience(&self) -> Duration {
        self.setup.patience
    }

    fn spawn(&mut self, worker: usize) -> Result<Member, String> {
        let mut command = Command::new(&self.setup.program);
        command.arg(WORKER).arg(self.locks(worker)).arg(self.leases(worker));
        if let Some(planted) = self.setup.planted {
            command.arg("--planted").arg(planted.name());
        }
        let failed = |error: &dyn std::fmt::Display| format!("cannot start a worker: {error}");
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(&error))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(&"it has no pipes"));
        };
        self.processes += 1;
        let (process, sender) = (self.processes, self.sender.clone());
        thread::spawn(move || listen(output, (worker as u8, process), &sender));
        Ok(Member { child, input, process })
    }

    /// Waits until a new worker has its files open.
    fn greeting(&self) -> Result<(), String> {
        match self.hear(self.setup.patience.max(Duration::from_secs(10))) {
            Heard::Answer(_, Answer::Done) => Ok(()),
            Heard::Nothing => Err("a worker cannot open its files in time".to_string()),
            _ => Err("a worker ended at its start: it cannot open its files".to_string()),
        }
    }

    /// The process ids of the workers.
    pub fn pids(&self) -> Vec<i32> {
        let pid = |member: &Member| i32::try_from(member.child.id()).unwrap_or(0);
        self.members.iter().map(pid).collect()
    }

    /// Tells a worker to make a call.
    pub fn send(&mut self, worker: u8, call: &Call) -> bool {
        let Some(member) = self.members.get_mut(usize::from(worker)) else { return false };
        member.input.write_all(format!("{call}\n").as_bytes()).is_ok()
    }

    /// Interrupts the call in which a worker waits.
    pub fn interrupt(&self, worker: u8) {
        if let Some(member) = self.members.get(usize::from(worker)) {
            calls::interrupt(member.child.id());
        }
    }

    /// Kills a worker, and starts it again.
    pub fn kill(&mut self, worker: u8) -> Result<(), String> {
        if let Some(member) = self.members.get_mut(usize::from(worker)) {
            // It may have ended by itself.
            let _ = member.child.kill();
        }
        self.replace(worker)
    }

    /// Waits for a worker that ends itself, and starts it again.
    pub fn replace(&mut self, worker: u8) -> Result<(), String> {
        let Some(member) = self.members.get_mut(usize::from(worker)) else { return Ok(()) };
        if !ends(&mut member.child, self.setup.patience.max(PATIENCE_AT_THE_END)) {
            return Err(format!("w{worker} does not end"));
        }
        self.members[usize::from(worker)] = self.spawn(worker.into())?;
        // Of the old process nothing is heard any more, and the others say nothing unless they
        // are woken by its end: that is kept for later.
        let mut kept = Vec::new();
        let greeted = loop {
            match self.receiver.recv_timeout(Duration::from_secs(10)) {
                Ok(message) if message.0 == worker => {
                    if message.1 == self.processes {
                        break message.2.is_some();
                    }
                }
                Ok(message) => kept.push(message),
                Err(_) => break false,
            }
        };
        for message in kept {
            // The receiver is here.
            let _ = self.sender.send(message);
        }
        if greeted { Ok(()) } else { Err(format!("w{worker} cannot open its files again")) }
    }

    /// Waits for the next answer.
    pub fn hear(&self, time: Duration) -> Heard {
        let pids = self.pids();
        let worker_of = |pid: i32| {
            let at = pids.iter().position(|known| *known == pid);
            at.and_then(|at| u8::try_from(at).ok())
        };
        loop {
            let (worker, process, line) = match self.receiver.recv_timeout(time) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Heard::Nothing;
                }
            };
            // During the start the member is not yet in the list.
            let current = self.members.get(usize::from(worker));
            if current.is_some_and(|member| member.process != process) {
                continue;
            }
            let answer = line.and_then(|line| Answer::of_line(&line, worker_of));
            return answer.map_or(Heard::Gone(worker), |answer| Heard::Answer(worker, answer));
        }
    }

    /// A worker whose process has ended.
    pub fn ended(&mut self) -> Option<u8> {
        let ended = |member: &mut Member| matches!(member.child.try_wait(), Ok(Some(_)));
        let at = self.members.iter_mut().position(ended)?;
        u8::try_from(at).ok()
    }

    /// Where a worker is in the kernel, if this program may know.
    pub fn stack(&self, worker: u8) -> Option<String> {
        let pid = self.members.get(usize::from(worker))?.child.id();
        let stack = std::fs::read_to_string(format!("/proc/{pid}/stack")).ok();
        stack.filter(|stack| !stack.trim().is_empty())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for member in &mut self.members {
            // It may have ended by itself.
            let _ = member.child.kill();
        }
        for member in &mut self.members {
            ends(&mut member.child, PATIENCE_AT_THE_END);
        }
        for path in [self.locks(0), self.leases(0), self.locks(0).with_extension("pieces")] {
            // The folder goes as a whole at the end.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Whether a process ends in this time.
fn ends(child: &mut Child, time: Duration) -> bool {
    let pause = Duration::from_micros(200);
    let mut waited = Duration::ZERO;
    loop {
        match child.try_wait() {
            Ok(None) if waited < time => {
                thread::sleep(pause);
                waited += pause;
            }
            Ok(None) => return false,
            Ok(Some(_)) | Err(_) => return true,
        }
    }
}

/// Passes on what a worker writes, until it ends.
fn listen(output: impl Read, (worker, process): (u8, u64), sender: &Sender<Message>) {
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { break };
        if sender.send((worker, process, Some(line))).is_err() {
            return;
        }
    }
    // Nobody listens at the end of the program.
    let _ = sender.send((worker, process, None));
}
