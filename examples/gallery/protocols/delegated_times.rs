//! Delegated timestamps of NFSv4.2: the holder of a write delegation says when the file was changed.
//!
//! While the delegation is out, the client stamps its own writes, and sets the times at the server
//! before it returns the delegation. The server asks it when somebody else wants to know. A client may
//! return the delegation without having set the times.
//!
//! Source: RFC 9754, section 5 "Proxying of Times", and the Linux commit "nfsd: freeze c/mtime updates
//! with outstanding WRITE_ATTRS delegation" (e5e9b24ab8fa).
//! Known bug: without `freeze_times` the server stamps the writes as well, and the time goes back when
//! the client sets its own, which is earlier.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Setup, Stamp,
    VariantInfo, claim, implies, renumber, when,
};
use latchwork_model::{actions, properties, rules, state};

state! {
    /// The whole state.
    pub struct State {
        /// The client has given the delegation back.
        pub returned: bool,
        /// When the client last wrote, by its clock.
        pub wrote: Stamp,
        /// The modification time at the server.
        pub time: Stamp,
        /// The file was written since the delegation was given (`dl_written`).
        pub written: bool,
        /// The client has set the time of its last write (`dl_setattr`).
        pub set: bool,
        /// The time that the reader has seen last.
        pub seen: Stamp,
        /// The time that a process at the server has seen last.
        pub local_seen: Stamp,
        /// The file has changed since the reader looked last. No process knows this.
        pub changed: bool,
        /// Somebody saw a time that is older than one seen before. No process knows this.
        pub back: bool,
        /// The reader saw no new time although the file had changed. No process knows this.
        pub missed: bool,
        /// How often the client still writes.
        pub writes: u8,
        /// How often somebody still looks.
        pub reads: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// The server does not stamp writes of the client that holds the delegation.
        freeze_times "Linux commit e5e9b24ab8fa" [1];
        /// The server asks the holder for the time before it answers somebody else (CB_GETATTR).
        ask_holder "RFC 9754, section 5" [1];
        /// The server stamps the file when the delegation comes back after writes whose time is not set.
        stamp_on_return "Linux commit e5e9b24ab8fa" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct DelegatedTimes {
    writes: u8,
    reads: u8,
    rules: Rules,
}

actions! { DelegatedTimes, State;
    /// The client with the delegation.
    fair client {
        /// Write.
        client_write();
        /// Return the delegation.
        client_return();
    }
    /// A client may set the times, but need not.
    optional attributes {
        /// Set the time of the last write at the server.
        attributes_set();
    }
    /// Another client.
    fair reader {
        /// Ask the server for the modification time.
        reader_look();
    }
    /// A process at the server, for which the holder is not asked.
    fair local {
        /// Look at the modification time.
        local_look();
    }
}

fn every_stamp(s: &mut State, each: &mut dyn FnMut(&mut Stamp)) {
    for stamp in [&mut s.wrote, &mut s.time, &mut s.seen, &mut s.local_seen] {
        each(stamp);
    }
}

impl DelegatedTimes {
    /// The server takes the time over from the client.
    fn take_over(&self, s: &mut State) {
        (s.time, s.set) = (s.wrote, true);
    }

    fn client_write(&self, s: &mut State) -> Fired {
        when(!s.returned && s.writes > 0)?;
        s.writes -= 1;
        s.wrote = Stamp::fresh(s, every_stamp);
        (s.written, s.set, s.changed) = (true, false, true);
        if !self.rules.freeze_times {
            // The write reaches the server a little later than the client stamped it.
            s.time = Stamp::fresh(s, every_stamp);
        }
        renumber(s, every_stamp);
        FIRED
    }

    fn client_return(&self, s: &mut State) -> Fired {
        when(!s.returned)?;
        s.returned = true;
        if s.written && !s.set && self.rules.stamp_on_return {
            s.time = Stamp::fresh(s, every_stamp);
            renumber(s, every_stamp);
        }
        FIRED
    }

    fn attributes_set(&self, s: &mut State) -> Fired {
        when(!s.returned && s.written && !s.set)?;
        self.take_over(s);
        renumber(s, every_stamp);
        FIRED
    }

    fn reader_look(&self, s: &mut State) -> Fired {
        when(s.reads > 0)?;
        s.reads -= 1;
        if !s.returned && s.written && self.rules.ask_holder {
            self.take_over(s);
        }
        s.back |= s.time < s.seen;
        s.missed |= s.changed && s.time == s.seen;
        (s.seen, s.changed) = (s.time, false);
        renumber(s, every_stamp);
        FIRED
    }

    fn local_look(&self, s: &mut State) -> Fired {
        when(s.reads > 0)?;
        s.reads -= 1;
        s.back |= s.time < s.local_seen;
        s.local_seen = s.time;
        renumber(s, every_stamp);
        FIRED
    }

    fn time_does_not_go_back(&self, s: &State) -> Claim {
        claim(!s.back)
    }

    fn reader_sees_changes(&self, s: &State) -> Claim {
        claim(!s.missed)
    }

    fn returned_time_is_new(&self, s: &State) -> Claim {
        implies(s.returned, s.time >= s.wrote)
    }
}

impl Model for DelegatedTimes {
    const PROPERTIES: &'static [Property<Self>] = properties! { DelegatedTimes;
        /// Nobody sees a time that is older than one seen before.
        invariant time_does_not_go_back;
        /// A client that looks after a change sees another time.
        invariant reader_sees_changes;
        /// After the return the time is not older than the last write.
        invariant returned_time_is_new;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State { writes: self.writes, reads: self.reads, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        s.returned && s.reads == 0
    }
}

impl Protocol for DelegatedTimes {
    const NAME: &'static str = "delegated_times";
    const SUMMARY: &'static str =
        "a client with a delegation says when a file was changed (RFC 9754)";
    const BOUNDS: &'static [Field] = &[
        Field::number("writes", "How often the client writes.", 1, 3, 2),
        Field::number("reads", "How often somebody else looks.", 1, 4, 3),
    ];
    const FAULTS: &'static [Field] = &[];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self {
            writes: setup.bounds.get("writes").number(),
            reads: setup.bounds.get("reads").number(),
            rules: Rules::from(setup.rules),
        })
    }
}
