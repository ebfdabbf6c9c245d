//! The lease table against the facts that are known of leases, and against a naive reference.

use latchwork_model::recall::lease::{Access, Description, Leases, Refusal, Shown, Want};
use proptest::prelude::*;

const BREAK_TIME: u32 = 45;

fn leases() -> Leases<4> {
    Leases::new(BREAK_TIME)
}

mod facts {
    use super::*;

    #[test]
    fn a_read_lease_is_refused_while_anybody_has_the_file_open_for_writing() {
        let mut t = leases();
        let writer = t.open(Access::Write).unwrap();
        assert_eq!(t.set(writer, Want::Read), Err(Refusal::TryAgain), "the caller included");
        let reader = t.open(Access::Read).unwrap();
        assert_eq!(t.set(reader, Want::Read), Err(Refusal::TryAgain));
        t.close(writer);
        assert_eq!(t.set(reader, Want::Read), Ok(()));
    }

    #[test]
    fn a_write_lease_needs_the_only_open() {
        let mut t = leases();
        let one = t.open(Access::Read).unwrap();
        let two = t.open(Access::Read).unwrap();
        assert_eq!(t.set(one, Want::Write), Err(Refusal::TryAgain));
        t.close(two);
        assert_eq!(t.set(one, Want::Write), Ok(()));
    }

    #[test]
    fn the_lease_goes_with_the_last_descriptor() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Read).unwrap();
        t.duplicate(holder);
        t.close(holder);
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        t.close(holder);
        assert!(t.open(Access::Write).is_ok());
    }

    #[test]
    fn readers_are_stopped_by_write_leases_only() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Read).unwrap();
        assert!(t.open(Access::Read).is_ok());
        assert_eq!(t.get(holder), Shown::Read);
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Write).unwrap();
        assert_eq!(t.open(Access::Read), Err(Refusal::WouldBlock));
        assert_eq!(t.get(holder), Shown::Read, "downgrade pending");
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        assert_eq!(t.get(holder), Shown::Unlocked, "unlock pending overrides it");
    }

    #[test]
    fn setting_a_read_lease_does_not_answer_a_writer() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Write).unwrap();
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        assert_eq!(t.set(holder, Want::Read), Ok(()));
        assert_eq!(t.get(holder), Shown::Unlocked);
        assert!(t.open(Access::Read).is_ok(), "readers get in");
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock), "the writer does not");
    }

    #[test]
    fn a_write_lease_on_a_writable_description_cannot_be_downgraded() {
        for (access, answer) in [(Access::Write, Err(Refusal::TryAgain)), (Access::Read, Ok(()))] {
            let mut t = leases();
            let holder = t.open(access).unwrap();
            t.set(holder, Want::Write).unwrap();
            assert_eq!(t.open(Access::Read), Err(Refusal::WouldBlock));
            assert_eq!(t.set(holder, Want::Read), answer);
            assert_eq!(t.set(holder, Want::Unlock), Ok(()));
        }
    }

    #[test]
    fn setting_a_write_lease_again_while_a_downgrade_is_pending_changes_nothing() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Write).unwrap();
        assert_eq!(t.open(Access::Read), Err(Refusal::WouldBlock));
        let before = t;
        assert_eq!(t.set(holder, Want::Write), Ok(()));
        assert_eq!(t, before);
    }

    /// `fl_downgrade_time` is never cleared: `lease_clear_pending` takes the flag away alone.
    #[test]
    fn the_time_of_a_downgrade_outlives_it() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Write).unwrap();
        assert_eq!(t.open(Access::Read), Err(Refusal::WouldBlock));
        t.set(holder, Want::Read).unwrap();
        t.set(holder, Want::Write).unwrap();
        t.pass(BREAK_TIME);
        assert_eq!(t.get(holder), Shown::Write, "the time is not over");
        t.pass(3);
        assert_eq!(t.get(holder), Shown::Read, "nobody has asked for it since");
        t.set(holder, Want::Write).unwrap();
        assert_eq!(t.get(holder), Shown::Read, "from now on whenever somebody looks");
    }

    #[test]
    fn a_new_lease_beside_read_leases() {
        let mut t = leases();
        let one = t.open(Access::Read).unwrap();
        let two = t.open(Access::Read).unwrap();
        t.set(one, Want::Read).unwrap();
        assert_eq!(t.set(two, Want::Write), Err(Refusal::TryAgain));
        assert_eq!(t.set(two, Want::Read), Ok(()));
        t.set(two, Want::Unlock).unwrap();
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        assert_eq!(t.set(two, Want::Read), Err(Refusal::TryAgain), "unlock is pending");
        assert_eq!(t.set(one, Want::Read), Ok(()), "it may change its own");
    }

    #[test]
    fn a_lease_expires_when_somebody_looks() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Read).unwrap();
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        t.pass(BREAK_TIME);
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock), "the time is not over");
        t.pass(1);
        let unseen = t.set(holder, Want::Unlock);
        assert_eq!(unseen, Ok(()), "nobody has looked: the holder is still in time");
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Read).unwrap();
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        t.pass(BREAK_TIME + 1);
        assert!(t.open(Access::Write).is_ok());
        assert_eq!(t.set(holder, Want::Unlock), Err(Refusal::TryAgain), "too late");
    }

    #[test]
    fn a_second_break_does_not_restart_the_time() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Read).unwrap();
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        t.pass(BREAK_TIME - 1);
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        t.pass(2);
        assert!(t.open(Access::Write).is_ok());
    }

    #[test]
    fn a_process_breaks_its_own_lease() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Read).unwrap();
        assert_eq!(t.open(Access::Write), Err(Refusal::WouldBlock));
        assert_eq!(t.get(holder), Shown::Unlocked);
    }

    #[test]
    fn truncation_breaks_a_lease() {
        let mut t = leases();
        let holder = t.open(Access::Read).unwrap();
        t.set(holder, Want::Read).unwrap();
        assert_eq!(t.truncate(), Err(Refusal::WouldBlock));
        assert_eq!(t.get(holder), Shown::Unlocked);
        t.set(holder, Want::Unlock).unwrap();
        assert_eq!(t.truncate(), Ok(()));
    }
}

