//! Files of captured frames: pcap and pcapng, read as a stream.

use std::fmt;
use std::io::{self, Read};

use pcap_parser::pcapng::Block;
use pcap_parser::traits::{PcapNGPacketBlock, PcapReaderIterator};
use pcap_parser::{LegacyPcapReader, PcapBlockOwned, PcapError, PcapHeader, PcapNGReader};

/// The size of the buffer: twice the longest frame that capture programs write.
const BUFFER: usize = 1 << 19;
/// The maximum length of a block. Longer ones are treated as damage.
const LONGEST: usize = 1 << 24;

/// The error that a file cannot be read as a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<&'static str>,
}

impl Damage {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.hint.map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Damage {}

/// A captured frame.
pub struct Frame<'a> {
    /// Its number in the file, counted from 1.
    pub number: u64,
    /// When it was captured, in nanoseconds since the epoch.
    pub time: u64,
    /// The link type, as registered at tcpdump.org.
    pub link: i32,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// The number of bytes on the wire.
    pub wire: u32,
}

/// How an interface of a recording encodes its frames.
#[derive(Clone, Copy)]
struct Interface {
    link: i32,
    /// The number of time stamp units in a second.
    resolution: u64,
    /// The number of seconds to add to time stamps.
    offset: i64,
}

/// Reads a file of frames, and passes each one to `each`. Returns the number of frames.
pub fn read(file: impl Read, mut each: impl FnMut(Frame<'_>)) -> Result<u64, Damage> {
    let mut file = Whole(file);
    let mut magic = [0; 4];
    let len = file.read(&mut magic).map_err(|error| cannot_read(&error))?;
    if len == 0 {
        return Err(Damage::new("the file is empty"));
    }
    let (magic, is_next) = (&magic[..len], magic == [0x0a, 0x0d, 0x0d, 0x0a]);
    let is_pcap = matches!(
        *magic,
        [0xd4, 0xc3, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0xc3, 0xd4]
            | [0x4d, 0x3c, 0xb2, 0xa1]
            | [0xa1, 0xb2, 0x3c, 0x4d]
            | [0x34, 0xcd, 0xb2, 0xa1]
    );
    if !is_next && !is_pcap {
        return Err(Damage {
            message: "this is not a capture: it starts neither like pcap nor like pcapng".into(),
            hint: Some("`tcpdump -w FILE port 2049` records one"),
        });
    }
    let file = Whole(io::Cursor::new(magic.to_vec()).chain(file));
    let (mut frames, mut interfaces) = (0, Vec::new());
    if is_next {
        let reader = PcapNGReader::new(BUFFER, file).map_err(|error| damage(&error, 0))?;
        blocks(reader, 4, &mut interfaces, &mut frames, &mut each)?;
    } else {
        let reader = LegacyPcapReader::new(BUFFER, file).map_err(|error| damage(&error, 0))?;
        blocks(reader, 8, &mut interfaces, &mut frames, &mut each)?;
    }
    Ok(frames)
}

/// Reads all blocks of a file. The length of a block is stored at offset `at`.
fn blocks(
    mut reader: impl PcapReaderIterator,
    length: usize,
    interfaces: &mut Vec<Interface>,
    frames: &mut u64,
    each: &mut impl FnMut(Frame<'_>),
) -> Result<(), Damage> {
    let mut capacity = BUFFER;
    let mut asked = 0;
    loop {
        match reader.next() {
            Ok((len, block)) => {
                take(block, interfaces, frames, each)?;
                reader.consume(len);
                asked = 0;
            }
            Err(PcapError::Eof) => return Ok(()),
            Err(PcapError::Incomplete(_)) if asked < 2 => {
                reader.refill().map_err(|error| damage(&error, *frames))?;
                asked += 1;
            }
            Err(PcapError::BufferTooSmall) => {
                let needed = claimed(reader.data(), length) + BUFFER;
                if needed <= capacity || needed > LONGEST {
                    return Err(damage(&PcapError::BufferTooSmall, *frames));
                }
                capacity = needed;
                reader.grow(capacity);
                reader.refill().map_err(|error| damage(&error, *frames))?;
            }
            // A block that did not fit into the buffer is longer than the rest of the file.
            Err(PcapError::UnexpectedEof) if capacity > BUFFER => {
                return Err(damage(&PcapError::BufferTooSmall, *frames));
            }
            Err(error) => return Err(damage(&error, *frames)),
        }
    }
}

/// Returns the length that a block claims, stored at offset `at`, in the byte order that makes it
/// shorter.
fn claimed(block: &[u8], at: usize) -> usize {
    let word = block.get(at..at + 4).and_then(|word| <[u8; 4]>::try_from(word).ok());
    word.map_or(0, |word| u32::from_le_bytes(word).min(u32::from_be_bytes(word)) as usize)
}

/// Processes a block of the file: a frame, or metadata for reading frames.
fn take(
    block: PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    frames: &mut u64,
    each: &mut impl FnMut(Frame<'_>),
) -> Result<(), Damage> {
    let number = *frames + 1;
    let interface_of = |id: u32, interfaces: &[Interface]| {
        let found = usize::try_from(id).ok().and_then(|id| interfaces.get(id).copied());
        found.ok_or_else(|| {
            Damage::new(format!("the file is damaged: frame {number} belongs to no interface"))
        })
    };
    let (interface, stamp, bytes, wire) = match &block {
        PcapBlockOwned::LegacyHeader(header) => {
            interfaces.push(of_header(header));
            return Ok(());
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => {
            interfaces.clear();
            return Ok(());
        }
        PcapBlockOwned::NG(Block::InterfaceDescription(block)) => {
            let big_endian = block.block_type != pcap_parser::pcapng::IDB_MAGIC;
            let offset = block.if_tsoffset;
            interfaces.push(Interface {
                link: block.linktype.0,
                resolution: resolution(block.if_tsresol)?,
                offset: if big_endian { offset.swap_bytes() } else { offset },
            });
            return Ok(());
        }
        PcapBlockOwned::Legacy(block) => {
            let interface = interface_of(0, interfaces)?;
            let fraction = u64::from(block.ts_usec);
            if fraction >= interface.resolution || block.caplen > block.origlen.max(1 << 18) {
                let message =
                    format!("the file is damaged: frame {number} has an impossible length or time");
                return Err(Damage::new(message));
            }
            let stamp = u64::from(block.ts_sec) * interface.resolution + fraction;
            (interface, stamp, block.data, block.origlen)
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(block)) => {
            let interface = interface_of(block.if_id, interfaces)?;
            let stamp = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
            (interface, stamp, block.packet_data(), block.origlen)
        }
        PcapBlockOwned::NG(Block::SimplePacket(block)) => {
            (interface_of(0, interfaces)?, 0, block.packet_data(), block.origlen)
        }
        PcapBlockOwned::NG(_) => return Ok(()),
    };
    *frames = number;
    let time = interface.nanoseconds(stamp);
    each(Frame { number, time, link: interface.link, bytes, wire });
    Ok(())
}

fn of_header(header: &PcapHeader) -> Interface {
    let resolution = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
    // The upper half contains flags about the length of checksums.
    Interface { link: header.network.0 & 0xffff, resolution, offset: 0 }
}

/// Returns the number of time stamp units in a second, from the option `if_tsresol`.
fn resolution(option: u8) -> Result<u64, Damage> {
    let power = u32::from(option & 0x7f);
    let units = if option & 0x80 == 0 { 10u64.checked_pow(power) } else { 1u64.checked_shl(power) };
    units.ok_or_else(|| Damage::new("the file is damaged: an interface has no time resolution"))
}

impl Interface {
    fn nanoseconds(self, stamp: u64) -> u64 {
        let fraction = u128::from(stamp % self.resolution) * 1_000_000_000;
        let fraction = fraction / u128::from(self.resolution);
        let seconds = (stamp / self.resolution).saturating_add_signed(self.offset);
        seconds.saturating_mul(1_000_000_000).saturating_add(fraction as u64)
    }
}

fn cannot_read(error: &io::Error) -> Damage {
    Damage::new(format!("cannot read: {error}"))
}

fn damage(error: &PcapError<&[u8]>, frames: u64) -> Damage {
    match error {
        PcapError::ReadError => Damage::new("cannot read"),
        PcapError::UnexpectedEof | PcapError::Incomplete(_) | PcapError::Eof => Damage {
            message: format!("the file is cut off after {frames} frames"),
            hint: Some("`editcap FILE WHOLE` keeps the complete frames"),
        },
        _ => Damage::new(format!("the file is damaged after {frames} frames")),
    }
}

/// A reader that fills the whole buffer unless the input ends.
struct Whole<R>(R);

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let mut len = 0;
        while len < to.len() {
            match self.0.read(&mut to[len..]) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(len)
    }
}
