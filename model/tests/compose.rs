//! Composition: a lock and a cache, each a model of its own, in one state with a shared action.

use latchwork_model::kit::{
    Actions, FIRED, Fired, Model, Property, Set, Step, together, values, when,
};
use latchwork_model::{actions, domains, ids, properties, state};

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// The state of the lock.
    pub struct LockState {
        /// The clients that hold it.
        pub holders: Set<ClientId>,
    }
}

/// A lock.
struct Lock;

domains! { Lock, self; ClientId: 2 }

actions! { Lock, LockState;
    /// A client.
    optional client {
        /// Take the lock.
        client_lock(c: ClientId);
        /// Give it back.
        client_unlock(c: ClientId);
    }
}

impl Lock {
    fn client_lock(&self, s: &mut LockState, c: ClientId) -> Fired {
        when(s.holders.is_empty())?;
        s.holders.insert(c);
        FIRED
    }

    fn client_unlock(&self, s: &mut LockState, c: ClientId) -> Fired {
        when(s.holders.contains(c))?;
        s.holders.remove(c);
        FIRED
    }
}

impl Model for Lock {
    const PROPERTIES: &'static [Property<Self>] = properties! { Lock; };

    fn initial(&self, emit: &mut dyn FnMut(&LockState)) {
        emit(&LockState::default());
    }

    fn done(&self, _: &LockState) -> bool {
        true
    }
}

state! {
    /// The state of the cache.
    pub struct CacheState {
        /// The clients that have a copy.
        pub copies: Set<ClientId>,
    }
}

/// A cache that takes one copy for each client.
struct Cache;

domains! { Cache, self; ClientId: 2 }

actions! { Cache, CacheState;
    /// A client.
    optional client {
        /// Take a copy.
        client_fill(c: ClientId);
    }
}

impl Cache {
    fn client_fill(&self, s: &mut CacheState, c: ClientId) -> Fired {
        when(!s.copies.contains(c))?;
        s.copies.insert(c);
        FIRED
    }
}

state! {
    /// Both states.
    pub struct Both {
        /// The lock.
        pub lock: LockState,
        /// The cache.
        pub cache: CacheState,
    }
}

/// A lock in front of a cache.
struct Composed {
    lock: Lock,
    cache: Cache,
}

domains! { Composed, self; ClientId: 2 }

actions! { Composed, Both;
    /// A client.
    optional client {
        /// Take the lock and a copy, in one step of both parts.
        client_open(c: ClientId);
        /// Give the lock back.
        client_unlock(c: ClientId);
    }
}

impl Composed {
    fn client_open(&self, s: &mut Both, c: ClientId) -> Fired {
        together(s, |s| {
            self.lock.client_lock(&mut s.lock, c)?;
            self.cache.client_fill(&mut s.cache, c)
        })
    }

    fn client_unlock(&self, s: &mut Both, c: ClientId) -> Fired {
        self.lock.client_unlock(&mut s.lock, c)
    }
}

/// The names of the steps that a model can take, none of which may be cut off.
fn enabled<M: Actions>(model: &M, state: &M::State) -> Vec<String> {
    let mut names = Vec::new();
    model.successors(state, |step: Step, next| {
        assert!(next.is_ok(), "{} changes the state, and is then refused", step.spell(M::ACTIONS));
        names.push(step.spell(M::ACTIONS).to_string());
    });
    names
}

/// Red if a shared action takes the step of one part alone, or leaves a change behind when the
/// other part refuses.
#[test]
fn a_shared_action_takes_the_steps_of_all_parts_or_none() {
    let model = Composed { lock: Lock, cache: Cache };
    let mut state = Both::default();
    assert_eq!(enabled(&model, &state), ["client_open(c0)", "client_open(c1)"]);
    let open = Step { action: 0, args: [0, 0, 0] };
    assert!(model.fire(&mut state, open).is_ok());
    assert!(state.lock.holders.contains(ClientId(0)) && state.cache.copies.contains(ClientId(0)));
    // The lock is taken.
    assert_eq!(enabled(&model, &state), ["client_unlock(c0)"]);
    let unlock = Step { action: 1, args: [0, 0, 0] };
    assert!(model.fire(&mut state, unlock).is_ok());
    // The lock is free, but the cache has a copy for c0 already.
    assert_eq!(enabled(&model, &state), ["client_open(c1)"]);
}

/// Red if a part is no longer a model of its own.
#[test]
fn a_part_is_a_model_of_its_own() {
    let mut initial = Vec::new();
    Lock.initial(&mut |state| initial.push(*state));
    assert_eq!(enabled(&Lock, &initial[0]), ["client_lock(c0)", "client_lock(c1)"]);
    assert_eq!(enabled(&Cache, &CacheState::default()).len(), values::<ClientId>(&Cache).count());
}