/// The same by other means: counters as an inode has them, one list of leases in the order in
/// which they came, and flags with times beside them.
#[derive(Default)]
struct Reference {
    now: u32,
    writecount: i32,
    readcount: i32,
    open: Vec<(usize, Access, u32)>,
    leases: Vec<RefLease>,
}

struct RefLease {
    owner: usize,
    kind: Want,
    unlock_pending: bool,
    downgrade_pending: bool,
    break_time: u32,
    downgrade_time: u32,
}

impl Reference {
    fn access(&self, id: usize) -> Access {
        self.open.iter().find(|open| open.0 == id).expect("open").1
    }

    fn count(&mut self, access: Access, by: i32) {
        match access {
            Access::Write => self.writecount += by,
            Access::Read => self.readcount += by,
        }
    }

    fn modify(lease: &mut RefLease, kind: Want) {
        lease.kind = kind;
        if kind == Want::Unlock {
            lease.unlock_pending = false;
        }
        if kind != Want::Write {
            lease.downgrade_pending = false;
        }
    }

    fn time_out(&mut self) {
        for lease in &mut self.leases {
            if lease.downgrade_time > 0 && self.now > lease.downgrade_time {
                Self::modify(lease, Want::Read);
            }
            if lease.unlock_pending && self.now > lease.break_time {
                Self::modify(lease, Want::Unlock);
            }
        }
        self.leases.retain(|lease| lease.kind != Want::Unlock);
    }

    fn break_all(&mut self, access: Access) -> Result<(), Refusal> {
        self.time_out();
        let writes = access == Access::Write;
        let until = self.now + BREAK_TIME;
        let in_the_way = |lease: &&mut RefLease| writes || lease.kind == Want::Write;
        let mut any = false;
        for lease in self.leases.iter_mut().filter(in_the_way) {
            any = true;
            if writes && !lease.unlock_pending {
                lease.unlock_pending = true;
                lease.break_time = until;
            }
            if !writes && !lease.unlock_pending && !lease.downgrade_pending {
                lease.downgrade_pending = true;
                lease.downgrade_time = until;
            }
        }
        if any { Err(Refusal::WouldBlock) } else { Ok(()) }
    }

    fn open(&mut self, access: Access, id: usize) -> Result<(), Refusal> {
        self.break_all(access)?;
        self.count(access, 1);
        self.open.push((id, access, 1));
        Ok(())
    }

    fn close(&mut self, id: usize) {
        let at = self.open.iter().position(|open| open.0 == id).expect("open");
        self.open[at].2 -= 1;
        if self.open[at].2 == 0 {
            let access = self.open.remove(at).1;
            self.count(access, -1);
            self.leases.retain(|lease| lease.owner != id);
        }
    }

