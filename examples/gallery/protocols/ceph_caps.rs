//! A capability of Ceph's MDS: it is issued to a client, revoked for a reader, and released.
//!
//! Each message of the MDS about a capability has a new `seq`. `last_issue` is the `seq` with which it
//! was issued last; a later grant does not change it. A release carries the newest `seq` that the
//! client has seen, so that the MDS can tell an old release from one of the present capability.
//!
//! Source: Ceph pull request 56828, "mds: do remove the cap when seqs equal or larger than last
//! issue", with the loop in its description.
//! Known bug: without `newer_release_counts` the MDS skips the release after a grant, and revokes a
//! capability again and again that the client no longer has.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fifo, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Setup,
    Stamp, VariantInfo, awaits, claim, exceeded, renumber, when,
};
use latchwork_model::{actions, properties, rules, state};

state! {
    /// What a message is about.
    pub enum Kind { Issue, Grant, Revoke, Ack, Release }
}

state! {
    /// A message about the capability.
    pub struct Message {
        /// What it is about.
        pub kind: Kind,
        /// Its sequence number.
        pub seq: Stamp,
    }
}

state! {
    /// Another client, which reads.
    pub enum Reader { Idle, Waits, Reads }
}

state! {
    /// The whole state.
    pub struct State {
        /// The client wants the capability.
        pub wants: bool,
        /// The client has the capability.
        pub has: bool,
        /// The newest number that the client has seen about it.
        pub known: Stamp,
        /// The MDS believes that the client has the capability.
        pub issued: bool,
        /// The MDS has sent a revoke, and waits.
        pub revoking: bool,
        /// The number of the newest message of the MDS.
        pub seq: Stamp,
        /// The number of the message that issued the capability.
        pub last_issue: Stamp,
        /// The reader.
        pub reader: Reader,
        /// Messages to the client.
        pub to_client: Fifo<Message, 4>,
        /// Messages to the MDS.
        pub to_mds: Fifo<Message, 4>,
        /// How often the client may still want the capability.
        pub uses: u8,
        /// How often the reader may still read.
        pub reads: u8,
        /// How many grants the MDS may still send.
        pub grants: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// A release counts if its number is that of the last issue, or a later one.
        newer_release_counts "Ceph pull request 56828" [1];
        /// A release from before the last issue is ignored.
        ignore_old_release "Ceph, Locker::_do_cap_release" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct CephCaps {
    uses: u8,
    reads: u8,
    grants: u8,
    rules: Rules,
}

actions! { CephCaps, State;
    /// A client that uses the capability, and drops it when it likes.
    fair client {
        /// Want the capability.
        client_want() => mds;
        /// Receive a message of the MDS.
        client_receive() => mds;
    }
    /// A client may drop what it caches, but need not.
    optional cache {
        /// Release the capability: the cache is full.
        cache_drop() => mds;
    }
    /// The MDS.
    fair mds {
        /// Issue the capability.
        mds_issue() => client;
        /// Revoke the capability for the reader.
        mds_revoke() => client;
        /// Receive a message of the client.
        mds_receive();
    }
    /// The MDS may tell the client about its capability at any time.
    optional locker {
        /// Send a grant, which does not count as an issue.
        locker_grant() => client;
    }
    /// Another client.
    fair reader {
        /// Ask.
        reader_ask() => mds;
        /// Read: nobody else has the capability.
        reader_read();
        /// Be done.
        reader_finish();
    }
}

fn every_stamp(s: &mut State, each: &mut dyn FnMut(&mut Stamp)) {
    for stamp in [&mut s.known, &mut s.seq, &mut s.last_issue] {
        each(stamp);
    }
    for message in s.to_client.items_mut().iter_mut().chain(s.to_mds.items_mut()) {
        each(&mut message.seq);
    }
}

impl CephCaps {
    /// The MDS sends a message with a new number.
    fn tell(&self, s: &mut State, kind: Kind) -> Fired {
        let seq = Stamp::fresh(s, every_stamp);
        s.seq = seq;
        if kind == Kind::Issue {
            s.last_issue = seq;
        }
        s.to_client.push(Message { kind, seq }).or(exceeded("to_client"))
    }

    fn answer(&self, s: &mut State, kind: Kind, seq: Stamp) -> Fired {
        s.to_mds.push(Message { kind, seq }).or(exceeded("to_mds"))
    }

    fn client_want(&self, s: &mut State) -> Fired {
        when(s.uses > 0 && !s.has && !s.wants)?;
        s.uses -= 1;
        s.wants = true;
        FIRED
    }

    fn client_receive(&self, s: &mut State) -> Fired {
        let Some(Message { kind, seq }) = s.to_client.head() else { return when(false) };
        s.to_client.pop();
        match kind {
            Kind::Issue => (s.has, s.wants, s.known) = (true, false, seq),
            Kind::Grant if s.has => s.known = seq,
            Kind::Revoke if s.has => {
                (s.has, s.known) = (false, Stamp::NONE);
                self.answer(s, Kind::Ack, seq)?;
            }
            // The client no longer has it: the release is on its way, or was skipped.
            Kind::Revoke => self.answer(s, Kind::Release, seq)?,
            _ => {}
        }
        renumber(s, every_stamp);
        FIRED
    }

    fn cache_drop(&self, s: &mut State) -> Fired {
        when(s.has)?;
        let known = s.known;
        (s.has, s.known) = (false, Stamp::NONE);
        self.answer(s, Kind::Release, known)
    }

    fn mds_issue(&self, s: &mut State) -> Fired {
        when(s.wants && !s.issued && s.reader == Reader::Idle)?;
        s.issued = true;
        self.tell(s, Kind::Issue)
    }

    fn mds_revoke(&self, s: &mut State) -> Fired {
        when(s.reader == Reader::Waits && s.issued && !s.revoking)?;
        s.revoking = true;
        self.tell(s, Kind::Revoke)
    }

    fn mds_receive(&self, s: &mut State) -> Fired {
        let Some(Message { kind, seq }) = s.to_mds.head() else { return when(false) };
        s.to_mds.pop();
        let old = seq < s.last_issue && self.rules.ignore_old_release;
        let newer = seq > s.last_issue && !self.rules.newer_release_counts;
        let counts = if kind == Kind::Ack { seq == s.seq } else { !old && !newer };
        if counts {
            s.issued = false;
        }
        // What is left of the capability is looked at again: a release ends a revoke.
        s.revoking &= !counts && !newer;
        renumber(s, every_stamp);
        FIRED
    }

    fn locker_grant(&self, s: &mut State) -> Fired {
        when(s.grants > 0 && s.issued && !s.revoking)?;
        s.grants -= 1;
        self.tell(s, Kind::Grant)
    }

    fn reader_ask(&self, s: &mut State) -> Fired {
        when(s.reads > 0 && s.reader == Reader::Idle)?;
        s.reads -= 1;
        s.reader = Reader::Waits;
        FIRED
    }

    fn reader_read(&self, s: &mut State) -> Fired {
        when(s.reader == Reader::Waits && !s.issued)?;
        s.reader = Reader::Reads;
        FIRED
    }

    fn reader_finish(&self, s: &mut State) -> Fired {
        when(s.reader == Reader::Reads)?;
        s.reader = Reader::Idle;
        FIRED
    }

    fn one_side(&self, s: &State) -> Claim {
        claim(!(s.has && s.reader == Reader::Reads))
    }

    fn reader_is_served(&self, s: &State) -> Claim {
        awaits(s.reader == Reader::Waits, s.reader == Reader::Reads)
    }
}

impl Model for CephCaps {
    const PROPERTIES: &'static [Property<Self>] = properties! { CephCaps;
        /// Nobody reads while the client has the capability.
        invariant one_side;
        /// A reader that waits reads in the end.
        leads_to reader_is_served;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let Self { uses, reads, grants, .. } = *self;
        emit(&State { uses, reads, grants, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        s.uses == 0 && !s.wants && s.reads == 0 && s.reader == Reader::Idle
    }
}

impl Protocol for CephCaps {
    const NAME: &'static str = "ceph_caps";
    const SUMMARY: &'static str = "a capability that a client releases while the MDS revokes it";
    const BOUNDS: &'static [Field] = &[
        Field::number("uses", "How often the client wants the capability.", 0, 3, 2),
        Field::number("reads", "How often another client reads.", 0, 3, 2),
        Field::number("grants", "How many grants the MDS sends.", 0, 2, 1),
    ];
    const FAULTS: &'static [Field] = &[];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            uses: setup.bounds.get("uses").number(),
            reads: setup.bounds.get("reads").number(),
            grants: setup.bounds.get("grants").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
