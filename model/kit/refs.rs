//! Reference counts: objects with get and put, and the lifetime bugs that follow from a missing one.

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Claim, Crash, Full, Permute, Visit, Visitor, claim, implies};

/// The reference count of an object, with at most `N` references at a time.
///
/// An object lives from [`alloc`](Self::alloc), which is the first reference, to the
/// [`put`](Self::put) of the last one, which frees it. The pointers to it are part of the model, not
/// of the count: the bugs are the differences between both.
///
/// | bug | claim |
/// |---|---|
/// | a pointer without a `get`, or one `put` too many: an object is used after it was freed | [`no_use_after_free`](Self::no_use_after_free) |
/// | a missing `put`: a live object with fewer pointers than references | [`no_leak`](Self::no_leak) |
///
/// An object that was freed is the same as one that never lived, so states do not multiply with
/// those of the past. Allocate it again only when no pointer to it is left: a use through an old
/// pointer would be taken for a use of the new object.
///
/// ```
/// use latchwork_model::kit::{Claim, Refs};
/// let mut inode = Refs::<2>::default();
/// inode.alloc();
/// assert!(inode.get().is_ok());
/// assert_eq!(inode.no_leak(1), Claim::Violated, "two references, and one pointer is left");
/// assert!(!inode.put());
/// assert!(inode.put(), "the last reference");
/// inode.touch();
/// assert_eq!(inode.no_use_after_free(), Claim::Violated);
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    FromZeros,
    Immutable,
    IntoBytes,
    KnownLayout,
    Unaligned,
)]
#[repr(transparent)]
pub struct Refs<const N: u8> {
    /// The number of references, or [`MISUSED`].
    count: u8,
}

/// The count of an object that was used when it was not live. Nothing changes it.
const MISUSED: u8 = u8::MAX;

impl<const N: u8> Refs<N> {
    const FITS: () = assert!(0 < N && N < MISUSED, "an object has 1 to 254 references");

    /// Creates the object, with one reference. An object that is live starts anew, so guard it with
    /// `when(!object.is_live())?`.
    #[inline]
    pub const fn alloc(&mut self) {
        let () = Self::FITS;
        if self.count != MISUSED {
            self.count = 1;
        }
    }

    /// Takes a reference. It is a use of the object, like [`touch`](Self::touch). The error is that
    /// there are `N` already: `object.get().or(exceeded("references"))?`.
    ///
    /// For a `get` that fails if the object is no longer live, test [`is_live`](Self::is_live) first.
    #[inline]
    pub const fn get(&mut self) -> Result<(), Full> {
        match self.count {
            0 | MISUSED => self.count = MISUSED,
            count if count >= N => return Err(Full),
            _ => self.count += 1,
        }
        Ok(())
    }

    /// Gives a reference back, and returns whether it was the last one: the object is freed then. It
    /// is a use of the object, like [`touch`](Self::touch).
    #[inline]
    pub const fn put(&mut self) -> bool {
        match self.count {
            0 | MISUSED => self.count = MISUSED,
            _ => self.count -= 1,
        }
        self.count == 0
    }

    /// Uses the object: reads or writes a field of it, locks it. If the object is not live, it stays
    /// marked for [`no_use_after_free`](Self::no_use_after_free).
    #[inline]
    pub const fn touch(&mut self) {
        if self.count == 0 {
            self.count = MISUSED;
        }
    }

    /// Returns whether the object is live.
    #[inline]
    pub const fn is_live(&self) -> bool {
        self.count > 0 && self.count != MISUSED
    }

    /// Returns the number of references.
    #[inline]
    pub const fn count(&self) -> u8 {
        if self.is_live() { self.count } else { 0 }
    }

    /// Claims that the object is used only while it is live: an `invariant`.
    #[inline(always)]
    #[cfg_attr(feature = "mutants", track_caller)]
    pub fn no_use_after_free(&self) -> Claim {
        claim(self.count != MISUSED)
    }

    /// Claims that a live object has no more references than pointers, of which there are this many:
    /// an `at_rest` property.
    #[inline(always)]
    #[cfg_attr(feature = "mutants", track_caller)]
    pub fn no_leak(&self, pointers: u8) -> Claim {
        implies(self.is_live(), self.count <= pointers)
    }
}

impl<const N: u8> Crash for Refs<N> {}

impl<const N: u8> Visit for Refs<N> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        visitor.field("count", "How many references there are.");
        visitor.number(self.count());
        visitor.leave();
        visitor.field("misused", "It was used when it was not live.");
        visitor.number(u8::from(self.count == MISUSED));
        visitor.leave();
    }
}

impl<const N: u8> Permute for Refs<N> {}

#[cfg(test)]
mod tests {
    use super::{Claim, Full, Refs};

    /// Returns an object with this many references.
    fn with(count: u8) -> Refs<3> {
        let mut refs = Refs::default();
        refs.alloc();
        for _ in 1..count {
            refs.get().expect("there is room");
        }
        refs
    }

    /// Red if a count forgets a reference, or frees an object that has one.
    #[test]
    fn the_last_put_frees() {
        let mut refs = with(3);
        assert_eq!([refs.put(), refs.put(), refs.put()], [false, false, true]);
        assert_eq!(refs, Refs::default(), "it is as if it had never lived");
        assert_eq!(refs.no_use_after_free(), Claim::Holds);
    }

    /// Red if one of the three ways to use an object is let through after it was freed, or if
    /// something later hides it.
    #[test]
    fn every_use_of_a_freed_object_is_remembered() {
        let uses: [fn(&mut Refs<3>); 3] = [
            Refs::touch,
            |refs| {
                refs.put();
            },
            |refs| assert_eq!(refs.get(), Ok(())),
        ];
        for used in uses {
            let mut refs = with(1);
            used(&mut refs);
            assert_eq!(refs.no_use_after_free(), Claim::Holds, "it is live, or is freed now");
            let mut refs = Refs::default();
            used(&mut refs);
            refs.alloc();
            refs.touch();
            assert_eq!(refs.get(), Ok(()));
            assert!(!refs.put(), "it is not freed twice");
            assert_eq!(refs.no_use_after_free(), Claim::Violated);
            assert!(!refs.is_live() && refs.count() == 0);
        }
    }

    /// Red if a leak is overlooked, or if there is one where every reference has its pointer.
    #[test]
    fn a_leak_is_a_reference_without_a_pointer() {
        let claims = |count| [0, 1, 2, 3].map(|pointers| with(count).no_leak(pointers));
        assert_eq!(claims(1), [Claim::Violated, Claim::Holds, Claim::Holds, Claim::Holds]);
        assert_eq!(claims(2)[..3], [Claim::Violated, Claim::Violated, Claim::Holds]);
        assert_eq!(Refs::<3>::default().no_leak(0), Claim::Vacuous);
    }

    /// Red if a loop that leaks makes the space infinite, or if the refused `get` changes the count.
    #[test]
    fn there_are_no_more_references_than_fit() {
        let mut refs = with(3);
        assert_eq!(refs.get(), Err(Full));
        assert_eq!(refs, with(3));
    }
}
