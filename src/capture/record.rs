//! RPC messages in a byte stream: record marks (RFC 5531 section 11), and the first message of a
//! stream whose beginning was not recorded.

use super::rpc;

/// The maximum length of a message: NFS sends up to a megabyte of data in one.
const LONGEST: usize = 1 << 23;
/// The minimum length of a message: a reply that refuses a call.
const SHORTEST: usize = 20;
/// The number of bytes searched for a message before a stream counts as not RPC.
const SEARCHED: usize = 1 << 24;

enum State {
    /// No message was found yet. The bytes may be the beginning of one.
    Seeking { seen: Vec<u8>, searched: usize },
    /// A record mark is next. Holds the bytes of it that have arrived.
    Mark { seen: Vec<u8> },
    /// A fragment is next.
    Fragment { left: usize, is_last: bool },
    /// The stream is not RPC.
    Dead,
}

/// The messages of one direction of a connection.
pub struct Records {
    state: State,
    message: Vec<u8>,
    is_cut: bool,
}

impl Records {
    /// Creates the messages of a stream that is recorded from its first byte.
    pub const fn from_the_beginning() -> Self {
        Self { state: State::Mark { seen: Vec::new() }, message: Vec::new(), is_cut: false }
    }

    /// Creates the messages of a stream that had begun before the recording.
    pub const fn from_the_middle() -> Self {
        let state = State::Seeking { seen: Vec::new(), searched: 0 };
        Self { state, message: Vec::new(), is_cut: false }
    }

    /// Returns the number of buffered bytes.
    pub fn kept(&self) -> usize {
        let seen = match &self.state {
            State::Seeking { seen, .. } => seen.len(),
            _ => 0,
        };
        seen + self.message.len()
    }

    /// Processes the next bytes, and passes on each message that they complete, with whether it is
    /// whole.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(&[u8], bool)) {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Dead => return,
                State::Seeking { seen, searched } => {
                    seen.extend(bytes);
                    *searched += bytes.len();
                    if let Some(at) = find(seen) {
                        let found = seen.split_off(at);
                        *self = Self::from_the_beginning();
                        return self.push(&found, out);
                    }
                    if *searched > SEARCHED {
                        self.state = State::Dead;
                        return;
                    }
                    let kept = seen.len().min(4 + rpc::HEADER - 1);
                    seen.drain(..seen.len() - kept);
                    return;
                }
                State::Mark { seen } => {
                    let missing = (4 - seen.len()).min(bytes.len());
                    seen.extend(&bytes[..missing]);
                    bytes = &bytes[missing..];
                    let Ok(mark) = <[u8; 4]>::try_from(&seen[..]) else { return };
                    seen.clear();
                    bytes = self.mark(u32::from_be_bytes(mark), bytes, out);
                }
                State::Fragment { left, is_last } => {
                    let (len, is_last) = ((*left).min(bytes.len()), *is_last);
                    *left -= len;
                    let ends = *left == 0;
                    if !self.is_cut {
                        self.message.extend(&bytes[..len]);
                    }
                    bytes = &bytes[len..];
                    if ends {
                        self.end_of_fragment(is_last, out);
                    }
                }
            }
        }
    }

    /// Processes a record mark. Returns the bytes after it.
    fn mark<'b>(
        &mut self,
        mark: u32,
        bytes: &'b [u8],
        out: &mut dyn FnMut(&[u8], bool),
    ) -> &'b [u8] {
        let (is_last, len) = (mark >> 31 == 1, (mark & 0x7fff_ffff) as usize);
        let first = self.message.is_empty() && !self.is_cut;
        let too_short = first && is_last && len < SHORTEST;
        let is_message = bytes.len() < rpc::HEADER || !first || rpc::begins(bytes);
        if too_short || !is_message || self.message.len() + len > LONGEST {
            *self = Self::from_the_middle();
        } else if first && is_last && bytes.len() >= len {
            out(&bytes[..len], true);
            return &bytes[len..];
        } else {
            self.state = State::Fragment { left: len, is_last };
            if len == 0 {
                self.end_of_fragment(is_last, out);
            }
        }
        bytes
    }

    fn end_of_fragment(&mut self, is_last: bool, out: &mut dyn FnMut(&[u8], bool)) {
        self.state = State::Mark { seen: Vec::new() };
        if is_last {
            if rpc::begins(&self.message) {
                out(&self.message, !self.is_cut);
                self.message.clear();
                self.is_cut = false;
            } else {
                *self = Self::from_the_middle();
            }
        }
    }

    /// Skips missing bytes.
    pub fn skip(&mut self, missing: u64, out: &mut dyn FnMut(&[u8], bool)) {
        match &mut self.state {
            State::Fragment { left, is_last } => {
                let is_last = *is_last;
                self.is_cut = true;
                match usize::try_from(missing).ok().and_then(|missing| left.checked_sub(missing)) {
                    Some(0) => self.end_of_fragment(is_last, out),
                    Some(rest) => *left = rest,
                    None => {
                        if rpc::begins(&self.message) {
                            out(&self.message, false);
                        }
                        *self = Self::from_the_middle();
                    }
                }
            }
            State::Mark { .. } => *self = Self::from_the_middle(),
            State::Seeking { seen, .. } => seen.clear(),
            State::Dead => {}
        }
    }
}

