//! All trees of some size, and all operations on a tree.

use super::state::{Call, DirId, InodeId, Kind, NONE, Name, OPS, Op, OpId, Place, State};

/// The greatest number of directories under the root in a tree that is made here.
const MOST_DIRS: u8 = 3;

/// Every tree with one to `dirs` directories under the root and one to `files` files, each with
/// one name; directories that differ by their names only are the same, files are not.
pub(super) fn trees(dirs: u8, files: u8, emit: &mut dyn FnMut(&State, u8)) {
    for dirs in 1..=dirs.min(MOST_DIRS) {
        for files in 1..=files {
            grow(&mut State::default(), 1, dirs, files, &mut |tree| emit(tree, dirs));
        }
    }
}

/// Puts everything from the thing with number `next` on into the tree: first directories, each
/// under one with a smaller number, then files.
fn grow(tree: &mut State, next: u8, dirs: u8, files: u8, emit: &mut dyn FnMut(&State)) {
    if next > dirs + files {
        return emit(tree);
    }
    let is_dir = next <= dirs;
    let (name, inode) = if is_dir {
        (Name::ALL[usize::from(next) - 1], InodeId(next))
    } else {
        let file = next - dirs - 1;
        ([Name::F, Name::G][usize::from(file)], InodeId(super::state::DIRS as u8 + file))
    };
    let parents = if is_dir { next } else { dirs + 1 };
    for parent in (0..parents).map(DirId) {
        tree.dir[parent].set(name, inode);
        grow(tree, next + 1, dirs, files, emit);
        tree.dir[parent].set(name, NONE);
    }
}

/// Every operation on a tree that has something to do there.
pub(super) fn calls<'t>(tree: &'t State, dirs: u8) -> impl Iterator<Item = Call> + 't {
    let all = move || (0..=dirs).map(DirId);
    let places =
        move || all().flat_map(|dir| Name::ALL.iter().map(move |name| Place { dir, name: *name }));
    let inode = |place: Place| tree.dir[place.dir].get(place.name);
    let names = move || places().filter(move |place| inode(*place) != NONE);
    let fresh = move || all().map(|dir| Place { dir, name: Name::New });
    let create = fresh().map(|from| Call { kind: Kind::Create, from, ..Call::default() });
    let remove = names().map(move |from| {
        let kind = if inode(from).is_file() { Kind::Unlink } else { Kind::Rmdir };
        Call { kind, from, ..Call::default() }
    });
    let link = names()
        .filter(move |from| inode(*from).is_file())
        .flat_map(move |from| fresh().map(move |to| Call { kind: Kind::Link, from, to }));
    let rename = names().flat_map(move |from| {
        let others = names().filter(move |to| *to != from);
        others.chain(fresh()).map(move |to| Call { kind: Kind::Rename, from, to })
    });
    create.chain(remove).chain(link).chain(rename)
}

/// Every choice of `count` operations on a tree, in any order and with repetitions, one choice of
/// those that differ by their order only; with the operations in their places.
pub(super) fn choices(tree: &State, dirs: u8, count: u8, emit: &mut dyn FnMut(&State)) {
    choose(tree, dirs, [0; OPS], 0, count, emit);
}

fn choose(
    tree: &State,
    dirs: u8,
    mut chosen: [usize; OPS],
    at: u8,
    count: u8,
    emit: &mut dyn FnMut(&State),
) {
    if at == count {
        return emit(tree);
    }
    let first = if at == 0 { 0 } else { chosen[usize::from(at) - 1] };
    for (index, call) in calls(tree, dirs).enumerate().skip(first) {
        chosen[usize::from(at)] = index;
        let mut next = *tree;
        next.op[OpId(at)] = Op { call, ..Op::default() };
        choose(&next, dirs, chosen, at + 1, count, emit);
    }
}
