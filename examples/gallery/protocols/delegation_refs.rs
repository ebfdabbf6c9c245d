//! The life of a delegation in an NFS server: who holds a reference to it, and who only points to it.
//!
//! An open grants a delegation in several steps. Once the lease is set, a conflicting open can break
//! it: a callback recalls the delegation, and puts it on a list from which it is revoked if the
//! client does not return it. The list holds no reference.
//!
//! Source: Linux commit "nfsd: fix use-after-free due to delegation race"; fs/nfsd/nfs4state.c:
//! nfs4_set_delegation, nfsd_break_one_deleg, nfsd4_cb_recall_prepare, nfs4_laundromat.
//! Known bug: without `list_hashed_only` a delegation is listed whose open fails, and is freed.

use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, Refs, RuleInfo, Setup,
    VariantInfo, awaits, exceeded, when,
};
use latchwork_model::{actions, properties, rules, state};

state! {
    /// How far the open is that grants the delegation.
    pub enum Open { Start, Allocated, Leased, Granted, Done }
}

state! {
    /// How far the callback is.
    pub enum Callback { Idle, Queued, Sent }
}

state! {
    /// How far the conflicting open is.
    pub enum Writer { Start, Waits, Done }
}

state! {
    /// The whole state.
    pub struct State {
        /// The references to the delegation: of the open, the table of stateids, and the callback.
        pub refs: Refs<3>,
        /// The open that grants the delegation. It has a pointer until it is done.
        pub open: Open,
        /// The delegation is in the table of stateids.
        pub hashed: bool,
        /// The delegation is on the list of those that were recalled.
        pub listed: bool,
        /// The file has a lease for the delegation.
        pub lease: bool,
        /// The callback of the lease. It has a pointer unless it is idle.
        pub callback: Callback,
        /// The conflicting open.
        pub writer: Writer,
        /// How many more opens can be granted a delegation.
        pub opens: u8,
    }
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// The callback puts a delegation on the list only if it is in the table.
        list_hashed_only "nfsd4_cb_recall_prepare, delegation_hashed" [1];
        /// A break takes a reference for the callback.
        get_for_callback "nfsd_break_one_deleg" [1];
        /// An open that cannot grant the delegation gives its reference back.
        put_on_failure "nfs4_set_delegation" [1];
        /// After it has set the lease, the open looks for a conflict again.
        check_again "nfs4_set_delegation, fi_had_conflict" [1];
    }
    variants {}
}

/// The protocol in one configuration.
pub struct DelegationRefs {
    opens: u8,
    rules: Rules,
}

actions! { DelegationRefs, State;
    /// The open that grants the delegation.
    fair open {
        /// Allocate a delegation.
        open_alloc();
        /// Set a lease for it on the file.
        open_lease();
        /// Put it into the table, unless there was a conflict.
        open_hash();
        /// Answer the client, and give the reference back.
        open_answer() => client;
    }
    /// The conflicting open.
    fair writer {
        /// Break the lease, and wait.
        writer_break() => callback;
        /// Open the file: it has no lease.
        writer_open();
    }
    /// The thread that makes callbacks.
    fair callback {
        /// Send the recall, and put the delegation on the list.
        callback_send() => client;
        /// The recall was answered.
        callback_end();
    }
    /// The client, which returns the delegation or not.
    optional client {
        /// Return the delegation.
        client_return();
    }
    /// The laundromat.
    fair laundromat {
        /// Revoke the delegation on the list, which was not returned in time.
        laundromat_revoke();
    }
}

impl DelegationRefs {
    /// Takes the delegation out of the table and off the list, ends its lease, and puts the
    /// reference of the table.
    fn destroy(&self, s: &mut State) {
        s.lease = false;
        s.listed = false;
        if s.hashed {
            s.hashed = false;
            s.refs.put();
        }
    }

    /// Returns how many pointers come with a reference.
    fn pointers(&self, s: &State) -> u8 {
        let of_open = !matches!(s.open, Open::Start | Open::Done);
        [of_open, s.hashed, s.callback != Callback::Idle].map(u8::from).iter().sum()
    }

