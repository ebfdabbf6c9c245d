//! Recordings in other shapes: frames taken out of a file, changed, and written again.
//!
//! The committed recordings are pcap files of cooked frames (LINUX_SLL2) with IPv4.

use crate::repository;

/// A frame of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// When it was captured: seconds, microseconds.
    pub time: (u32, u32),
    /// Its bytes, from the header of the link on.
    pub bytes: Vec<u8>,
}

/// The header of cooked frames.
const COOKED: usize = 20;

impl Frame {
    /// The protocol that follows the link header.
    pub fn protocol(&self) -> [u8; 2] {
        [self.bytes[0], self.bytes[1]]
    }

    /// The bytes after the link header.
    pub fn packet(&self) -> &[u8] {
        &self.bytes[COOKED..]
    }

    fn headers(&self) -> Option<(usize, usize)> {
        let ip = self.packet();
        let is_tcp = self.protocol() == [8, 0] && ip.len() > 20 && ip[9] == 6;
        let tcp = COOKED + usize::from(ip.first()? & 15) * 4;
        is_tcp.then(|| (tcp, tcp + usize::from(self.bytes[tcp + 12] >> 4) * 4))
    }

    /// The payload of its segment of TCP.
    pub fn payload(&self) -> &[u8] {
        self.headers().map_or(&[], |(_, payload)| &self.bytes[payload..])
    }

    /// The ends of its connection, and the sequence number.
    pub fn segment(&self) -> Option<([u8; 12], u32)> {
        let (tcp, _) = self.headers()?;
        let mut ends = [0; 12];
        ends[..8].copy_from_slice(&self.bytes[COOKED + 12..COOKED + 20]);
        ends[8..].copy_from_slice(&self.bytes[tcp..tcp + 4]);
        let seq = self.bytes[tcp + 4..tcp + 8].try_into().expect("four bytes");
        Some((ends, u32::from_be_bytes(seq)))
    }

    /// The same segment with a part of its payload.
    pub fn part(&self, from: usize, to: usize) -> Self {
        let (tcp, payload) = self.headers().expect("a segment");
        let mut part = self.clone();
        part.bytes.truncate(payload);
        part.bytes.extend(&self.payload()[from..to]);
        let len = (part.bytes.len() - COOKED) as u16;
        part.bytes[COOKED + 2..COOKED + 4].copy_from_slice(&len.to_be_bytes());
        let (_, seq) = self.segment().expect("a segment");
        let seq = seq.wrapping_add(from as u32);
        part.bytes[tcp + 4..tcp + 8].copy_from_slice(&seq.to_be_bytes());
        part
    }
}

/// The committed recordings.
pub fn all() -> Vec<std::path::PathBuf> {
    crate::paths(&repository("tests/captures"), ".pcap")
}

/// The bytes of a committed recording.
pub fn bytes(name: &str) -> Vec<u8> {
    let path = repository("tests/captures").join(format!("{name}.pcap"));
    std::fs::read(path).expect("a recording")
}

/// The frames of a recording.
pub fn frames(file: &[u8]) -> Vec<Frame> {
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let (mut at, mut frames) = (24, Vec::new());
    while at < file.len() {
        let len = word(at + 8) as usize;
        let time = (word(at), word(at + 4));
        frames.push(Frame { time, bytes: file[at + 16..at + 16 + len].to_vec() });
        at += 16 + len;
    }
    frames
}

/// Writes frames as pcap with this type of link.
pub fn pcap(link: u32, frames: &[Frame]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, link] {
        file.extend(u32::to_le_bytes(word));
    }
    for Frame { time, bytes } in frames {
        let len = bytes.len() as u32;
        for word in [time.0, time.1, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(bytes);
    }
    file
}

/// Writes frames as they came.
pub fn cooked(frames: &[Frame]) -> Vec<u8> {
    pcap(276, frames)
}

/// Writes frames as big-endian pcap with nanoseconds.
pub fn big_endian(link: u32, frames: &[Frame]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_3c4d, 0x0002_0004, 0, 0, 262_144, link] {
        file.extend(u32::to_be_bytes(word));
    }
    for Frame { time, bytes } in frames {
        let len = bytes.len() as u32;
        for word in [time.0, time.1 * 1000, len, len] {
            file.extend(word.to_be_bytes());
        }
        file.extend(bytes);
    }
    file
}

