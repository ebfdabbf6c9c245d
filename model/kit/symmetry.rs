//! Symmetry: interchangeable processes, and the effect of exchanging them on a state.

use super::{ActionInfo, Id, Step};

/// The maximum number of kinds of ids that one permutation moves.
const KINDS: usize = 3;
/// The number of ids of a kind that a permutation can move: those with smaller numbers.
const IDS: usize = 16;

/// A permutation of ids, of several kinds at once: exchanging two nodes also exchanges what runs on
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permutation {
    /// In the order of their kinds. Unused entries, which move nothing, come last.
    moves: [Option<Moves>; KINDS],
}

/// The new numbers of the ids of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Moves {
    kind: &'static str,
    to: [u8; IDS],
}

impl Moves {
    const fn nothing(kind: &'static str) -> Self {
        let mut to = [0; IDS];
        let mut at = 0;
        while at < IDS {
            to[at] = at as u8;
            at += 1;
        }
        Self { kind, to }
    }
}

impl Permutation {
    /// The permutation that moves nothing.
    pub const IDENTITY: Self = Self { moves: [None; KINDS] };

    /// Returns the permutation that also maps the ids of one kind according to `to`. Ids beyond its
    /// end do not move.
    ///
    /// # Panics
    ///
    /// If `to` is not a permutation of `0..to.len()`, or if there are too many ids or kinds.
    #[must_use]
    pub fn with<I: Id>(self, to: &[u8]) -> Self {
        let mut moves = Moves::nothing(I::KIND);
        assert!(to.len() <= IDS, "only the first {IDS} ids of a kind can be moved");
        for at in 0..to.len() as u8 {
            assert!(to.contains(&at), "{to:?} is no permutation");
        }
        moves.to[..to.len()].copy_from_slice(to);
        self.moving(moves)
    }

    /// Returns the permutation that also exchanges two ids.
    #[must_use]
    pub fn exchanging<I: Id>(self, one: I, other: I) -> Self {
        let mut moves = Moves::nothing(I::KIND);
        moves.to.swap(usize::from(one.index()), usize::from(other.index()));
        self.moving(moves)
    }

    /// Returns the permutation with other moves of one kind. The representation is canonical: equal
    /// permutations are equal values.
    fn moving(self, moves: Moves) -> Self {
        let mut next = Self::IDENTITY;
        let mut places = next.moves.iter_mut();
        let mut put = |moves: Moves| {
            if moves != Moves::nothing(moves.kind) {
                let place = places.next();
                *place.expect("a permutation moves ids of at most three kinds") = Some(moves);
            }
        };
        let others = || self.moves.into_iter().flatten().filter(|other| other.kind != moves.kind);
        others().filter(|other| other.kind < moves.kind).for_each(&mut put);
        put(moves);
        others().filter(|other| other.kind > moves.kind).for_each(&mut put);
        next
    }

    /// Returns the new number of each id of a kind, or `None` if the permutation leaves this kind alone.
    #[inline]
    pub(super) fn of(&self, kind: &str) -> Option<&[u8; IDS]> {
        self.moves.iter().flatten().find(|moves| moves.kind == kind).map(|moves| &moves.to)
    }

    /// Returns the new number of the id that has the number `index`.
    #[inline]
    pub fn index(&self, kind: &str, index: u8) -> u8 {
        let to = self.of(kind).and_then(|to| to.get(usize::from(index)));
        to.copied().unwrap_or(index)
    }

    /// Returns the id that takes the place of `id`.
    #[inline]
    pub fn id<I: Id>(&self, id: I) -> I {
        I::from_index(self.index(I::KIND, id.index()))
    }

    /// Returns the step that corresponds to a step after the exchange.
    #[must_use]
    pub fn step(&self, mut step: Step, actions: &[ActionInfo]) -> Step {
        let params = actions[usize::from(step.action)].params;
        for (arg, param) in step.args.iter_mut().zip(params) {
            *arg = self.index(param.kind, *arg);
        }
        step
    }

    /// Returns the composition: first this permutation, then another one.
    #[must_use]
    pub fn then(&self, other: &Self) -> Self {
        let mut both = *other;
        for moves in self.moves.iter().flatten() {
            both = both.moving(Moves {
                kind: moves.kind,
                to: moves.to.map(|id| other.index(moves.kind, id)),
            });
        }
        both
    }

