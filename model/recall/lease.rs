//! Leases on one inode, as a table: what `F_SETLEASE`, `F_GETLEASE` and a conflicting open do.
//!
//! The recall protocol stands on leases: a delegation is one that the file server holds. This
//! table says what a lease of a user's process does, call by call, without time passing inside a
//! call; it is what a run on a kernel can be compared with. A blocking open is one that is tried
//! until it gets through. Sources: the code of kernel 6.12, and runs on
//! 6.18.
//!
//! ```
//! use latchwork_model::recall::lease::{Access, Leases, Refusal, Shown, Want};
//!
//! let mut leases = Leases::<4>::new(45);
//! let holder = leases.open(Access::Read).unwrap();
//! leases.set(holder, Want::Read).unwrap();
//! // A writer does not get in, but the break has started.
//! assert_eq!(leases.open(Access::Write), Err(Refusal::WouldBlock));
//! assert_eq!(leases.get(holder), Shown::Unlocked);
//! leases.set(holder, Want::Unlock).unwrap();
//! assert!(leases.open(Access::Write).is_ok());
//! ```

/// How a file is opened, or what an operation wants to do to its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For reading only.
    Read,
    /// For writing, with or without reading.
    Write,
}

/// The argument of `F_SETLEASE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// `F_RDLCK`: tell me before somebody writes.
    Read,
    /// `F_WRLCK`: tell me before somebody else opens the file.
    Write,
    /// `F_UNLCK`: no lease any more.
    Unlock,
}

/// The answer of `F_GETLEASE`: what the lease is, or what its holder is asked to make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// `F_UNLCK`.
    Unlocked,
    /// `F_RDLCK`.
    Read,
    /// `F_WRLCK`.
    Write,
}

/// Why a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `EAGAIN` of `F_SETLEASE`.
    TryAgain,
    /// `EWOULDBLOCK` of an open or a truncation: a lease is in the way, and its break has started.
    WouldBlock,
    /// No description is left in this table.
    TableFull,
}

/// An open file description: descriptors that come of one open share it, and own its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Description(u8);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lease {
    write: bool,
    /// "Downgrade pending": a reader has asked for it, and it was not done yet.
    downgrade_pending: bool,
    /// When a holder who is asked must have downgraded (`fl_downgrade_time`). It stays when that is
    /// done, and later on it makes a lease for writing one for reading that nobody has broken.
    downgrade_by: Option<u32>,
    /// When the holder must have given it up; "unlock pending".
    unlock_by: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    access: Access,
    descriptors: u8,
    lease: Option<Lease>,
}

/// The open file descriptions of one inode, at most `N`, and their leases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leases<const N: usize> {
    open: [Option<Open>; N],
    break_time: u32,
    now: u32,
}

impl<const N: usize> Leases<N> {
    /// Nothing is open. Holders have `break_time` to answer a break (`lease_break_time`).
    pub const fn new(break_time: u32) -> Self {
        assert!(N <= 256, "a description is numbered by a byte");
        Self { open: [None; N], break_time, now: 0 }
    }

    /// Opens the file, without waiting.
    pub fn open(&mut self, access: Access) -> Result<Description, Refusal> {
        let free = self.open.iter().position(Option::is_none).ok_or(Refusal::TableFull)?;
        self.break_leases(access)?;
        self.open[free] = Some(Open { access, descriptors: 1, lease: None });
        Ok(Description(free as u8))
    }

    /// Truncates the file by its name, without waiting. Other changes by name (mode, times, links,
    /// names) leave leases alone.
    pub fn truncate(&mut self) -> Result<(), Refusal> {
        self.break_leases(Access::Write)
    }

    /// Makes one more descriptor of a description: `dup`, or a fork.
    ///
    /// # Panics
    /// If the description is closed, or has 255 descriptors.
    pub fn duplicate(&mut self, description: Description) {
        let open = self.entry(description);
        open.descriptors = open.descriptors.checked_add(1).expect("255 descriptors are enough");
    }

    /// Closes a descriptor. With the last one the description and its lease are gone.
    ///
    /// # Panics
    /// If the description is closed.
    pub fn close(&mut self, description: Description) {
        let open = self.entry(description);
        open.descriptors -= 1;
        if open.descriptors == 0 {
            self.open[usize::from(description.0)] = None;
        }
    }

