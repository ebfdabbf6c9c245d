//! A search on several processes: who they are, how they are started, and how they end.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clap::Args;

use crate::encoding::json::Problem;
use crate::encoding::sealed::Stamp;
use crate::engines::explore::Options;
use crate::engines::explore::disk::Disk;
use crate::engines::explore::ranks::handshake::{Job, nonce};
use crate::engines::explore::ranks::sockets::Sockets;
use crate::engines::explore::ranks::transport::Transport;
use crate::engines::explore::ranks::{Place, WORTH_MOVING};
use crate::files::scenario::Scenario;

use super::Failure;
use super::checkpoint::{CHECK, command_to_go_on, identity, lock, stamps};
use super::cluster::{self, Crew, Member, SECRET};
use super::figures::FigureFile;

/// The search is committed after a level when so many states were found since the last time.
const EVERY: u64 = 200_000;
/// How long ranks wait for each other at the start.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long processes that were started may take to end.
const TICKS_TO_END: u32 = 100;
const TICK: Duration = Duration::from_millis(20);
/// The last line of a list of hosts that comes from a pipe.
const END: &str = "end";

/// Which processes search.
#[derive(Args, Debug)]
pub struct Ranks {
    /// Search with N processes of this machine, each with its own memory [default for --threads: all
    /// cores, divided by N]. With --checkpoint FOLDER the same command goes on after a kill, with any
    /// number of processes. slurm: run as one task of a job step; kubernetes/N: run as one pod of an
    /// indexed job
    #[arg(long, value_name = "N")]
    ranks: Option<Crew>,
    /// Search as rank R, counted from 0, of those in --hosts. Start all of them with the same arguments
    #[arg(long, value_name = "R", requires = "hosts")]
    rank: Option<u16>,
    /// The addresses of all ranks, one HOST:PORT a line, after a line `secret WORD` that nobody else
    /// knows. A rank binds its own address only
    #[arg(long, value_name = "FILE", requires = "rank")]
    hosts: Option<PathBuf>,
    /// Write progress to this file, one line of JSON per level: states, states per second, bytes in mails and
    /// on disk, an estimate of what is left, and the same for each rank. These figures are measured and differ
    /// between runs; --json does not contain them
    #[arg(long, value_name = "FILE")]
    figures: Option<PathBuf>,
}

/// The ranks of a search, as one of them sees them.
pub struct Team {
    transport: Sockets,
    disk: Disk,
    commits: bool,
    /// Whether it was started by rank 0.
    is_child: bool,
    // In this order: processes end before their folder goes.
    _children: Children,
    _temporary: Option<tempfile::TempDir>,
    _lock: Option<File>,
    of_parent: Option<PathBuf>,
}

/// What a list of hosts says.
#[derive(Default)]
struct Hosts {
    secret: String,
    addresses: Vec<String>,
    folder: Option<PathBuf>,
}

