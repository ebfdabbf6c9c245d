//! The table of byte-range locks against a reference that knows every byte by itself.

use latchwork_model::async_grant::posix::{
    Access, Held, LockTable, Offset, Range, RangeError, Refusal, Request, Waiters,
};
use proptest::prelude::*;
use proptest::test_runner::Config;

/// The bytes that the reference knows: both ends of a file of 2^63 bytes, and one for all others.
const EDGE: usize = 12;
const BYTES: usize = 2 * EDGE + 1;
const OWNERS: u8 = 4;

/// The offset of a byte that the reference knows.
fn offset(byte: usize) -> u64 {
    if byte <= EDGE { byte as u64 } else { u64::MAX / 2 - (BYTES - 1 - byte) as u64 }
}

/// Ranges begin and end near the ends of the file: one that goes beyond has the whole middle.
fn range(first: usize, last: usize) -> Range<u64> {
    let last = if last == EDGE { offset(EDGE + 1) - 1 } else { offset(last) };
    Range { first: offset(first), last }
}

/// What every owner may do with every byte, and the owners by the age of their locks.
#[derive(Clone, Default)]
struct Reference {
    held: [[Option<Access>; BYTES]; OWNERS as usize],
    order: Vec<u8>,
}

impl Reference {
    /// The bytes of the first lock in the order of the table that is in the way.
    fn conflict(&self, owner: u8, access: Access, first: usize, last: usize) -> Option<Run> {
        let others = self.order.iter().copied().filter(|other| *other != owner);
        let in_the_way = |held: Access| held == Access::Write || access == Access::Write;
        let mut found = others.filter_map(|other| {
            let mut runs = self.runs(other).into_iter();
            runs.find(|run| run.first <= last && first <= run.last && in_the_way(run.access))
        });
        found.next()
    }

    fn set(&mut self, owner: u8, access: Option<Access>, first: usize, last: usize) {
        self.held[usize::from(owner)][first..=last].fill(access);
        let any = self.held[usize::from(owner)].iter().any(Option::is_some);
        if !any {
            self.order.retain(|other| *other != owner);
        } else if !self.order.contains(&owner) {
            self.order.push(owner);
        }
    }

    /// The locks of an owner: bytes side by side with the same access are one lock.
    fn runs(&self, owner: u8) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (byte, held) in self.held[usize::from(owner)].iter().enumerate() {
            let Some(access) = *held else { continue };
            match runs.last_mut() {
                Some(run) if run.last + 1 == byte && run.access == access => run.last = byte,
                _ => runs.push(Run { owner, access, first: byte, last: byte }),
            }
        }
        runs
    }

    fn table(&self) -> Vec<Held<u64>> {
        self.order.iter().flat_map(|owner| self.runs(*owner)).map(Run::held).collect()
    }
}

#[derive(Clone, Copy, Debug)]
struct Run {
    owner: u8,
    access: Access,
    first: usize,
    last: usize,
}

impl Run {
    fn held(self) -> Held<u64> {
        Held { owner: self.owner, access: self.access, range: range(self.first, self.last) }
    }
}

#[derive(Clone, Copy, Debug)]
struct Operation {
    owner: u8,
    /// `None` unlocks.
    access: Option<Access>,
    first: usize,
    last: usize,
}

fn operations(bytes: usize, most: usize) -> impl Strategy<Value = Vec<Operation>> {
    let access = prop_oneof![Just(None), Just(Some(Access::Read)), Just(Some(Access::Write))];
    let one = (0..OWNERS, access, 0..bytes, 0..bytes).prop_map(|(owner, access, a, b)| {
        let (first, last) = (a.min(b), a.max(b));
        Operation { owner, access, first, last }
    });
    prop::collection::vec(one, 1..most)
}