/// Writes frames as pcapng, in two sections, with time stamps of a given resolution.
pub fn pcapng(link: u16, frames: &[Frame], big_endian: bool) -> Vec<u8> {
    let word = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let half = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let block = |kind: u32, body: &[u8]| {
        let len = word(12 + body.len() as u32);
        [&word(kind)[..], &len, body, &len].concat()
    };
    let mut file = Vec::new();
    for frames in frames.chunks(frames.len().div_ceil(2)) {
        let section = [&word(0x1a2b_3c4d)[..], &half(1), &half(0), &[0xff; 8]].concat();
        file.extend(block(0x0a0d_0d0a, &section));
        // One interface that is not used, and one whose time stamps are nanoseconds.
        file.extend(block(1, &[&half(147)[..], &half(0), &word(0)].concat()));
        let resolution = [&half(9)[..], &half(1), &[9, 0, 0, 0], &half(0), &half(0)].concat();
        file.extend(block(1, &[&half(link)[..], &half(0), &word(0), &resolution].concat()));
        for Frame { time, bytes } in frames {
            let stamp = u64::from(time.0) * 1_000_000_000 + u64::from(time.1) * 1000;
            let (high, low) = (word((stamp >> 32) as u32), word(stamp as u32));
            let len = word(bytes.len() as u32);
            let padding = vec![0; bytes.len().next_multiple_of(4) - bytes.len()];
            let body = [&word(1)[..], &high, &low, &len, &len, bytes, &padding].concat();
            file.extend(block(6, &body));
            file.extend(block(0x0000_0bad, &word(7)));
        }
    }
    file
}

/// The same frames with another header of the link.
pub fn relinked(frames: &[Frame], header: impl Fn([u8; 2]) -> Vec<u8>) -> Vec<Frame> {
    let with = |frame: &Frame| Frame {
        bytes: [&header(frame.protocol()), frame.packet()].concat(),
        ..frame.clone()
    };
    frames.iter().map(with).collect()
}

/// The same frames with IPv6 instead of IPv4, and an extension header before TCP.
pub fn in_ipv6(frames: &[Frame]) -> Vec<Frame> {
    let with = |frame: &Frame| {
        let ip = frame.packet();
        if frame.protocol() != [8, 0] {
            return frame.clone();
        }
        let mut bytes = frame.bytes[..COOKED].to_vec();
        bytes[..2].copy_from_slice(&[0x86, 0xdd]);
        let payload = &ip[usize::from(ip[0] & 15) * 4..];
        bytes.extend([0x60, 0, 0, 0]);
        bytes.extend((payload.len() as u16 + 8).to_be_bytes());
        bytes.extend([60, 64]);
        for address in [&ip[12..16], &ip[16..20]] {
            bytes.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            bytes.extend(address);
        }
        // Destination options with nothing but padding.
        bytes.extend([ip[9], 0, 1, 4, 0, 0, 0, 0]);
        bytes.extend(payload);
        Frame { bytes, ..frame.clone() }
    };
    frames.iter().map(with).collect()
}

/// Pseudo-random numbers from a fixed seed.
pub struct Drawn(pub u64);

impl Drawn {
    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit.max(1) as u64) as usize
    }
}

/// A recording of about so many bytes: a committed one again and again, each time on other ports, at
/// later times, and with other ids of clients, sessions and states.
pub fn repeated(name: &str, size: usize, mut to: impl FnMut(&[u8])) {
    let file = bytes(name);
    let frames = frames(&file);
    let first = frames[0].time.0;
    let length = frames[frames.len() - 1].time.0 - first + 1;
    // Linux begins ids of clients, sessions and states with the time at which the server started.
    let boot = boot_times(&frames);
    to(&file[..24]);
    let mut written = 24;
    for round in 0u32.. {
        let again: Vec<Frame> = frames
            .iter()
            .map(|frame| {
                let mut frame = frame.clone();
                frame.time.0 += length * round;
                if let Some((tcp, payload)) = frame.headers() {
                    for at in [tcp, tcp + 2] {
                        let port = u16::from_be_bytes([frame.bytes[at], frame.bytes[at + 1]]);
                        if port != 2049 {
                            let port = 1024 + (u32::from(port) + round * 7) % 60_000;
                            frame.bytes[at..at + 2].copy_from_slice(&(port as u16).to_be_bytes());
                        }
                    }
                    for at in payload..frame.bytes.len().saturating_sub(3) {
                        let word = &mut frame.bytes[at..at + 4];
                        if boot.iter().any(|boot| boot == word) {
                            let number = u32::from_le_bytes(word.try_into().expect("four"));
                            word.copy_from_slice(&number.wrapping_add(round << 8).to_le_bytes());
                        }
                    }
                }
                frame
            })
            .collect();
        let file = cooked(&again);
        to(&file[24..]);
        written += file.len() - 24;
        if written >= size {
            return;
        }
    }
}

/// The first four bytes of each session id that CREATE_SESSION returned.
fn boot_times(frames: &[Frame]) -> Vec<[u8; 4]> {
    let mut found = Vec::new();
    for frame in frames {
        // A reply of 128 bytes with one result, that of CREATE_SESSION.
        let payload = frame.payload();
        let tail = payload.get(28..48);
        let is_it = tail.is_some_and(|tail| {
            tail[..4] == [0, 0, 0, 0] && tail[8..16] == [0, 0, 0, 1, 0, 0, 0, 43]
        });
        if is_it && payload.len() > 56 {
            found.push(payload[48..52].try_into().expect("four bytes"));
        }
    }
    assert!(!found.is_empty(), "the recording makes no session");
    found
}