/// Returns the beginning of a message that is sufficiently complete in these bytes.
fn find(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(4 + rpc::HEADER)?;
    (0..=last).find(|&at| {
        let len = u32::from_be_bytes([0, bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize;
        bytes[at] == 0x80 && (SHORTEST..=LONGEST).contains(&len) && rpc::begins(&bytes[at + 4..])
    })
}

#[cfg(test)]
mod tests {
    use super::Records;

    /// Returns a call of procedure 1 of NFSv4 with this many bytes of arguments.
    fn call(xid: u32, len: usize) -> Vec<u8> {
        let words = [xid, 0, 2, 100_003, 4, 1, 0, 0, 0, 0];
        let mut message: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        message.extend((0..len).map(|at| at as u8));
        message
    }

    fn record(message: &[u8], fragments: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let size = message.len().div_ceil(fragments);
        for (at, part) in message.chunks(size).enumerate() {
            let last = if (at + 1) * size >= message.len() { 1 << 31 } else { 0 };
            bytes.extend((part.len() as u32 | last).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }

    fn read(records: &mut Records, pieces: &[&[u8]]) -> Vec<(Vec<u8>, bool)> {
        let mut found = Vec::new();
        for piece in pieces {
            records.push(piece, &mut |message, whole| found.push((message.to_vec(), whole)));
        }
        found
    }

    #[test]
    fn messages_come_out_however_the_stream_is_cut() {
        let (first, second) = (call(1, 40), call(2, 3));
        let stream = [record(&first, 3), record(&second, 1), record(&first, 1)].concat();
        let want = [(first.clone(), true), (second, true), (first, true)];
        for size in 1..stream.len() {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(read(&mut Records::from_the_beginning(), &pieces), want, "{size}");
        }
    }

    #[test]
    fn a_stream_whose_beginning_is_missing_is_found_into() {
        let message = call(7, 100);
        let stream = [record(&message, 1), record(&message, 1)].concat();
        for cut in 0..stream.len() {
            let found = read(&mut Records::from_the_middle(), &[&stream[cut..]]);
            let want = if cut == 0 { 2 } else { usize::from(cut <= stream.len() / 2) };
            assert_eq!(found.len(), want, "{cut} bytes are missing");
        }
    }

    #[test]
    fn a_gap_in_a_message_costs_that_message() {
        let message = call(7, 100);
        let stream = [record(&message, 1), record(&message, 1)].concat();
        let mut found = Vec::new();
        let mut records = Records::from_the_beginning();
        let mut out = |message: &[u8], whole: bool| found.push((message.to_vec(), whole));
        records.push(&stream[..80], &mut out);
        records.skip(30, &mut out);
        records.push(&stream[110..], &mut out);
        assert_eq!(found, [(message[..76].to_vec(), false), (message, true)]);
    }

    #[test]
    fn what_is_no_rpc_gives_no_message() {
        let noise: Vec<u8> =
            (0..3_000_000u32).map(|k| (k.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert!(read(&mut Records::from_the_middle(), &[&noise]).is_empty());
        assert!(read(&mut Records::from_the_beginning(), &[&noise]).is_empty());
    }
}