fn config() -> Config {
    Config { cases: 512, failure_persistence: None, ..Config::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_table_says_the_same_as_every_byte(operations in operations(BYTES, 60)) {
        let mut table = LockTable::<u64, 64>::EMPTY;
        let mut reference = Reference::default();
        for Operation { owner, access, first, last } in operations {
            let bytes = range(first, last);
            match access {
                None => {
                    prop_assert_eq!(table.unlock(owner, bytes), Ok(()));
                    reference.set(owner, None, first, last);
                }
                Some(access) => {
                    let before = table;
                    let conflict = reference.conflict(owner, access, first, last).map(Run::held);
                    prop_assert_eq!(table.conflict(owner, access, bytes).copied(), conflict);
                    let answer = table.lock(owner, access, bytes);
                    match conflict {
                        None => {
                            prop_assert_eq!(answer, Ok(()));
                            reference.set(owner, Some(access), first, last);
                        }
                        Some(held) => {
                            prop_assert_eq!(answer, Err(Refusal::Conflict(held)));
                            prop_assert_eq!(table, before);
                        }
                    }
                }
            }
            prop_assert_eq!(table.locks(), reference.table());
            for owner in 0..OWNERS {
                for byte in 0..BYTES {
                    let known = reference.held[usize::from(owner)][byte];
                    prop_assert_eq!(table.held(owner, offset(byte)), known);
                }
            }
        }
    }

    #[test]
    fn a_table_without_room_stays_as_it_is(operations in operations(12, 40)) {
        let (mut small, mut large) = (LockTable::<u64, 3>::EMPTY, LockTable::<u64, 64>::EMPTY);
        for Operation { owner, access, first, last } in operations {
            let bytes = range(first, last);
            let (before, large_before) = (small, large);
            let (answer, expected) = match access {
                None => (small.unlock(owner, bytes), large.unlock(owner, bytes)),
                Some(access) =>
                    (small.lock(owner, access, bytes), large.lock(owner, access, bytes)),
            };
            if large.locks().len() > 3 {
                prop_assert_eq!(answer, Err(Refusal::Full));
                prop_assert_eq!(small, before);
                large = large_before;
            } else {
                prop_assert_eq!(answer, expected);
                prop_assert_eq!(small.locks(), large.locks());
            }
        }
    }

    #[test]
    fn a_start_and_a_length_are_the_bytes_of_the_standard(
        start in prop_oneof![-3..20i64, i64::MAX - 20..=i64::MAX, any::<i64>()],
        len in prop_oneof![-20..20i64, i64::MAX - 20..=i64::MAX, i64::MIN..i64::MIN + 20, any::<i64>()],
    ) {
        // In 128 bits nothing overflows.
        let (wide, length) = (i128::from(start), i128::from(len));
        let end = i128::from(i64::MAX);
        let (first, last) = match length {
            0 => (wide, end),
            1.. => (wide, wide + length - 1),
            _ => (wide + length, wide - 1),
        };
        let expected = if start < 0 || first < 0 {
            Err(RangeError::Invalid)
        } else if last > end {
            Err(RangeError::Overflow)
        } else {
            Ok(Range { first: first as u64, last: last as u64 })
        };
        prop_assert_eq!(Range::<u64>::of_flock(start, len), expected);
        let small = Range::<u8>::of_flock(start, len);
        match expected {
            Ok(Range { last, .. }) if len != 0 && last > 255 => {
                prop_assert_eq!(small, Err(RangeError::Overflow));
            }
            Ok(Range { first, .. }) if len == 0 && first > 255 => {
                prop_assert_eq!(small, Err(RangeError::Overflow));
            }
            Ok(Range { first, last }) => {
                let last = last.min(255) as u8;
                prop_assert_eq!(small, Ok(Range { first: first as u8, last }));
            }
            Err(_) => prop_assert!(small.is_err()),
        }
    }

    #[test]
    fn who_sleeps_is_woken_when_nobody_is_in_the_way(
        held in operations(6, 10), waiting in operations(6, 7),
    ) {
        let mut table = LockTable::<u64, 64>::EMPTY;
        for Operation { owner, access, first, last } in held {
            // A conflict leaves the table as it is, which is as good.
            let _ = access.map(|access| table.lock(owner, access, range(first, last)));
        }
        let mut waiters = Waiters::<u64, 8>::NONE;
        for Operation { owner, access, first, last } in waiting {
            let access = access.unwrap_or(Access::Read);
            waiters.sleep(Request { owner, access, range: range(first, last) });
        }
        for place in 0..8 {
            let wants = waiters.at(place).copied();
            let free = wants.is_some_and(|wants| {
                table.clone().lock(wants.owner, wants.access, wants.range).is_ok()
            });
            prop_assert_eq!(waiters.grantable(&table).any(|other| other == place), free);
            prop_assert_eq!(waiters.on_cycle(&table, place), reference_cycle(&waiters, &table, place));
            prop_assert!(!(free && waiters.on_cycle(&table, place)));
        }
        // Granting in any order ends: the last one to go finds nobody whom it could have woken.
        while let Some(place) = waiters.grantable(&table).last() {
            let wants = waiters.leave(place).expect("it was there");
            prop_assert_eq!(table.lock(wants.owner, wants.access, wants.range), Ok(()));
        }
        prop_assert_eq!(waiters.grantable(&table).count(), 0);
    }
}

/// Whether the owner at `place` waits for itself, by the closure of a matrix of owners.
fn reference_cycle(waiters: &Waiters<u64, 8>, table: &LockTable<u64, 64>, place: usize) -> bool {
    let Some(start) = waiters.at(place) else { return false };
    let mut reach = [[false; OWNERS as usize]; OWNERS as usize];
    let mut first = [false; OWNERS as usize];
    for (at, wants) in (0..8).filter_map(|at| Some((at, waiters.at(at)?))) {
        for held in table.locks() {
            let other = held.owner != wants.owner && held.range.overlaps(&wants.range);
            if other && (held.access == Access::Write || wants.access == Access::Write) {
                reach[usize::from(wants.owner)][usize::from(held.owner)] = true;
                first[usize::from(held.owner)] |= at == place;
            }
        }
    }
    for via in 0..OWNERS as usize {
        for from in 0..OWNERS as usize {
            for to in 0..OWNERS as usize {
                reach[from][to] |= reach[from][via] && reach[via][to];
            }
        }
    }
    (0..OWNERS as usize).any(|next| {
        first[next] && (next == usize::from(start.owner) || reach[next][usize::from(start.owner)])
    })
}

fn locks<const K: usize>(table: &LockTable<u8, K>) -> Vec<(u8, Access, u8, u8)> {
    let tuple = |held: &Held<u8>| (held.owner, held.access, held.range.first, held.range.last);
    table.locks().iter().map(tuple).collect()
}

const fn bytes(first: u8, last: u8) -> Range<u8> {
    Range { first, last }
}

#[test]
fn an_upgrade_in_the_middle_splits_and_a_downgrade_merges_again() {
    let mut table = LockTable::<u8, 4>::EMPTY;
    table.lock(1, Access::Read, bytes(0, 9)).expect("nobody is there");
    table.lock(1, Access::Write, bytes(3, 5)).expect("an owner is not in its own way");
    let split = [(1, Access::Read, 0, 2), (1, Access::Write, 3, 5), (1, Access::Read, 6, 9)];
    assert_eq!(locks(&table), split);
    table.lock(1, Access::Read, bytes(3, 5)).expect("nobody else is there");
    assert_eq!(locks(&table), [(1, Access::Read, 0, 9)]);
}

#[test]
fn the_owners_stand_in_the_order_of_their_first_lock() {
    let mut table = LockTable::<u8, 8>::EMPTY;
    for (owner, byte) in [(2, 7), (1, 5), (2, 0)] {
        table.lock(owner, Access::Read, bytes(byte, byte)).expect("readers share");
    }
    let in_order = [(2, Access::Read, 0, 0), (2, Access::Read, 7, 7), (1, Access::Read, 5, 5)];
    assert_eq!(locks(&table), in_order);
    let first = table.conflict(3, Access::Write, bytes(0, u8::MAX)).expect("all are in the way");
    assert_eq!((first.owner, first.range.first), (2, 0));
    // Who gives up everything goes to the end of the table.
    table.unlock(2, bytes(0, u8::MAX)).expect("nothing is cut");
    table.lock(2, Access::Read, bytes(0, 0)).expect("readers share");
    assert_eq!(locks(&table), [(1, Access::Read, 5, 5), (2, Access::Read, 0, 0)]);
}

#[test]
fn two_upgrades_wait_for_one_another_and_keep_what_they_have() {
    let mut table = LockTable::<u8, 4>::EMPTY;
    let mut waiters = Waiters::<u8, 2>::NONE;
    for owner in [0, 1] {
        table.lock(owner, Access::Read, bytes(0, 0)).expect("readers share");
    }
    let upgrade = |owner| Request { owner, access: Access::Write, range: bytes(0, 0) };
    let first = waiters.sleep(upgrade(0)).expect("there is room");
    assert!(!waiters.on_cycle(&table, first), "the other one does not wait yet");
    let second = waiters.sleep(upgrade(1)).expect("there is room");
    assert!(waiters.on_cycle(&table, first) && waiters.on_cycle(&table, second));
    assert_eq!(waiters.sleep(upgrade(2)), None);
    assert_eq!(table.held(0, 0), Some(Access::Read));
    waiters.leave(second);
    table.unlock(1, bytes(0, 0)).expect("nothing is cut");
    assert_eq!(waiters.grantable(&table).collect::<Vec<_>>(), [first]);
}

#[test]
fn the_last_byte_of_a_file_has_no_next_one() {
    assert_eq!(<u64 as Offset>::MAX.next(), None);
    assert_eq!(<u8 as Offset>::ZERO.previous(), None);
    let mut table = LockTable::<u64, 2>::EMPTY;
    let whole = Range::of_flock(0, 0).expect("the whole file");
    table.lock(0, Access::Write, whole).expect("nobody is there");
    let end = Range { first: <u64 as Offset>::MAX, last: <u64 as Offset>::MAX };
    table.unlock(0, end).expect("nothing is cut in two");
    let next_to_last = <u64 as Offset>::MAX - 1;
    assert_eq!(table.locks()[0].range, Range { first: 0, last: next_to_last });
}