    fn open_alloc(&self, s: &mut State) -> Fired {
        let gone = !s.refs.is_live() && self.pointers(s) == 0 && !s.listed;
        when(matches!(s.open, Open::Start | Open::Done) && s.opens > 0 && gone)?;
        s.opens -= 1;
        s.open = Open::Allocated;
        s.refs.alloc();
        FIRED
    }

    fn open_lease(&self, s: &mut State) -> Fired {
        when(s.open == Open::Allocated)?;
        s.refs.touch();
        if s.writer == Writer::Start {
            s.open = Open::Leased;
            s.lease = true;
        } else {
            s.open = Open::Done;
            s.refs.put();
        }
        FIRED
    }

    fn open_hash(&self, s: &mut State) -> Fired {
        when(s.open == Open::Leased)?;
        if s.writer == Writer::Start || !self.rules.check_again {
            s.open = Open::Granted;
            s.hashed = true;
            return s.refs.get().or(exceeded("references"));
        }
        s.open = Open::Done;
        s.lease = false;
        if self.rules.put_on_failure {
            s.refs.put();
        }
        FIRED
    }

    fn open_answer(&self, s: &mut State) -> Fired {
        when(s.open == Open::Granted)?;
        s.open = Open::Done;
        s.refs.put();
        FIRED
    }

    fn writer_break(&self, s: &mut State) -> Fired {
        when(s.writer == Writer::Start && s.lease)?;
        s.writer = Writer::Waits;
        s.callback = Callback::Queued;
        if self.rules.get_for_callback {
            s.refs.get().or(exceeded("references"))?;
        }
        FIRED
    }

    fn writer_open(&self, s: &mut State) -> Fired {
        when(s.writer != Writer::Done && !s.lease)?;
        s.writer = Writer::Done;
        FIRED
    }

    fn callback_send(&self, s: &mut State) -> Fired {
        when(s.callback == Callback::Queued)?;
        s.callback = Callback::Sent;
        s.refs.touch();
        s.listed = s.hashed || !self.rules.list_hashed_only;
        FIRED
    }

    fn callback_end(&self, s: &mut State) -> Fired {
        when(s.callback == Callback::Sent)?;
        s.callback = Callback::Idle;
        if self.rules.get_for_callback {
            s.refs.put();
        }
        FIRED
    }

    fn client_return(&self, s: &mut State) -> Fired {
        when(s.hashed && s.open == Open::Done)?;
        self.destroy(s);
        FIRED
    }

    fn laundromat_revoke(&self, s: &mut State) -> Fired {
        when(s.listed)?;
        s.refs.touch();
        self.destroy(s);
        FIRED
    }

    fn no_use_after_free(&self, s: &State) -> Claim {
        s.refs.no_use_after_free()
    }

    fn no_leak(&self, s: &State) -> Claim {
        s.refs.no_leak(self.pointers(s))
    }

    fn writer_is_served(&self, s: &State) -> Claim {
        awaits(s.writer == Writer::Waits, s.writer == Writer::Done)
    }
}

impl Model for DelegationRefs {
    const PROPERTIES: &'static [Property<Self>] = properties! { DelegationRefs;
        /// The delegation is used only while it is live.
        invariant no_use_after_free;
        /// The delegation has no more references than pointers.
        at_rest no_leak;
        /// A conflicting open that waits for the delegation goes on in the end.
        leads_to writer_is_served;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State { opens: self.opens, ..State::default() });
    }

    fn done(&self, s: &State) -> bool {
        s.writer == Writer::Done && s.callback == Callback::Idle
    }
}

impl Protocol for DelegationRefs {
    const NAME: &'static str = "delegation_refs";
    const SUMMARY: &'static str = "the references to a delegation in an NFS server";
    const BOUNDS: &'static [Field] = &[Field::number(
        "opens",
        "How many opens can be granted a delegation, one after the other.",
        1,
        3,
        1,
    )];
    const FAULTS: &'static [Field] = &[];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self { opens: setup.bounds.get("opens").number(), rules: Rules::from(setup.rules) })
    }
}
