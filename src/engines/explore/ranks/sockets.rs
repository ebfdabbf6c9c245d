//! Ranks that are processes: mails over TCP.
//!
//! The crate `timely_communication` was read for this (0.32). It takes connected sockets, but a peer
//! that dies makes its threads panic, a header with a wrong target does too, a peer that is stopped
//! is never noticed, and its queues have no bound. So each connection has two threads here: one that
//! reads, and one that writes, and writes something every second, so that silence means something.

use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use super::transport::{Gone, Inbox, Transport};
use crate::engines::explore::disk::share::lock;

/// How often a rank that has nothing to say shows that it is there.
const BEAT: Duration = Duration::from_secs(1);
/// A rank that is silent for so long is gone.
pub const SILENCE: Duration = Duration::from_secs(6);
/// The maximum number of bytes of a mail.
const MOST: u32 = 1 << 28;
/// A length that is no mail: the rank is still there.
const HERE: u32 = 0;
/// A length that is no mail: the rank has ended in order.
const BYE: u32 = u32::MAX;
/// A length that is no mail: the rank gives up because it has lost another one. The other's number follows,
/// and a text that says what happened to it.
const LOST: u32 = u32::MAX - 1;
/// The maximum length of that text, in bytes.
const WHY: u32 = 200;
/// How long a rank that gives up waits until its last mails are written: this many naps of 2 ms.
const NAPS: u32 = 500;

/// A rank among processes.
pub struct Sockets {
    me: usize,
    inbox: Arc<Inbox>,
    streams: Vec<Option<TcpStream>>,
    outboxes: Mutex<Vec<Option<Sender<Vec<u8>>>>>,
    readers: Mutex<Vec<JoinHandle<()>>>,
    writers: Mutex<Vec<JoinHandle<()>>>,
    end: Arc<End>,
}

/// How a rank ends.
#[derive(Default)]
struct End {
    /// Whether it ends in order.
    in_order: AtomicBool,
    /// The rank that it has lost, if it gives up.
    lost: OnceLock<Gone>,
}

impl Sockets {
    /// Begins to carry mails over connections to all other ranks, in their order.
    pub fn new(me: usize, streams: Vec<Option<TcpStream>>) -> io::Result<Self> {
        let (inbox, end) = (Arc::new(Inbox::default()), Arc::new(End::default()));
        let (mut outboxes, mut readers, mut writers) = (Vec::new(), Vec::new(), Vec::new());
        for (rank, stream) in streams.iter().enumerate() {
            let Some(stream) = stream else {
                outboxes.push(None);
                continue;
            };
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(SILENCE))?;
            stream.set_write_timeout(Some(SILENCE))?;
            let (outbox, mails) = channel();
            outboxes.push(Some(outbox));
            let (reader, writer) = (stream.try_clone()?, stream.try_clone()?);
            let (to, own_end) = (inbox.clone(), end.clone());
            readers.push(std::thread::spawn(move || {
                if let Err(error) = read(reader, (me, rank), &to) {
                    to.miss(Gone { rank, why: why(&error) });
                }
            }));
            let to = inbox.clone();
            writers.push(std::thread::spawn(move || {
                if let Err(error) = write(&writer, &mails, &own_end) {
                    to.miss(Gone { rank, why: why(&error) });
                }
            }));
        }
        let (readers, writers) = (Mutex::new(readers), Mutex::new(writers));
        Ok(Self { me, inbox, streams, outboxes: Mutex::new(outboxes), readers, writers, end })
    }

    /// Gives up: tells the other ranks which rank was lost, if one was, and closes all connections.
    pub fn close(&self) {
        if let Some(gone) = self.inbox.gone() {
            let _ = self.end.lost.set(gone);
        }
        lock(&self.outboxes).fill(None);
        for _ in 0..NAPS {
            if lock(&self.writers).iter().all(JoinHandle::is_finished) {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        for stream in self.streams.iter().flatten() {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Says what an error on a connection means.
fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("was silent for {} s", SILENCE.as_secs())
        }
        ErrorKind::InvalidData => error.to_string(),
        _ => "has ended or lost its connection".to_string(),
    }
}

/// Reads mails until the rank says that it ends.
fn read(stream: TcpStream, (me, rank): (usize, usize), inbox: &Inbox) -> io::Result<()> {
    let mut stream = BufReader::with_capacity(1 << 17, stream);
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        match u32::from_le_bytes(length) {
            HERE => {}
            // Rank 0 ends first, and the others when it has told them to. So if a rank still waits for the
            // one that has ended, nothing more will come. The others may end before each other.
            BYE if me == 0 || rank == 0 => {
                return Err(io::Error::new(ErrorKind::InvalidData, "has ended too early"));
            }
            BYE => return Ok(()),
            LOST => {
                inbox.miss(lost(&mut stream)?);
                return Ok(());
            }
            length if length > MOST => {
                let message = "sent a mail that is too long";
                return Err(io::Error::new(ErrorKind::InvalidData, message));
            }
            length => {
                let mut mail = vec![0; length as usize];
                stream.read_exact(&mut mail)?;
                inbox.put(rank, mail);
            }
        }
    }
}

