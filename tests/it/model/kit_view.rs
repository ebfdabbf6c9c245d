//! The model of docs/kit.md: requests that are numbered without end, of which the difference is kept.

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

/// The model, with this many requests that wait for their answers.
pub struct Numbered {
    /// How many requests may wait.
    pub window: u8,
}

actions! { Numbered, State, forget all_but_the_difference;
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

impl Numbered {
    fn all_but_the_difference(&self, s: &mut State) {
        *s = State { sent: s.sent - s.answered, answered: 0 };
    }

    fn client_send(&self, s: &mut State) -> Fired {
        when(s.sent - s.answered < self.window)?;
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

impl Model for Numbered {
    const PROPERTIES: &'static [Property<Self>] = properties! { Numbered;
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
}
