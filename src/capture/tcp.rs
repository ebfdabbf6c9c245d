//! Reassembles TCP streams from segments that are out of order, retransmitted, or missing in the
//! recording.

use std::collections::BTreeMap;

use super::link::{End, Packet, Tcp};
use super::recent::Recent;
use super::record::Records;

/// The minimum number of connections that are followed at a time.
const CONNECTIONS: usize = 1 << 11;
/// The maximum number of bytes of one stream that wait for missing bytes before them.
const WAITING: usize = 1 << 20;
/// The maximum number of bytes buffered for all streams.
const KEPT: usize = 1 << 26;
/// A segment that is farther away from the previous one belongs to another connection.
const FAR: i32 = 1 << 26;

/// The frame and the time at which something was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The number of the frame.
    pub frame: u64,
    /// The time, in nanoseconds since the epoch.
    pub time: u64,
}

/// A message that came over a connection.
pub struct Piece<'a> {
    /// The sender.
    pub from: End,
    /// The receiver.
    pub to: End,
    /// The bytes, up to the first missing one.
    pub bytes: &'a [u8],
    /// Whether no bytes are missing.
    pub whole: bool,
    /// The frame that opened the connection; 0 if it was open before the recording.
    pub since: u64,
    /// When it was complete.
    pub at: Stamp,
}

/// All connections.
pub struct Streams {
    connections: Recent<(End, End), Connection>,
    kept: usize,
    /// The number of gaps.
    pub gaps: u64,
}

/// Both directions of a connection, that of the lower end first.
struct Connection {
    flows: [Flow; 2],
    /// The frame that opened it.
    since: u64,
}

impl Connection {
    fn kept(&self) -> usize {
        self.flows.iter().map(Flow::kept).sum()
    }
}

/// One direction of a connection.
struct Flow {
    /// The sequence number of the SYN.
    syn: Option<u32>,
    /// The next sequence number.
    next: Option<u32>,
    /// The next sequence number that the other side expects.
    acked: Option<u32>,
    /// The number of bytes received so far.
    position: u64,
    /// Segments that wait for missing bytes before them, by position.
    waiting: BTreeMap<u64, Segment>,
    waiting_bytes: usize,
    records: Records,
}

struct Segment {
    bytes: Vec<u8>,
    wire: usize,
    at: Stamp,
}

impl Flow {
    const fn new() -> Self {
        Self {
            syn: None,
            next: None,
            acked: None,
            position: 0,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            records: Records::from_the_middle(),
        }
    }

    fn kept(&self) -> usize {
        self.waiting_bytes + self.records.kept()
    }

    fn begin(&mut self, next: u32, records: Records) {
        self.next = Some(next);
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.records = records;
    }

    /// Returns whether a segment is too far from the previous one to belong to the same connection.
    fn is_far(&self, seq: u32) -> bool {
        let distance = |next| seq.wrapping_sub(next).cast_signed();
        self.next.map(distance).is_some_and(|distance| !(-FAR..=FAR).contains(&distance))
    }

    /// Processes a segment with data.
    fn take(&mut self, seq: u32, bytes: &[u8], wire: usize, at: Stamp, out: &mut Out<'_>) {
        let distance = self.next.map_or(i32::MIN, |next| seq.wrapping_sub(next).cast_signed());
        if self.next.is_none() || self.is_far(seq) {
            out.gaps += u64::from(self.next.is_some());
            self.begin(seq, Records::from_the_middle());
            self.deliver(bytes, wire, at, out);
            return;
        }
        if let Ok(ahead @ 1..) = u64::try_from(distance) {
            let longer =
                self.waiting.get(&(self.position + ahead)).is_none_or(|known| known.wire < wire);
            if longer {
                let segment = Segment { bytes: bytes.to_vec(), wire, at };
                self.waiting_bytes += bytes.len();
                if let Some(old) = self.waiting.insert(self.position + ahead, segment) {
                    self.waiting_bytes -= old.bytes.len();
                }
            }
        } else {
            let known = distance.unsigned_abs() as usize;
            if known < wire {
                self.deliver(bytes.get(known..).unwrap_or_default(), wire - known, at, out);
            }
        }
        self.go_on(out);
    }

    /// Delivers waiting segments that have no gap before them, or whose gap will never be filled.
    fn go_on(&mut self, out: &mut Out<'_>) {
        while let Some((&first, _)) = self.waiting.first_key_value() {
            if let Some(missing @ 1..) = first.checked_sub(self.position) {
                if !self.is_acked(missing) && self.waiting_bytes <= WAITING {
                    return;
                }
                self.gap(missing, out, None);
            }
            let Some(segment) = self.waiting.remove(&first) else { return };
            self.waiting_bytes -= segment.bytes.len();
            let known = (self.position - first) as usize;
            if known < segment.wire {
                let bytes = segment.bytes.get(known..).unwrap_or_default();
                self.deliver(bytes, segment.wire - known, segment.at, out);
            }
        }
    }

