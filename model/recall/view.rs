//! How runs are drawn.

use crate::kit::{Bar, Seat, Spread, View};

pub const VIEW: View = View {
    seats: &[
        Seat { lane: "op", place: "server", spread: Spread::Apart },
        Seat { lane: "grant", place: "server", spread: Spread::Together },
        Seat { lane: "callback", place: "server", spread: Spread::Together },
        Seat { lane: "server", place: "server", spread: Spread::Together },
        Seat { lane: "client", place: "client", spread: Spread::Numbered },
        Seat { lane: "application", place: "client", spread: Spread::Numbered },
        Seat { lane: "caller", place: "outside", spread: Spread::Together },
        Seat { lane: "unrelated", place: "outside", spread: Spread::Together },
        Seat { lane: "environment", place: "outside", spread: Spread::Together },
    ],
    bars: &[
        Bar { field: "lease.*.*.kind", label: "lease", place: "server" },
        Bar { field: "lease.*.*.breaking", label: "breaking", place: "server" },
        Bar { field: "grace", label: "grace", place: "server" },
        Bar { field: "held.*.*.belief", label: "believes", place: "client" },
        Bar { field: "held.*.*.dirty", label: "dirty", place: "client" },
        Bar { field: "client.*.dead", label: "dead", place: "client" },
    ],
    mail: &[],
    nothing: &[],
};
