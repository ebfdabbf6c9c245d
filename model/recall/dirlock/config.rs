//! What a scenario can set, and the model that comes of it.

use crate::kit::{Field, Setup, Shape, Value};

use super::rules::Rules;
use super::state::{Call, DIRS, DirId, InodeId, Kind, Name, OPS, Op, OpId, Place, State};

/// Which trees and operations are looked at.
#[derive(Clone, Copy, Debug)]
pub enum Cases {
    /// One tree and its operations.
    Given(State),
    /// All trees of a size with all choices of so many operations.
    All {
        /// The most directories under the root.
        dirs: u8,
        /// The most files.
        files: u8,
        /// How many operations.
        ops: u8,
        /// One case out of so many is taken.
        every: u8,
    },
}

/// Directory locking in one configuration.
#[derive(Clone, Copy, Debug)]
pub struct DirLock {
    /// The trees and operations.
    pub cases: Cases,
    /// How many operations there are.
    pub op_count: u8,
    /// How often the second root may be found in the tree.
    pub splices: u8,
    /// The rules that are on.
    pub rules: Rules,
}

#[rustfmt::skip]
const PLACES: &[&str] = &[
    "d0/d1", "d0/d2", "d0/d3", "d0/d4", "d0/f", "d0/g", "d0/new",
    "d1/d1", "d1/d2", "d1/d3", "d1/d4", "d1/f", "d1/g", "d1/new",
    "d2/d1", "d2/d2", "d2/d3", "d2/d4", "d2/f", "d2/g", "d2/new",
    "d3/d1", "d3/d2", "d3/d3", "d3/d4", "d3/f", "d3/g", "d3/new",
    "d4/d1", "d4/d2", "d4/d3", "d4/d4", "d4/f", "d4/g", "d4/new",
    "nowhere",
];
const NOWHERE: u8 = PLACES.len() as u8 - 1;

const PLACE: Shape = Shape::Choice { names: PLACES, default: None };

const OP: Shape = Shape::Record(&[
    Field {
        name: "kind",
        doc: "What it does.",
        shape: Shape::Choice {
            names: &["unlink", "rmdir", "create", "link", "rename"],
            default: None,
        },
    },
    Field { name: "from", doc: "The name, as directory/name.", shape: PLACE },
    Field {
        name: "to",
        doc: "Of link and rename: the new name.",
        shape: Shape::Choice { names: PLACES, default: Some(NOWHERE) },
    },
]);

/// The keys of `bounds`.
pub const BOUNDS: &[Field] = &[
    Field {
        name: "tree",
        doc: "The names that are there, each of them what it says: `d1/f` is the file f in d1.",
        shape: Shape::List { min: 0, max: 16, item: &PLACE, default: Some("[]") },
    },
    Field {
        name: "ops",
        doc: "The operations on that tree.",
        shape: Shape::List { min: 0, max: OPS as u8, item: &OP, default: Some("[]") },
    },
    Field {
        name: "cases",
        doc: "That tree and those operations, or all pairs or triples of operations on all trees.",
        shape: Shape::Choice { names: &["given", "pairs", "triples"], default: Some(0) },
    },
    Field::number("dirs", "Of all trees: the most directories under the root.", 1, 3, 2),
    Field::number("files", "Of all trees: the most files.", 1, 2, 2),
    Field::number("every", "Of all cases: one out of so many is taken.", 1, 255, 1),
];

/// The keys of `faults`.
pub const FAULTS: &[Field] =
    &[Field::budget("splice", "The second root gets a name in the tree, without any lock.", 1)];

impl DirLock {
    pub(super) fn from_setup(setup: &Setup<'_>) -> Result<Self, &'static str> {
        let bound = |name| setup.bounds.get(name);
        let (tree, ops) = (bound("tree"), bound("ops"));
        let given = match bound("cases").number() {
            0 => None,
            kind => Some(kind + 1),
        };
        let cases = match given {
            None => Cases::Given(case(tree, ops)?),
            Some(_) if !tree.is_empty() || !ops.is_empty() => {
                return Err("`tree` and `ops` are for the case that is `given`, not for all");
            }
            Some(count) => Cases::All {
                dirs: bound("dirs").number(),
                files: bound("files").number(),
                ops: count,
                every: bound("every").number(),
            },
        };
        Ok(Self {
            cases,
            op_count: given.unwrap_or(ops.len()),
            splices: setup.faults.get("splice").number(),
            rules: Rules::from(setup.rules),
        })
    }
}

fn place(value: &dyn Value) -> Result<Place, &'static str> {
    let at = value.number();
    if at == NOWHERE {
        return Err("`nowhere` is no name");
    }
    let names = Name::ALL.len() as u8;
    Ok(Place { dir: DirId(at / names), name: Name::ALL[usize::from(at % names)] })
}

/// The tree and the operations of a scenario.
fn case(tree: &dyn Value, ops: &dyn Value) -> Result<State, &'static str> {
    if ops.is_empty() {
        return Err("the case that is `given` has `ops`: name them, or ask for all `cases`");
    }
    let mut s = State::default();
    for index in 0..tree.len() {
        let place = place(tree.item(index))?;
        let inode = match place.name {
            Name::New => return Err("the name `new` is not in the tree in the beginning"),
            name if (name as u8) < DIRS as u8 - 1 => InodeId(name as u8 + 1),
            name => InodeId(DIRS as u8 + (name as u8 - Name::F as u8)),
        };
        s.dir[place.dir].set(place.name, inode);
    }
    if super::tree::directories().any(|d| super::tree::top(&s, d).is_none()) {
        return Err("in the `tree` a directory is below itself");
    }
    for index in 0..ops.len() {
        let op = ops.item(index);
        let kind = Kind::ALL[usize::from(op.get("kind").number())];
        let goes = matches!(kind, Kind::Link | Kind::Rename);
        if goes != (op.get("to").number() != NOWHERE) {
            return Err("link and rename have a `to`, everything else has none");
        }
        let to = if goes { place(op.get("to"))? } else { Place::default() };
        let call = Call { kind, from: place(op.get("from"))?, to };
        s.op[OpId(index)] = Op { call, ..Op::default() };
    }
    Ok(s)
}
