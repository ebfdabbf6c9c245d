//! A recording checked against a protocol.
//!
//! | file | what it holds |
//! |---|---|
//! | `slice` | a slice checked against its protocol in one configuration |
//! | `diagnosis` | why a recording is rejected |
//! | `switches` | the rules, variants and faults with which it would be admitted |
//! | `kept` | an explaining run as a case |

mod diagnosis;
mod kept;
mod slice;
mod switches;

pub use diagnosis::{Closest, Diagnosis, WayRefused, diagnose};
pub use kept::case;
pub use slice::{Conformed, MOST, Outcome, conform};
pub use switches::{Admitting, Toggle, Tried};
