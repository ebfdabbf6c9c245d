//! The model of docs/kit.md: a lock and a cache, two models in one state with a shared action.

use latchwork_model::kit::{
    Claim, FIRED, Fired, Model, Property, Set, claim, together, values, when,
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

/// The first part: a lock.
pub struct Lock;

domains! { Lock, self; ClientId: 2 }

actions! { Lock, LockState;
    /// A client.
    optional client {
        /// Take the lock.
        client_lock(c: ClientId);
        /// Give the lock back.
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

    fn one_holder(&self, s: &LockState) -> Claim {
        claim(s.holders.len() <= 1)
    }
}

impl Model for Lock {
    const PROPERTIES: &'static [Property<Self>] = properties! { Lock;
        /// At most one client has the lock.
        invariant one_holder;
    };

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
        /// The clients that have a current copy.
        pub current: Set<ClientId>,
        /// The clients that have an old copy.
        pub old: Set<ClientId>,
    }
}

/// The second part: copies of a file, without any lock.
pub struct Cache;

domains! { Cache, self; ClientId: 2 }

actions! { Cache, CacheState;
    /// A client.
    optional client {
        /// Read the file into a copy.
        client_fill(c: ClientId);
        /// Write the file, and keep a copy.
        client_write(c: ClientId);
        /// Forget the copy.
        client_forget(c: ClientId);
    }
}

impl Cache {
    fn client_fill(&self, s: &mut CacheState, c: ClientId) -> Fired {
        when(!s.current.contains(c) && !s.old.contains(c))?;
        s.current.insert(c);
        FIRED
    }

    fn client_write(&self, s: &mut CacheState, c: ClientId) -> Fired {
        for other in values::<ClientId>(self).filter(|other| s.current.contains(*other)) {
            s.old.insert(other);
        }
        s.current = Set::EMPTY;
        s.current.insert(c);
        s.old.remove(c);
        FIRED
    }

    fn client_forget(&self, s: &mut CacheState, c: ClientId) -> Fired {
        when(s.current.contains(c) || s.old.contains(c))?;
        s.current.remove(c);
        s.old.remove(c);
        FIRED
    }

    fn copies_are_current(&self, s: &CacheState) -> Claim {
        claim(s.old.is_empty())
    }
}

impl Model for Cache {
    const PROPERTIES: &'static [Property<Self>] = properties! { Cache;
        /// Every copy is the file as it is.
        invariant copies_are_current;
    };

    fn initial(&self, emit: &mut dyn FnMut(&CacheState)) {
        emit(&CacheState::default());
    }

    fn done(&self, _: &CacheState) -> bool {
        true
    }
}

state! {
    /// The whole state: the states of the parts.
    pub struct State {
        /// The lock.
        pub lock: LockState,
        /// The cache.
        pub cache: CacheState,
    }
}

/// A cache under a lock.
pub struct LockedCache {
    /// A client forgets its copy when it gives the lock back.
    pub forgets: bool,
}

domains! { LockedCache, self; ClientId: 2 }

actions! { LockedCache, State;
    /// A client.
    optional client {
        /// Take the lock, and read the file.
        client_open(c: ClientId);
        /// Write the file.
        client_write(c: ClientId);
        /// Give the lock back.
        client_close(c: ClientId);
    }
}

impl LockedCache {
    fn client_open(&self, s: &mut State, c: ClientId) -> Fired {
        together(s, |s| {
            Lock.client_lock(&mut s.lock, c)?;
            Cache.client_fill(&mut s.cache, c)
        })
    }

    fn client_write(&self, s: &mut State, c: ClientId) -> Fired {
        when(s.lock.holders.contains(c))?;
        Cache.client_write(&mut s.cache, c)
    }

    fn client_close(&self, s: &mut State, c: ClientId) -> Fired {
        together(s, |s| {
            Lock.client_unlock(&mut s.lock, c)?;
            if self.forgets { Cache.client_forget(&mut s.cache, c) } else { FIRED }
        })
    }

    fn copies_are_current(&self, s: &State) -> Claim {
        Cache.copies_are_current(&s.cache)
    }
}

impl Model for LockedCache {
    const PROPERTIES: &'static [Property<Self>] = properties! { LockedCache;
        /// Every copy is the file as it is.
        invariant copies_are_current;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, _: &State) -> bool {
        true
    }
}
