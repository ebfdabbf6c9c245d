//! How runs are drawn.

use crate::kit::{Bar, Mail, Seat, Spread, View};

pub const VIEW: View = View {
    seats: &[
        Seat { lane: "app", place: "node", spread: Spread::Bound("apps", "node") },
        Seat { lane: "cb", place: "node", spread: Spread::Numbered },
        Seat { lane: "dc", place: "node", spread: Spread::Numbered },
        Seat { lane: "recovery", place: "DLM", spread: Spread::Together },
        Seat { lane: "master", place: "DLM", spread: Spread::Together },
        Seat { lane: "environment", place: "outside", spread: Spread::Together },
        Seat { lane: "fault", place: "outside", spread: Spread::Together },
    ],
    bars: &[
        Bar { field: "node.*.level", label: "level", place: "node" },
        Bar { field: "node.*.busy", label: "BUSY", place: "node" },
        Bar { field: "node.*.blocked", label: "BLOCKED", place: "node" },
        Bar { field: "node.*.unlock_action", label: "unlock", place: "node" },
        Bar { field: "node.*.dead", label: "dead", place: "node" },
    ],
    mail: &[
        Mail { field: "node.*.cb", label: "", from: "master", to: "cb" },
        Mail { field: "mq", label: "CANCEL", from: "dc", to: "master" },
    ],
    nothing: &["NL"],
};
