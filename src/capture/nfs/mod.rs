//! COMPOUND and CB_COMPOUND of NFSv4.1 and 4.2: calls, replies, and the two combined.

mod args;
mod back;
pub mod ops;
mod parts;
mod results;
mod skip;
mod tables;

use super::event::What;
use super::event::nfs::{CbReply, Reply};
use super::names::File;
use super::names::Word;
use super::status::Status;
use super::xdr::Xdr;
use args::Moves;
use ops::{cb, op};

pub use back::is_program;
pub use results::Results;
pub use tables::Tables;

/// The RPC program of NFS.
pub const PROGRAM: u32 = 100_003;

/// The direction of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A client calls a server.
    Fore,
    /// A server calls a client.
    Back,
}

/// The maximum number of operations read from a compound.
const MOST: u32 = 1 << 12;

/// The place of a compound in its session, in raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The id of the session.
    pub session: [u8; 16],
    /// The slot.
    pub slot: u32,
    /// The sequence number.
    pub seq: u32,
}

/// The beginning of a compound: everything before its operations.
pub struct Beginning<'a> {
    /// The minor version.
    pub minor: u32,
    /// Its place, if it begins with SEQUENCE.
    pub place: Option<Place>,
    count: u32,
    ops: Xdr<'a>,
}

/// Reads the beginning of a call.
pub fn begin<'a>(arguments: &'a [u8], way: Way) -> Option<Beginning<'a>> {
    let mut x = Xdr::new(arguments);
    x.opaque(parts::OPAQUE)?;
    let minor = x.u32()?;
    if way == Way::Back {
        x.u32()?;
    }
    let count = x.u32()?;
    let ops = x;
    let place = place(&mut x, way);
    (count <= MOST).then_some(Beginning { minor, place, count, ops })
}

fn place(x: &mut Xdr<'_>, way: Way) -> Option<Place> {
    let first = x.u32()?;
    let is_sequence = match way {
        Way::Fore => first == op::SEQUENCE,
        Way::Back => first == cb::SEQUENCE,
    };
    if !is_sequence {
        return None;
    }
    let (session, seq, slot) = (x.array()?, x.u32()?, x.u32()?);
    Some(Place { session, slot, seq })
}

/// An operation of a call.
pub struct Operation {
    /// Its number.
    pub number: u32,
    /// The content of its event.
    pub what: Option<What>,
    moves: Moves,
}

impl Beginning<'_> {
    /// Reads the operations. Returns whether all of them could be read.
    pub fn operations(&self, way: Way, tables: &mut Tables) -> (Vec<Operation>, bool) {
        let mut x = self.ops;
        let mut operations = Vec::new();
        for _ in 0..self.count {
            let Some(number) = x.u32() else { return (operations, false) };
            let arguments = match way {
                Way::Fore => args::read(number, self.minor, &mut x, tables),
                Way::Back => back::arguments(number, &mut x, tables),
            };
            let Some(arguments) = arguments else { return (operations, false) };
            let (what, moves) = (arguments.what, arguments.moves);
            operations.push(Operation { number, what, moves });
        }
        (operations, x.is_empty())
    }
}

/// A reply.
pub struct Answer {
    /// The status of the whole compound.
    pub status: Status,
    /// The result of each operation that was tried.
    pub results: Vec<Outcome>,
    /// Its place, if it begins with the result of SEQUENCE.
    pub place: Option<Place>,
    /// Whether all of it could be read.
    pub whole: bool,
}

impl Answer {
    /// Returns the session flags in the result of SEQUENCE.
    pub fn flags(&self) -> Vec<Word> {
        self.results.first().map(|first| ops::flags(first.results.flags)).unwrap_or_default()
    }
}

/// Returns the direction of the call with these results, if its first operation shows it.
pub fn way_of(results: &[u8]) -> Option<Way> {
    let mut x = Xdr::new(results);
    x.u32()?;
    x.opaque(parts::OPAQUE)?;
    x.u32()?;
    match x.u32()? {
        op::SEQUENCE
        | op::EXCHANGE_ID
        | op::CREATE_SESSION
        | op::DESTROY_SESSION
        | op::BIND_CONN_TO_SESSION
        | op::DESTROY_CLIENTID => Some(Way::Fore),
        cb::SEQUENCE => Some(Way::Back),
        _ => None,
    }
}

/// The result of an operation.
pub struct Outcome {
    /// The number of the operation.
    pub number: u32,
    /// Its status.
    pub status: Status,
    /// The other contents of the reply.
    pub results: Results,
}