    /// `F_SETLEASE`.
    ///
    /// # Panics
    /// If the description is closed.
    pub fn set(&mut self, description: Description, want: Want) -> Result<(), Refusal> {
        let write = match want {
            Want::Read => false,
            Want::Write => true,
            Want::Unlock => {
                let taken = self.entry(description).lease.take();
                return taken.map(drop).ok_or(Refusal::TryAgain);
            }
        };
        self.expire();
        if self.conflicting_open(description, write) || self.conflicting_lease(description, write) {
            return Err(Refusal::TryAgain);
        }
        let lease = &mut self.entry(description).lease;
        *lease = Some(match *lease {
            // What a reader asked for is done; what a writer asked for is not.
            Some(old) if !write => Lease { write, downgrade_pending: false, ..old },
            Some(old) => Lease { write, ..old },
            None => Lease { write, downgrade_pending: false, downgrade_by: None, unlock_by: None },
        });
        Ok(())
    }

    /// `F_GETLEASE`.
    ///
    /// # Panics
    /// If the description is closed.
    pub fn get(&mut self, description: Description) -> Shown {
        self.expire();
        match self.entry(description).lease {
            None => Shown::Unlocked,
            Some(lease) if lease.unlock_by.is_some() => Shown::Unlocked,
            Some(lease) if lease.downgrade_pending => Shown::Read,
            Some(lease) if lease.write => Shown::Write,
            Some(_) => Shown::Read,
        }
    }

    /// Time passes. Nothing happens by itself: a lease that is overdue is there until somebody
    /// looks at the leases of this inode.
    pub fn pass(&mut self, time: u32) {
        self.now = self.now.saturating_add(time);
    }

    /// Whether an open description with this number is there.
    pub fn is_open(&self, description: Description) -> bool {
        self.open[usize::from(description.0)].is_some()
    }

    fn entry(&mut self, description: Description) -> &mut Open {
        self.open[usize::from(description.0)].as_mut().expect("the description is open")
    }

    fn opens(&self) -> impl Iterator<Item = (Description, &Open)> {
        let numbered = (0..).map(Description).zip(&self.open);
        numbered.filter_map(|(description, open)| open.as_ref().map(|open| (description, open)))
    }

    /// Whether the opens of the file leave no room for a lease. A lease for reading is stopped by
    /// the holder's own open for writing too.
    fn conflicting_open(&self, holder: Description, write: bool) -> bool {
        self.opens().any(
            |(description, open)| {
                if write { description != holder } else { open.access == Access::Write }
            },
        )
    }

    /// Whether the leases of others leave no room for a lease.
    fn conflicting_lease(&self, holder: Description, write: bool) -> bool {
        let others = self.opens().filter(|(description, _)| *description != holder);
        let mut leases = others.filter_map(|(_, open)| open.lease);
        leases.any(|lease| write || lease.unlock_by.is_some())
    }

    /// Starts to break the leases that are in the way. The holder's own are in its own way.
    fn break_leases(&mut self, access: Access) -> Result<(), Refusal> {
        self.expire();
        let by = self.now.saturating_add(self.break_time);
        let leases = self.open.iter_mut().flatten().filter_map(|open| open.lease.as_mut());
        let mut blocked = false;
        for lease in leases.filter(|lease| access == Access::Write || lease.write) {
            blocked = true;
            if access == Access::Write {
                lease.unlock_by.get_or_insert(by);
            } else if lease.unlock_by.is_none() && !lease.downgrade_pending {
                lease.downgrade_pending = true;
                lease.downgrade_by = Some(by);
            }
        }
        if blocked { Err(Refusal::WouldBlock) } else { Ok(()) }
    }

    /// Does for the holders what they have not done in time.
    fn expire(&mut self) {
        let now = self.now;
        let overdue = |by: Option<u32>| by.is_some_and(|by| by < now);
        for open in self.open.iter_mut().flatten() {
            let Some(lease) = &mut open.lease else { continue };
            if overdue(lease.downgrade_by) {
                lease.write = false;
                lease.downgrade_pending = false;
            }
            if overdue(lease.unlock_by) {
                open.lease = None;
            }
        }
    }
}