    fn set(&mut self, id: usize, want: Want) -> Result<(), Refusal> {
        if want == Want::Unlock {
            let before = self.leases.len();
            self.leases.retain(|lease| lease.owner != id);
            return if self.leases.len() < before { Ok(()) } else { Err(Refusal::TryAgain) };
        }
        self.time_out();
        let own = match self.access(id) {
            Access::Write => (1, 0),
            Access::Read => (0, 1),
        };
        let alone = (self.writecount, self.readcount) == own;
        let room = if want == Want::Read { self.writecount == 0 } else { alone };
        let mut others = self.leases.iter().filter(|lease| lease.owner != id);
        if !room || others.any(|other| want == Want::Write || other.unlock_pending) {
            return Err(Refusal::TryAgain);
        }
        match self.leases.iter_mut().find(|lease| lease.owner == id) {
            Some(lease) => Self::modify(lease, want),
            None => self.leases.push(RefLease {
                owner: id,
                kind: want,
                unlock_pending: false,
                downgrade_pending: false,
                break_time: 0,
                downgrade_time: 0,
            }),
        }
        Ok(())
    }

    fn get(&mut self, id: usize) -> Shown {
        self.time_out();
        match self.leases.iter().find(|lease| lease.owner == id) {
            None => Shown::Unlocked,
            Some(lease) if lease.unlock_pending => Shown::Unlocked,
            Some(lease) if lease.downgrade_pending || lease.kind == Want::Read => Shown::Read,
            Some(_) => Shown::Write,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Call {
    Open(Access),
    Duplicate(usize),
    Close(usize),
    Set(usize, Want),
    Get(usize),
    Truncate,
    Pass(u32),
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![3 => Just(Access::Read), 1 => Just(Access::Write)]
}

fn call() -> impl Strategy<Value = Call> {
    let want = prop_oneof![Just(Want::Read), Just(Want::Write), Just(Want::Unlock)];
    prop_oneof![
        4 => access().prop_map(Call::Open),
        1 => any::<usize>().prop_map(Call::Duplicate),
        2 => any::<usize>().prop_map(Call::Close),
        6 => (any::<usize>(), want).prop_map(|(id, want)| Call::Set(id, want)),
        2 => any::<usize>().prop_map(Call::Get),
        1 => Just(Call::Truncate),
        1 => (0..60u32).prop_map(Call::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Every call gives the same answer, and afterwards every description shows the same lease.
    #[test]
    fn the_table_is_the_reference(calls in prop::collection::vec(call(), 1..40)) {
        let (mut table, mut reference) = (leases(), Reference::default());
        let mut known: Vec<(usize, Description)> = Vec::new();
        let mut next = 0;
        for call in calls {
            let pick = |at: usize| (!known.is_empty()).then(|| known[at % known.len()]);
            match call {
                Call::Open(_) if known.len() == 4 => {}
                Call::Open(access) => {
                    let opened = table.open(access);
                    prop_assert_eq!(opened.map(drop), reference.open(access, next));
                    known.extend(opened.ok().map(|description| (next, description)));
                    next += 1;
                }
                Call::Duplicate(at) => if let Some((id, description)) = pick(at) {
                    table.duplicate(description);
                    reference.open.iter_mut().filter(|open| open.0 == id).for_each(|o| o.2 += 1);
                },
                Call::Close(at) => if let Some((id, description)) = pick(at) {
                    table.close(description);
                    reference.close(id);
                    known.retain(|(_, description)| table.is_open(*description));
                },
                Call::Set(at, want) => if let Some((id, description)) = pick(at) {
                    prop_assert_eq!(table.set(description, want), reference.set(id, want));
                },
                Call::Get(at) => if let Some((id, description)) = pick(at) {
                    prop_assert_eq!(table.get(description), reference.get(id));
                },
                Call::Truncate => {
                    prop_assert_eq!(table.truncate(), reference.break_all(Access::Write));
                }
                Call::Pass(time) => {
                    table.pass(time);
                    reference.now += time;
                }
            }
        }
        for (id, description) in known {
            prop_assert_eq!(table.get(description), reference.get(id));
        }
    }

    /// A lease for writing is the only lease, whatever is called.
    #[test]
    fn a_write_lease_excludes_other_leases(
        calls in prop::collection::vec((0..4usize, access(), 0..5u8), 1..40),
    ) {
        let mut table = leases();
        let mut open: [Option<Description>; 4] = [None; 4];
        for (slot, access, what) in calls {
            match (open[slot], what) {
                (None, _) => open[slot] = table.open(access).ok(),
                (Some(description), 0) => {
                    table.close(description);
                    open[slot] = None;
                }
                (Some(description), 1) => drop(table.set(description, Want::Read)),
                (Some(description), 2) => drop(table.set(description, Want::Write)),
                (Some(description), 3) => drop(table.set(description, Want::Unlock)),
                (Some(_), _) => table.pass(30),
            }
            let shown = open.into_iter().flatten().map(|description| table.get(description));
            let shown: Vec<Shown> = shown.filter(|shown| *shown != Shown::Unlocked).collect();
            prop_assert!(!shown.contains(&Shown::Write) || shown.len() == 1, "{:?}", shown);
        }
    }
}