/// Processes that were started.
#[derive(Default)]
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        // A pipe that is closed tells a process that this one has ended.
        self.0.iter_mut().for_each(|child| drop(child.stdin.take()));
        let mut left = TICKS_TO_END;
        for child in &mut self.0 {
            while left > 0 && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(TICK);
                left -= 1;
            }
            // It has ended already, or it must.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Ranks {
    /// Whether several processes search.
    pub fn is_wanted(&self) -> bool {
        self.ranks.is_some() || self.rank.is_some()
    }

    /// The file that receives figures, at rank 0.
    pub fn figures(&self, team: Option<&Team>) -> Result<Option<FigureFile>, Failure> {
        let Some(path) = &self.figures else { return Ok(None) };
        let Some(team) = team else {
            let message = "--figures needs a search with ranks";
            return Err(Failure::Usage(format!("{message}\nhint: name their number with --ranks")));
        };
        match team.transport.me() {
            0 => FigureFile::create(path).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether rank 0 has started this process.
    pub fn is_child(&self) -> bool {
        self.hosts.as_deref() == Some(Path::new("-"))
    }

    /// How many processes share this machine.
    pub fn of_machine(&self) -> usize {
        match self.ranks {
            Some(Crew::Here(ranks)) => usize::from(ranks),
            _ => 1,
        }
    }

    /// Meets the other ranks, and starts them before if they are of this machine. `keep` is the folder
    /// from which the search can go on.
    pub fn open(
        &self,
        scenarios: &[Scenario],
        options: &Options,
        keep: Option<&Path>,
    ) -> Result<Option<Team>, Failure> {
        if !self.is_wanted() {
            return Ok(None);
        }
        let [scenario] = scenarios else {
            let many = scenarios.len();
            let message = format!("--ranks is for one scenario, and these are {many}");
            return Err(Failure::Usage(format!("{message}\nhint: name the file of one scenario")));
        };
        let stamp = stamps()?;
        let how = format!("{:?}", (options.depth, options.first_violation, options.states));
        let of_job = stamp(&identity(scenario, &["ranks", &how]));
        let of_files = stamp(&identity(scenario, &["ranks"]));
        let variable = |name: &str| std::env::var(name).ok();
        let member = match self.ranks {
            Some(crew) => Member::of(crew, &variable)?,
            None => None,
        };
        if member.is_some() && self.rank.is_some() {
            let message =
                "--rank does not go with --ranks slurm or kubernetes: the cluster sets the rank";
            return Err(Failure::Usage(format!("{message}\nhint: leave one of them out")));
        }
        let patience = if member.is_some() { cluster::PATIENCE } else { PATIENCE };
        let starts = member.is_none() && self.rank.is_none();
        let mut me = self.rank.map_or(0, usize::from);
        let (hosts, is_child) = match (&self.hosts, member) {
            (_, Some(member)) => {
                me = member.me;
                let addresses = member.addresses();
                (Hosts { secret: member.secret, addresses, folder: None }, false)
            }
            (Some(_), None) if self.is_child() => (Hosts::of_parent()?, true),
            (Some(path), None) => (Hosts::read(path)?, false),
            (None, None) => (Hosts::here(self.of_machine())?, false),
        };
        if me >= hosts.addresses.len() {
            let ranks = hosts.addresses.len();
            let message = format!("there is no rank {me} of {ranks}; they are counted from 0");
            return Err(Failure::Usage(format!("{message}\nhint: the hosts are in --hosts")));
        }
        let mut temporary = None;
        let folder = match (keep, hosts.folder.as_deref()) {
            (Some(folder), _) | (None, Some(folder)) => folder.to_path_buf(),
            (None, None) => {
                let made = tempfile::Builder::new().prefix("latchwork-ranks-").tempdir()?;
                temporary.insert(made).path().to_path_buf()
            }
        };
        let lock = match keep.filter(|_| me == 0) {
            Some(folder) => Some(ready(folder)?),
            None => None,
        };
        let mut job =
            Job { secret: hosts.secret, stamp: of_job, me, hosts: hosts.addresses, patience };
        let listener = job.bind().map_err(Failure::Usage)?;
        let mut children = Children::default();
        if starts {
            job.hosts[0] = listener.local_addr()?.to_string();
            for rank in 1..job.hosts.len() {
                children.0.push(start(rank, &job, &folder)?);
            }
        }
        let transport = job.meet(listener).map_err(Failure::Usage)?;
        Ok(Some(Team {
            transport,
            disk: disk(&folder, of_files),
            commits: keep.is_some(),
            is_child,
            _children: children,
            _temporary: temporary,
            _lock: lock,
            of_parent: hosts.folder.filter(|_| keep.is_none()),
        }))
    }
}

fn disk(folder: &Path, stamp: Stamp) -> Disk {
    Disk { folder: folder.to_path_buf(), stamp, every: EVERY }
}

/// A folder of the user's, ready for a search.
fn ready(folder: &Path) -> Result<File, Failure> {
    if folder.join(CHECK).exists() {
        let message = "the folder contains a checkpoint of a search in one process";
        let problem = Problem::of_file(folder.display().to_string(), message);
        return Err(problem.hint("name a new folder").into());
    }
    lock(folder)
}

/// Starts another rank on this machine, with the same arguments.
fn start(rank: usize, job: &Job, folder: &Path) -> Result<Child, Failure> {
    let failed =
        |error: std::io::Error| Failure::Usage(format!("cannot start rank {rank}: {error}"));
    let mut child = Command::new(std::env::current_exe().map_err(failed)?)
        .args(std::env::args_os().skip(1))
        .args(["--rank", &rank.to_string(), "--hosts", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let mut lines = vec![format!("secret {}", job.secret), format!("folder {}", folder.display())];
    lines.extend(job.hosts.iter().cloned());
    lines.push(format!("{END}\n"));
    if let Some(stdin) = &mut child.stdin {
        // If it has ended already, it is missed at the start.
        let _ = stdin.write_all(lines.join("\n").as_bytes());
    }
    Ok(child)
}

impl Hosts {
    /// Ranks of this machine. Only the address of rank 0 is known before they meet.
    fn here(ranks: usize) -> Result<Self, Failure> {
        let addresses = vec!["127.0.0.1:0".to_string(); ranks];
        Ok(Self { secret: nonce()?, addresses, folder: None })
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Problem::of_file(&name, format!("cannot read: {error}")))?;
        let hosts = Self::of_lines(text.lines().map(str::to_string));
        let problem = |message: &str, hint: &str| Problem::of_file(&name, message).hint(hint);
        if hosts.secret.len() < SECRET {
            let message = "has no secret, or a short one";
            let hint = "begin with a line `secret WORD`, with at least 16 characters";
            return Err(problem(message, hint).into());
        }
        if hosts.addresses.is_empty() {
            let hint = "write one HOST:PORT a line, that of rank 0 first";
            return Err(problem("names no hosts", hint).into());
        }
        Ok(hosts)
    }

    /// What rank 0 writes to a process that it has started.
    fn of_parent() -> Result<Self, Failure> {
        let mut lines = Vec::new();
        for line in BufReader::with_capacity(1, std::io::stdin()).lines() {
            let line = line?;
            if line == END {
                break;
            }
            lines.push(line);
        }
        Ok(Self::of_lines(lines.into_iter()))
    }

    fn of_lines(lines: impl Iterator<Item = String>) -> Self {
        let mut hosts = Self::default();
        for line in lines {
            match line.trim().split_once(' ') {
                _ if line.trim().is_empty() || line.starts_with('#') => {}
                Some(("secret", secret)) => hosts.secret = secret.trim().to_string(),
                Some(("folder", folder)) => hosts.folder = Some(PathBuf::from(folder)),
                _ => hosts.addresses.push(line.trim().to_string()),
            }
        }
        hosts
    }
}

impl Team {
    /// What a search needs of it.
    pub fn place(&self) -> Place<'_> {
        Place {
            disk: &self.disk,
            commits: self.commits,
            transport: &self.transport,
            worth_moving: WORTH_MOVING,
        }
    }

    /// Says why a search has failed, and what goes on.
    pub fn failed(&self, why: &str) -> Failure {
        if self.is_child {
            // Rank 0 prints the error. It must lose this rank, even if rank 0 was only stopped for a while. If
            // rank 0 was killed, no other process removes its folder.
            self.transport.close();
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            if let Some(folder) = &self.of_parent {
                let _ = std::fs::remove_dir_all(folder);
            }
            return Failure::Silent;
        }
        let hint = match self.commits {
            true => format!("this goes on: {}", command_to_go_on(&self.disk.folder)),
            false => "with --checkpoint FOLDER a search can go on after this".to_string(),
        };
        Failure::Usage(if why.contains("hint:") {
            why.to_string()
        } else {
            format!("{why}\nhint: {hint}")
        })
    }
}
