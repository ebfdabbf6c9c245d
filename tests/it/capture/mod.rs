//! The floor `capture`: recordings of real traffic.

mod pcap;
mod recordings;
mod shapes;
