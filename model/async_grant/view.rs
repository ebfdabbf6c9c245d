//! How runs are drawn.

use crate::kit::{Bar, Mail, Seat, Spread, View};

pub const VIEW: View = View {
    seats: &[
        Seat { lane: "client", place: "client", spread: Spread::Numbered },
        Seat { lane: "client_rx", place: "client", spread: Spread::Numbered },
        Seat { lane: "lm", place: "server", spread: Spread::Apart },
        Seat { lane: "lm_timer", place: "server", spread: Spread::Together },
        Seat { lane: "fs", place: "server", spread: Spread::Together },
        Seat { lane: "master", place: "DLM", spread: Spread::Together },
        Seat { lane: "master_deadlock", place: "DLM", spread: Spread::Together },
        Seat { lane: "remote_lock", place: "other node", spread: Spread::Together },
        Seat { lane: "remote_unlock", place: "other node", spread: Spread::Together },
        Seat { lane: "process", place: "server", spread: Spread::Numbered },
        Seat { lane: "process_rx", place: "server", spread: Spread::Together },
        Seat { lane: "fault", place: "outside", spread: Spread::Together },
    ],
    bars: &[
        Bar { field: "in_call", label: "in call", place: "server" },
        Bar { field: "block.*.present", label: "block", place: "server" },
        Bar { field: "mirror.*", label: "mirror", place: "server" },
        Bar { field: "grace", label: "grace", place: "server" },
    ],
    mail: &[
        Mail { field: "client.*.lock_n", label: "LOCK", from: "client", to: "lm" },
        Mail { field: "client.*.cancel_msg", label: "CANCEL", from: "client", to: "lm" },
        Mail { field: "client.*.unlock_msg", label: "UNLOCK", from: "client", to: "lm" },
        Mail { field: "client.*.granted_msg", label: "GRANTED", from: "lm", to: "client_rx" },
        Mail { field: "client.*.reply", label: "", from: "lm", to: "client_rx" },
        Mail { field: "client.*.grant_res", label: "GRANTED_RES", from: "client_rx", to: "lm" },
    ],
    nothing: &[],
};
