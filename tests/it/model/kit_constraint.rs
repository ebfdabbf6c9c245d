//! The model of docs/kit.md: a client that numbers its requests without end.

use latchwork_model::kit::{Claim, FIRED, Fired, Model, Property, awaits, claim, when};
use latchwork_model::{actions, properties, state};

state! {
    /// The whole state.
    pub struct State {
        /// The number of the last request.
        pub sent: u8,
        /// The number of the last answer.
        pub answered: u8,
    }
}

/// The model, with this many requests within the constraint.
pub struct Requests {
    /// The last request within the constraint.
    pub most: u8,
}

actions! { Requests, State;
    /// The client.
    optional client {
        /// Send the next request.
        client_send() => server;
    }
    /// The server.
    fair server {
        /// Answer the next request.
        server_answer() => client;
    }
}

impl Requests {
    fn client_send(&self, s: &mut State) -> Fired {
        when(s.sent - s.answered < 2)?;
        s.sent += 1;
        FIRED
    }

    fn server_answer(&self, s: &mut State) -> Fired {
        when(s.answered < s.sent)?;
        s.answered += 1;
        FIRED
    }

    fn answers_follow(&self, s: &State) -> Claim {
        claim(s.answered <= s.sent)
    }

    fn request_is_answered(&self, s: &State) -> Claim {
        awaits(s.answered < s.sent, s.answered == s.sent)
    }
}

impl Model for Requests {
    const PROPERTIES: &'static [Property<Self>] = properties! { Requests;
        /// No answer comes before its request.
        invariant answers_follow;
        /// A request is answered in the end.
        leads_to request_is_answered;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        s.sent == s.answered
    }

    fn constraint(&self, s: &State) -> bool {
        s.sent < self.most
    }
}
