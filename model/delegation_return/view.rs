//! How runs are drawn.

use crate::kit::{Bar, Mail, Seat, Spread, View};

pub const VIEW: View = View {
    seats: &[
        Seat { lane: "app", place: "client", spread: Spread::Apart },
        Seat { lane: "ret", place: "client", spread: Spread::Together },
        Seat { lane: "mgr", place: "client", spread: Spread::Together },
        Seat { lane: "renew", place: "client", spread: Spread::Together },
        Seat { lane: "cb", place: "client", spread: Spread::Together },
        Seat { lane: "srv", place: "server", spread: Spread::Together },
        Seat { lane: "rival", place: "other client", spread: Spread::Together },
        Seat { lane: "fault", place: "outside", spread: Spread::Together },
    ],
    bars: &[
        Bar { field: "deleg.attached", label: "delegation", place: "client" },
        Bar { field: "deleg.returning", label: "RETURNING", place: "client" },
        Bar { field: "client.draining", label: "draining", place: "client" },
        Bar { field: "server.deleg", label: "delegation", place: "server" },
        Bar { field: "server.recall", label: "recall", place: "server" },
        Bar { field: "server.grace", label: "GRACE", place: "server" },
    ],
    mail: &[
        Mail { field: "call.*.reply", label: "", from: "srv", to: "app" },
        Mail { field: "ret.reply", label: "", from: "srv", to: "ret" },
        Mail { field: "cb.in_flight", label: "CB_RECALL", from: "srv", to: "cb" },
        Mail { field: "cb.reply", label: "", from: "cb", to: "srv" },
    ],
    nothing: &["No"],
};
