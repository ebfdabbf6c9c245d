//! The model of docs/kit.md: readers of an object in a cache that evicts it.

use latchwork_model::kit::{
    Claim, FIRED, Fired, Model, Property, Refs, Table, exceeded, values, when,
};
use latchwork_model::{actions, domains, ids, properties, state};

ids! {
    /// A reader.
    pub ReaderId r;
}

state! {
    /// How far a reader is. It has a pointer to the object once it has found it.
    pub enum At { Start, Found, Done }
}

state! {
    /// The whole state.
    pub struct State {
        /// The references to the object: of the cache and of the readers.
        pub object: Refs<3>,
        /// The cache has a pointer to the object.
        pub cached: bool,
        /// The readers.
        pub reader: Table<ReaderId, At, 2>,
    }
}

/// The model.
pub struct Cache {
    /// A reader takes a reference to what it has found.
    pub gets: bool,
    /// A reader gives its reference back.
    pub puts: bool,
}

domains! { Cache, self; ReaderId: 2 }

actions! { Cache, State;
    /// A reader.
    fair reader {
        /// Find the object in the cache.
        reader_find(r: ReaderId);
        /// Read the object.
        reader_read(r: ReaderId);
    }
    /// The cache.
    fair cache {
        /// Forget the object.
        cache_evict();
    }
}

impl Cache {
    fn reader_find(&self, s: &mut State, r: ReaderId) -> Fired {
        when(s.reader[r] == At::Start && s.cached)?;
        s.reader[r] = At::Found;
        if self.gets {
            s.object.get().or(exceeded("references"))?;
        }
        FIRED
    }

    fn reader_read(&self, s: &mut State, r: ReaderId) -> Fired {
        when(s.reader[r] == At::Found)?;
        s.reader[r] = At::Done;
        s.object.touch();
        if self.gets && self.puts {
            s.object.put();
        }
        FIRED
    }

    fn cache_evict(&self, s: &mut State) -> Fired {
        when(s.cached)?;
        s.cached = false;
        s.object.put();
        FIRED
    }

    fn no_use_after_free(&self, s: &State) -> Claim {
        s.object.no_use_after_free()
    }

    fn no_leak(&self, s: &State) -> Claim {
        let readers = values::<ReaderId>(self).filter(|r| s.reader[*r] == At::Found).count();
        s.object.no_leak(u8::from(s.cached) + readers as u8)
    }
}

impl Model for Cache {
    const PROPERTIES: &'static [Property<Self>] = properties! { Cache;
        /// The object is used only while it is live.
        invariant no_use_after_free;
        /// The object has no more references than pointers.
        at_rest no_leak;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut state = State { cached: true, ..State::default() };
        state.object.alloc();
        emit(&state);
    }

    fn done(&self, s: &State) -> bool {
        !s.cached
    }
}