    /// Returns whether the receiver has acknowledged the missing bytes. Then they will not be sent
    /// again: the recording lost them.
    fn is_acked(&self, missing: u64) -> bool {
        let (Some(acked), Some(next)) = (self.acked, self.next) else { return false };
        let acked = i64::from(acked.wrapping_sub(next).cast_signed());
        u64::try_from(acked).is_ok_and(|acked| acked >= missing)
    }

    fn deliver(&mut self, bytes: &[u8], wire: usize, at: Stamp, out: &mut Out<'_>) {
        self.advance(bytes.len() as u64);
        self.records.push(bytes, &mut |message, whole| out.message(message, whole, at));
        if wire > bytes.len() {
            self.gap((wire - bytes.len()) as u64, out, Some(at));
        }
    }

    fn gap(&mut self, missing: u64, out: &mut Out<'_>, at: Option<Stamp>) {
        out.gaps += 1;
        self.advance(missing);
        let at = at.or(self.waiting.first_key_value().map(|(_, segment)| segment.at));
        let Some(at) = at else { return };
        self.records.skip(missing, &mut |message, whole| out.message(message, whole, at));
    }

    fn advance(&mut self, len: u64) {
        self.position += len;
        self.next = self.next.map(|next| next.wrapping_add(len as u32));
    }

    /// Ends the stream.
    fn finish(&mut self, out: &mut Out<'_>) {
        while let Some((&first, _)) = self.waiting.first_key_value() {
            if first > self.position {
                self.gap(first - self.position, out, None);
            }
            self.go_on(out);
        }
    }
}

/// The destination of the messages of one direction.
struct Out<'o> {
    from: End,
    to: End,
    since: u64,
    gaps: u64,
    to_whom: &'o mut dyn FnMut(Piece<'_>),
}

impl Out<'_> {
    fn message(&mut self, bytes: &[u8], whole: bool, at: Stamp) {
        let (from, to, since) = (self.from, self.to, self.since);
        (self.to_whom)(Piece { from, to, bytes, whole, since, at });
    }
}

impl Streams {
    /// Creates an empty set of connections.
    pub const fn new() -> Self {
        Self { connections: Recent::new(CONNECTIONS), kept: 0, gaps: 0 }
    }

    /// Processes a segment, and passes on each message that it completes.
    pub fn take(
        &mut self,
        packet: &Packet<'_>,
        tcp: Tcp,
        at: Stamp,
        to_whom: &mut dyn FnMut(Piece<'_>),
    ) {
        let (from, to) = (packet.from, packet.to);
        let (key, own) = if from <= to { ((from, to), 0) } else { ((to, from), 1) };
        if self.connections.get(&key).is_none() {
            let flows = [Flow::new(), Flow::new()];
            self.connections.insert(key, Connection { flows, since: 0 });
        }
        let Some(connection) = self.connections.get(&key) else { return };
        let before = connection.kept();
        let Connection { flows, since } = connection;
        if tcp.syn && flows[own].syn != Some(tcp.seq) {
            flows[own].begin(tcp.seq.wrapping_add(1), Records::from_the_beginning());
            flows[own].syn = Some(tcp.seq);
            *since = at.frame;
        }
        // An acknowledgement shows what the other side has sent, even if it was not recorded.
        let mut out = Out { from: to, to: from, since: *since, gaps: 0, to_whom };
        if tcp.ack.is_some() {
            flows[1 - own].acked = tcp.ack;
            flows[1 - own].go_on(&mut out);
        }
        (out.from, out.to) = (from, to);
        if packet.wire > 0 && !tcp.syn {
            if flows[own].is_far(tcp.seq) {
                *since = at.frame;
                out.since = at.frame;
            }
            flows[own].take(tcp.seq, packet.payload, packet.wire, at, &mut out);
        }
        self.gaps += out.gaps;
        let after = connection.kept();
        self.kept = (self.kept + after).saturating_sub(before);
        if self.kept > KEPT {
            self.forget();
        }
    }

    /// Gives up the stream with the most buffered bytes. Recomputes the total, because some
    /// connections may have been forgotten.
    fn forget(&mut self) {
        let mut all: Vec<&mut Flow> =
            self.connections.iter_mut().flat_map(|(_, connection)| &mut connection.flows).collect();
        self.kept = all.iter().map(|flow| flow.kept()).sum();
        if let Some(flow) = all.iter_mut().max_by_key(|flow| flow.kept())
            && self.kept > KEPT
        {
            self.gaps += 1;
            self.kept -= flow.kept();
            **flow = Flow::new();
        }
    }

    /// Ends the recording: segments that wait for missing bytes are delivered as they are.
    pub fn finish(&mut self, to_whom: &mut dyn FnMut(Piece<'_>)) {
        for ((one, other), Connection { flows, since }) in self.connections.iter_mut() {
            for (flow, (from, to)) in flows.iter_mut().zip([(*one, *other), (*other, *one)]) {
                let mut out = Out { from, to, since: *since, gaps: 0, to_whom };
                flow.finish(&mut out);
                self.gaps += out.gaps;
            }
        }
    }
}
