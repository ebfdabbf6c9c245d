//! A recording laid against a protocol.
//!
//! | file | what it holds |
//! |---|---|
//! | `lay` | a slice laid against its protocol in one configuration |
//! | `diagnosis` | why a recording is rejected |
//! | `switches` | the rules, variants and faults with which it would be admitted |
//! | `kept` | an explaining run as a case |

mod diagnosis;
mod kept;
mod lay;
mod switches;

pub use diagnosis::{Closest, Diagnosis, WayRefused, diagnose};
pub use kept::case;
pub use lay::{Conformed, MOST, Outcome, conform};
pub use switches::{Admitting, Toggle, Tried};
