//! Those who sleep until a lock is free.

use super::{Access, LockTable, Offset, Range};

/// A lock that somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<O> {
    /// For whom.
    pub owner: u8,
    /// What for.
    pub access: Access,
    /// The bytes.
    pub range: Range<O>,
}

/// The requests that wait, at most `W` of them. They stand in no order that anybody may rely on:
/// whoever is woken tries again, and who gets there first is a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiters<O, const W: usize> {
    slots: [Option<Request<O>>; W],
}

impl<O: Offset, const W: usize> Waiters<O, W> {
    /// Nobody waits.
    pub const NONE: Self = Self { slots: [None; W] };

    /// Puts a request to sleep; the answer is its place, or `None` if there is no room. What its
    /// owner holds it keeps: a blocked upgrade still has its old lock.
    pub fn sleep(&mut self, request: Request<O>) -> Option<usize> {
        let place = self.slots.iter().position(Option::is_none)?;
        self.slots[place] = Some(request);
        Some(place)
    }

    /// The request at a place.
    pub fn at(&self, place: usize) -> Option<&Request<O>> {
        self.slots.get(place)?.as_ref()
    }

    /// Takes a request out: it was granted, a signal came, or it is answered that it would wait
    /// for ever.
    pub fn leave(&mut self, place: usize) -> Option<Request<O>> {
        self.slots.get_mut(place)?.take()
    }

    /// The requests that nobody is in the way of. Each of them is granted in the end, unless
    /// another one takes the bytes first: in any order, and one that came later may come first.
    pub fn grantable<const K: usize>(
        &self,
        table: &LockTable<O, K>,
    ) -> impl Iterator<Item = usize> {
        self.waiting().filter_map(|(place, wants)| {
            let conflict = table.conflict(wants.owner, wants.access, wants.range);
            conflict.is_none().then_some(place)
        })
    }

    /// Whether a request waits in a circle: for an owner who waits, over any number of others, for
    /// the owner of the request. Only then may it be answered with `EDEADLK`, and it need not be:
    /// the kernel keeps one edge a waiter, chosen when it went to sleep, and looks only so far.
    pub fn on_cycle<const K: usize>(&self, table: &LockTable<O, K>, place: usize) -> bool {
        let Some(start) = self.at(place) else { return false };
        let mut reached = OwnerSet::default();
        reached.insert_all(Self::blockers(table, start));
        // Every round goes one edge further, until nobody new is reached.
        loop {
            if reached.contains(start.owner) {
                return true;
            }
            let before = reached;
            for (_, request) in self.waiting().filter(|(_, r)| before.contains(r.owner)) {
                reached.insert_all(Self::blockers(table, request));
            }
            if reached == before {
                return false;
            }
        }
    }

    fn waiting(&self) -> impl Iterator<Item = (usize, &Request<O>)> {
        self.slots.iter().enumerate().filter_map(|(place, slot)| Some((place, slot.as_ref()?)))
    }

    fn blockers<const K: usize>(
        table: &LockTable<O, K>,
        request: &Request<O>,
    ) -> impl Iterator<Item = u8> {
        let Request { owner, access, range } = *request;
        table.conflicts(owner, access, range).map(|held| held.owner)
    }
}

/// Owners, a bit each.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct OwnerSet([u128; 2]);

impl OwnerSet {
    fn contains(&self, owner: u8) -> bool {
        self.0[usize::from(owner / 128)] >> (owner % 128) & 1 == 1
    }

    fn insert_all(&mut self, owners: impl Iterator<Item = u8>) {
        owners.for_each(|owner| self.0[usize::from(owner / 128)] |= 1 << (owner % 128));
    }
}