/// Reads a reply.
pub fn answer(results: &[u8], way: Way, tables: &mut Tables) -> Option<Answer> {
    let mut x = Xdr::new(results);
    let status = Status::nfs(x.u32()?);
    x.opaque(parts::OPAQUE)?;
    let count = x.u32()?;
    if count > MOST {
        return None;
    }
    let mut first = x;
    let place = first.u32().and_then(|number| {
        let is_sequence = number == if way == Way::Fore { op::SEQUENCE } else { cb::SEQUENCE };
        if !is_sequence || first.u32()? != 0 {
            return None;
        }
        let (session, seq, slot) = (first.array()?, first.u32()?, first.u32()?);
        Some(Place { session, slot, seq })
    });
    let mut answer = Answer { status, results: Vec::new(), place, whole: true };
    for _ in 0..count {
        match outcome(&mut x, way, tables) {
            Some(outcome) => answer.results.push(outcome),
            None => return Some(Answer { whole: false, ..answer }),
        }
    }
    answer.whole = x.is_empty();
    Some(answer)
}

fn outcome(x: &mut Xdr<'_>, way: Way, tables: &mut Tables) -> Option<Outcome> {
    let (number, status) = (x.u32()?, x.u32()?);
    let results = match way {
        Way::Fore => results::read(number, status, x, tables)?,
        Way::Back => {
            back::results(number, status, x)?;
            Results::default()
        }
    };
    Some(Outcome { number, status: Status::nfs(status), results })
}

/// The fate of an operation: its status, and the operation that failed, if it is another one.
pub struct Fate {
    /// The status.
    pub status: Status,
    /// The name of the operation that failed.
    pub at: Option<Word>,
}

/// Combines call and reply: the content of the event of each operation, and its fate if there was a
/// reply.
pub fn together(
    mut operations: Vec<Operation>,
    answer: Option<&Answer>,
    way: Way,
    tables: &mut Tables,
) -> Vec<(What, Option<Fate>)> {
    walk(&mut operations, answer, tables);
    let name = |number| if way == Way::Fore { op::name(number) } else { cb::name(number) };
    let failed = answer.and_then(|answer| {
        answer.results.last().filter(|last| last.status != Status::OK).map(|last| last.number)
    });
    let first = operations.first().map(|operation| operation.number);
    let mut told = Vec::new();
    for (at, Operation { number, what, .. }) in operations.into_iter().enumerate() {
        let Some(mut what) = what else { continue };
        let outcome = answer.and_then(|answer| answer.results.get(at));
        let outcome = outcome.filter(|outcome| outcome.number == number);
        let fate = match (answer, outcome) {
            (None, _) => None,
            (Some(_), Some(outcome)) => {
                outcome.results.complete(&mut what);
                Some(Fate { status: outcome.status, at: None })
            }
            (Some(answer), None) => {
                // A truncated reply contains nothing about the operations after the cut.
                let told = answer.whole && answer.status != Status::OK;
                told.then(|| Fate { status: answer.status, at: failed.map(name) })
            }
        };
        told.push((number, what, fate));
    }
    // SEQUENCE precedes the other operations, and attributes accompany them.
    let along: &[u32] = match way {
        Way::Fore => &[op::SEQUENCE, op::GETATTR, op::ACCESS],
        Way::Back => &[cb::SEQUENCE],
    };
    let is_main = |number: &u32| !along.contains(number);
    let main = told.iter().map(|(number, ..)| *number).find(is_main);
    let main = main.or_else(|| told.iter().map(|(number, ..)| *number).nth(1)).or(first);
    told.retain(|(number, _, fate)| {
        let fails =
            fate.as_ref().is_some_and(|fate| fate.at.is_none() && fate.status != Status::OK);
        is_main(number) || Some(*number) == main || fails && *number != along[0]
    });
    told.into_iter().map(|(_, what, fate)| (what, fate)).collect()
}

/// Tracks the current and the saved file handle through a compound.
fn walk(operations: &mut [Operation], answer: Option<&Answer>, tables: &mut Tables) {
    let (mut current, mut saved) = (None, None);
    let mut opened = None;
    for at in 0..operations.len() {
        let outcome = answer.and_then(|answer| answer.results.get(at));
        let done = outcome.is_some_and(|outcome| outcome.status == Status::OK);
        let Operation { moves, what, .. } = &mut operations[at];
        if let Some(what) = what {
            place_in(what, current, saved);
            by_name(what, done, tables);
        }
        match moves {
            Moves::Nothing => {}
            Moves::Put(file) => (current, opened) = (Some(*file), None),
            Moves::Elsewhere => (current, opened) = (None, Some(at)),
            Moves::Save => saved = current,
            Moves::Restore => (current, opened) = (saved, None),
            Moves::Get => {
                current = outcome.and_then(|outcome| outcome.results.fh).or(current);
                if let (Some(file), Some(by)) = (current, opened)
                    && let Some(what) = &mut operations[by].what
                {
                    found(what, file, tables);
                }
            }
        }
    }
}