/// Reads which rank another one has lost.
fn lost(stream: &mut impl Read) -> io::Result<Gone> {
    let mut word = || {
        let mut word = [0; 4];
        stream.read_exact(&mut word).map(|()| u32::from_le_bytes(word))
    };
    let (rank, length) = (word()?, word()?);
    let mut why = vec![0; length.min(WHY) as usize];
    stream.read_exact(&mut why)?;
    Ok(Gone { rank: rank as usize, why: String::from_utf8_lossy(&why).into_owned() })
}

/// Writes mails until there will be no more.
fn write(stream: &TcpStream, mails: &Receiver<Vec<u8>>, end: &End) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(1 << 17, stream);
    loop {
        match mails.recv_timeout(BEAT) {
            Ok(mail) => {
                let mut next = Some(mail);
                while let Some(mail) = next {
                    writer.write_all(&(mail.len() as u32).to_le_bytes())?;
                    writer.write_all(&mail)?;
                    next = mails.try_recv().ok();
                }
            }
            Err(RecvTimeoutError::Timeout) => writer.write_all(&HERE.to_le_bytes())?,
            Err(RecvTimeoutError::Disconnected) => {
                if end.in_order.load(Relaxed) {
                    writer.write_all(&BYE.to_le_bytes())?;
                } else if let Some(Gone { rank, why }) = end.lost.get() {
                    let why = &why.as_bytes()[..why.len().min(WHY as usize)];
                    for word in [LOST, *rank as u32, why.len() as u32] {
                        writer.write_all(&word.to_le_bytes())?;
                    }
                    writer.write_all(why)?;
                }
                return writer.flush();
            }
        }
        writer.flush()?;
    }
}

impl Transport for Sockets {
    fn me(&self) -> usize {
        self.me
    }

    fn peers(&self) -> usize {
        self.streams.len()
    }

    fn send(&self, to: usize, mail: Vec<u8>) -> io::Result<()> {
        let outboxes = lock(&self.outboxes);
        // A connection that is broken is noticed when mails are received.
        if let Some(outbox) = &outboxes[to] {
            let _ = outbox.send(mail);
        }
        Ok(())
    }

    fn receive(&self) -> io::Result<Option<(usize, Vec<u8>)>> {
        self.inbox.take()
    }

    fn flush(&self) -> io::Result<()> {
        self.end.in_order.store(true, Relaxed);
        lock(&self.outboxes).fill(None);
        for threads in [&self.readers, &self.writers] {
            // A thread only carries mails, and does not panic.
            std::mem::take(&mut *lock(threads)).into_iter().for_each(|thread| drop(thread.join()));
        }
        Ok(())
    }

    fn idle(&self) {
        self.inbox.wait();
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        self.close();
    }
}
