//! How runs are drawn.

use crate::kit::{Bar, Seat, Spread, View};

pub const VIEW: View = View {
    seats: &[
        Seat { lane: "dirop", place: "operations", spread: Spread::Apart },
        Seat { lane: "environment", place: "outside", spread: Spread::Together },
    ],
    bars: &[
        Bar { field: "rename_mutex", label: "rename mutex", place: "operations" },
        Bar { field: "lock.*", label: "lock", place: "operations" },
    ],
    mail: &[],
    nothing: &[],
};
