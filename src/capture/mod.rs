//! Recordings of real traffic: converts captured frames to events.
//!
//! A file of frames (pcap or pcapng) passes through layers, each of which knows only those below
//! it. `file` reads frames, `link` parses their headers, `tcp` reassembles streams, `record` finds
//! RPC messages, `rpc` parses their headers, `nfs` and `nlm` parse their contents, and `import`
//! pairs calls and replies. The result is a sequence of [events](event): one line per operation of
//! NFSv4.1, NFSv4.2 or the Network Lock Manager, with the window in which it was done.
//!
//! Nothing here knows a model. Memory is bounded, regardless of the length of the recording: only
//! the most recently used files, states and clients are remembered.

mod calls;
mod declare;
pub mod event;
pub mod file;
mod import;
pub mod link;
pub mod names;
pub mod nfs;
pub mod nlm;
mod order;
mod recent;
mod record;
mod restart;
mod rpc;
pub mod status;
mod tcp;
mod who;
mod xdr;

use std::io::{self, Read, Write};

use event::{End, Event, Head, Last, Line};
use file::Damage;
use import::Importer;
use tcp::{Piece, Stamp, Streams};

/// Reads a recording, and passes its events on in order. Returns counts of what was read.
///
/// # Errors
///
/// If the file is not a recording, or is damaged. The events before the damage have been passed on.
pub fn import(recording: impl Read, sink: &mut dyn FnMut(Event)) -> Result<End, Damage> {
    let mut importer = Importer::new(sink);
    let mut streams = Streams::new();
    let mut of_no_interest = 0;
    let frames = file::read(recording, |frame| {
        let Some(packet) = link::packet(&frame) else {
            of_no_interest += 1;
            return;
        };
        let at = Stamp { frame: frame.number, time: frame.time };
        match packet.tcp {
            Some(tcp) => streams.take(&packet, tcp, at, &mut |piece| importer.take(&piece)),
            None if rpc::begins(packet.payload) => importer.take(&Piece {
                from: packet.from,
                to: packet.to,
                bytes: packet.payload,
                whole: packet.payload.len() == packet.wire,
                since: 0,
                at,
            }),
            None => of_no_interest += 1,
        }
    })?;
    streams.finish(&mut |piece| importer.take(&piece));
    let mut end = importer.finish();
    (end.frames, end.frames_of_no_interest, end.gaps) = (frames, of_no_interest, streams.gaps);
    Ok(end)
}

/// Why events could not be written.
#[derive(Debug)]
pub enum Failure {
    /// The recording is damaged.
    Damage(Damage),
    /// Writing failed.
    Io(io::Error),
}

/// Reads a recording, and writes its events as lines of JSON: [`Head`], events, [`End`].
///
/// # Errors
///
/// If the recording is damaged, or writing fails.
pub fn write(recording: impl Read, to: &mut dyn Write) -> Result<End, Failure> {
    let mut text = Vec::new();
    let mut line = |line: &Line, to: &mut dyn Write| -> io::Result<()> {
        text.clear();
        serde_json::to_writer(&mut text, line)?;
        text.push(b'\n');
        to.write_all(&text)
    };
    line(&Line::Head(Head::default()), to).map_err(Failure::Io)?;
    let mut failed = None;
    let end = import(recording, &mut |event| {
        if failed.is_none() {
            failed = line(&Line::Event(event), to).err();
        }
    });
    let end = end.map_err(Failure::Damage)?;
    if let Some(error) = failed {
        return Err(Failure::Io(error));
    }
    line(&Line::Last(Last { end: end.clone() }), to).map_err(Failure::Io)?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::{Importer, Stamp, Streams, file, link};

    /// At the end of a recording with gaps in both directions, a call can come to light after a
    /// reply that was recorded before it. The reply belongs to another call with this number.
    #[test]
    fn no_reply_was_recorded_before_its_call() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/captures/knfsd-reboot.pcap");
        let recording = std::fs::read(path).expect("a recording");
        let mut events = Vec::new();
        let mut sink = |event| events.push(event);
        let mut importer = Importer::new(&mut sink);
        let mut streams = Streams::new();
        file::read(&recording[..], |frame| {
            let Some(packet) = link::packet(&frame) else { return };
            let Some(tcp) = packet.tcp else { return };
            let at = Stamp { frame: 1_000_000 - frame.number, time: frame.time };
            streams.take(&packet, tcp, at, &mut |piece| importer.take(&piece));
        })
        .expect("frames");
        let end = importer.finish();
        assert!(end.events > 100, "{end:?}");
        for event in events {
            let (f, rf) = (event.window.f, event.window.rf);
            assert!(f.zip(rf).is_none_or(|(f, rf)| f <= rf), "{event:?}");
        }
    }
}