    /// Returns every id that moves: its kind, its number, and its image.
    pub fn moved(&self) -> impl Iterator<Item = (&'static str, u8, u8)> + '_ {
        self.moves.iter().flatten().flat_map(|moves| {
            let pairs = (0u8..).zip(moves.to);
            pairs.filter(|(from, to)| from != to).map(|(from, to)| (moves.kind, from, to))
        })
    }
}

/// Passes every permutation of `0..count` to `emit`, as a list of images.
pub fn permutations(count: u8, emit: &mut dyn FnMut(&[u8])) {
    let mut to = Moves::nothing("").to;
    choose(&mut to[..usize::from(count)], 0, emit);
}

/// Passes on every order of the items from `from` on.
fn choose(to: &mut [u8], from: usize, emit: &mut dyn FnMut(&[u8])) {
    if from >= to.len() {
        return emit(to);
    }
    for at in from..to.len() {
        to.swap(from, at);
        choose(to, from + 1, emit);
        to.swap(from, at);
    }
}

/// A part of a state on which a permutation acts: ids are replaced by their images, and tables and
/// sets over ids are rearranged.
///
/// Implemented by [`state!`](crate::state!) and [`ids!`](crate::ids!). For another type without ids
/// in it, `impl Permute for Mine {}` is sufficient.
pub trait Permute: Copy {
    /// Whether it contains ids.
    const HAS_IDS: bool = false;

    /// Returns the value after the exchange.
    #[must_use]
    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        let _ = by;
        *self
    }
}

impl Permute for bool {}

impl Permute for u8 {}

impl<T: Permute, const N: usize> Permute for [T; N] {
    const HAS_IDS: bool = T::HAS_IDS;

    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        if T::HAS_IDS { self.map(|item| item.permuted(by)) } else { *self }
    }
}

#[cfg(test)]
mod tests {
    use super::{Permutation, Permute, permutations};
    use crate::kit::{Bag, Fifo, Set, Table};

    ids! {
        /// A node.
        Node n;
        /// An application.
        App a;
    }

    state! {
        /// A state with ids everywhere.
        struct State {
            load: Table<Node, u8, 3>,
            queue: Fifo<Node, 3>,
            heap: Bag<Node, 3>,
            set: Set<Node>,
            seen: Table<App, Set<Node>, 2>,
            last: [Node; 2],
            plain: u8,
        }
    }

    fn state() -> State {
        let mut s = State { plain: 1, last: [Node(1), Node(2)], ..State::default() };
        s.load[Node(0)] = 7;
        s.load[Node(2)] = 9;
        for node in [0, 1] {
            s.queue.push(Node(node)).expect("room");
            s.heap.insert(Node(node)).expect("room");
        }
        s.set.insert(Node(0));
        s.seen[App(1)].insert(Node(2));
        s
    }

    #[test]
    fn a_permutation_moves_ids_tables_and_sets() {
        // n0 to n1, n1 to n2, n2 to n0; a0 and a1 are exchanged.
        let by = Permutation::IDENTITY.with::<Node>(&[1, 2, 0]).exchanging(App(0), App(1));
        let s = state().permuted(&by);
        assert_eq!(s.load.entries(), &[9, 7, 0]);
        assert_eq!(s.queue.items(), [Node(1), Node(2)]);
        assert_eq!(s.heap.items(), [Node(1), Node(2)], "a bag stays sorted");
        assert!(s.set.contains(Node(1)) && s.set.len() == 1);
        assert!(s.seen[App(0)].contains(Node(0)) && s.seen[App(1)].is_empty());
        assert_eq!((s.last, s.plain), ([Node(2), Node(0)], 1));
        let back = Permutation::IDENTITY.with::<Node>(&[2, 0, 1]).exchanging(App(0), App(1));
        assert_eq!(s.permuted(&back), state());
        assert_eq!(by.then(&back), Permutation::IDENTITY);
        assert_eq!(state().permuted(&by.then(&by)), s.permuted(&by));
    }

    #[test]
    fn equal_permutations_are_equal_values() {
        let one = Permutation::IDENTITY.exchanging(App(0), App(1)).exchanging(Node(0), Node(1));
        let other = Permutation::IDENTITY.exchanging(Node(0), Node(1)).exchanging(App(0), App(1));
        assert_eq!(one, other);
        assert_eq!(one.then(&one), Permutation::IDENTITY);
    }

    #[test]
    fn there_are_six_permutations_of_three() {
        let mut all = [[0u8; 3]; 6];
        let mut count = 0;
        permutations(3, &mut |to| {
            all[count].copy_from_slice(to);
            count += 1;
        });
        all.sort_unstable();
        assert_eq!(all, [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]);
    }
}