/// Adds the files that an operation works on.
fn place_in(what: &mut What, current: Option<File>, saved: Option<File>) {
    match what {
        What::Open(open) if open.name.is_some() => open.dir = current,
        What::Open(open) => open.fh = current,
        What::OpenDowngrade(on) => on.fh = current,
        What::Close(on) | What::Delegreturn(on) => on.fh = current,
        What::Lock(on) => on.fh = current,
        What::Lockt(on) => on.fh = current,
        What::Locku(on) => on.fh = current,
        What::Read(on) => on.fh = current,
        What::Write(on) => on.fh = current,
        What::Commit(on) => on.fh = current,
        What::Setattr(on) => on.fh = current,
        What::Getattr(on) => on.fh = current,
        What::Other(on) => on.fh = current,
        What::Lookup(on) | What::Remove(on) => on.dir = current,
        What::Create(on) => on.dir = current,
        What::Rename(on) => (on.dir, on.to_dir) = (saved, current),
        What::Link(on) => (on.fh, on.dir) = (saved, current),
        _ => {}
    }
}

/// Adds the file that an operation found by its name.
fn found(what: &mut What, file: File, tables: &mut Tables) {
    match what {
        What::Open(open) => {
            open.fh = Some(file);
            if let Some(name) = &open.name {
                tables.set_entry(open.dir, name, Some(file));
            }
        }
        What::Lookup(on) => {
            on.fh = Some(file);
            tables.set_entry(on.dir, &on.name, Some(file));
        }
        What::Create(on) => {
            on.fh = Some(file);
            tables.set_entry(on.dir, &on.name, Some(file));
        }
        _ => {}
    }
}

/// Adds the files that the recording has shown under the names of an operation, and records how the
/// operation changed names.
fn by_name(what: &mut What, done: bool, tables: &mut Tables) {
    match what {
        What::Open(on) if !done => {
            on.fh = on.fh.or(on.name.as_ref().and_then(|name| tables.entry(on.dir, name)));
        }
        What::Remove(on) => {
            on.fh = tables.entry(on.dir, &on.name);
            if done {
                tables.set_entry(on.dir, &on.name, None);
            }
        }
        What::Rename(on) => {
            on.fh = tables.entry(on.dir, &on.name);
            on.over = tables.entry(on.to_dir, &on.to_name);
            if done {
                tables.set_entry(on.dir, &on.name, None);
                tables.set_entry(on.to_dir, &on.to_name, on.fh);
            }
        }
        What::Link(on) if done => tables.set_entry(on.dir, &on.name, on.fh),
        _ => {}
    }
}

/// Returns the content of a reply whose call was not seen.
pub fn alone(answer: &Answer, way: Way) -> Vec<(What, Status)> {
    let mut told = Vec::new();
    let leads = if way == Way::Fore { op::SEQUENCE } else { cb::SEQUENCE };
    let silent = [op::PUTFH, op::PUTROOTFH, op::SAVEFH, op::RESTOREFH, op::GETFH];
    let along = [op::GETATTR, op::ACCESS];
    for (at, outcome) in answer.results.iter().enumerate() {
        let Outcome { number, status, results } = outcome;
        let failed = *status != Status::OK;
        let only = answer.results.len() == 1;
        if !failed && !only && (*number == leads || way == Way::Fore && silent.contains(number)) {
            continue;
        }
        if way == Way::Back {
            told.push((What::CbReply(CbReply { op: cb::name(*number) }), *status));
            continue;
        }
        let others = answer
            .results
            .iter()
            .any(|other| ![&silent[..], &along, &[leads]].concat().contains(&other.number));
        if !failed && others && along.contains(number) {
            continue;
        }
        let next = answer.results.get(at + 1).filter(|next| next.number == op::GETFH);
        let reply = Reply {
            op: op::name(*number),
            fh: next.and_then(|next| next.results.fh),
            sid: results.sid,
            deleg: results.deleg,
            dsid: results.dsid,
            new: results.session,
        };
        told.push((What::Reply(reply), *status));
    }
    told
}
