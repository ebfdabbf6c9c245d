//! How ranks meet: who may take part, and where everybody is.
//!
//! Rank 0 waits for all others, and tells them the addresses of all. Then each rank connects to those
//! before it. A rank proves that it knows the secret of the job without sending it. What comes from
//! anybody else is refused; it is limited in length and time, and does not end the search.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::sockets::Sockets;
use crate::encoding::sealed::{Stamp, digest};

/// The first thing that a rank says.
const MAGIC: &str = "latchwork ranks 1";
/// The maximum number of bytes of a message from somebody who is not known yet.
const MOST: usize = 1 << 16;
/// How long somebody who is not known yet may be silent.
const SHORT: Duration = Duration::from_secs(2);
/// The maximum number of reads for a message.
const READS: usize = 64;
/// The maximum number of connections that are examined at a time.
const VISITORS: usize = 64;
/// How often a rank looks whether somebody has come.
const TICK: Duration = Duration::from_millis(10);

/// What a rank knows about a job before it begins.
#[derive(Clone, Debug)]
pub struct Job {
    /// What all ranks know and nobody else.
    pub secret: String,
    /// Program and scenario, which must be the same.
    pub stamp: Stamp,
    /// The number of this rank.
    pub me: usize,
    /// By rank: its address. Port 0 stands for any; rank 0 is told which.
    pub hosts: Vec<String>,
    /// How long to wait for the others.
    pub patience: Duration,
}

#[derive(Serialize, Deserialize)]
struct Hello {
    magic: String,
    nonce: String,
}

#[derive(Serialize, Deserialize)]
struct Claim {
    stamp: Stamp,
    rank: usize,
    ranks: usize,
    address: String,
    proof: String,
}

#[derive(Serialize, Deserialize)]
struct Welcome {
    proof: String,
    refused: Option<String>,
}

/// Somebody has come.
enum Arrival {
    /// A rank of this job.
    Rank(Claim, Welcome, TcpStream),
    /// A rank that knows the secret, but cannot take part.
    Misfit(String),
    /// Somebody who was sent away.
    Stranger(String),
}

impl Job {
    /// Binds the address of this rank, and no other.
    pub fn bind(&self) -> Result<TcpListener, String> {
        let address = &self.hosts[self.me];
        TcpListener::bind(address).map_err(|error| {
            format!(
                "cannot bind {address}: {error}\nhint: is it an address of this machine, and free?"
            )
        })
    }

    /// Waits for all other ranks, and connects to them.
    pub fn meet(&self, listener: TcpListener) -> Result<Sockets, String> {
        let failed = |error: io::Error| format!("cannot use the network: {error}");
        let own = listener.local_addr().map_err(failed)?.to_string();
        let ranks = self.hosts.len();
        let mut streams: Vec<Option<TcpStream>> = (0..ranks).map(|_| None).collect();
        let mut addresses = self.hosts.clone();
        for rank in 0..self.me {
            let mut stream = self.connect(rank, &addresses[rank], &own)?;
            if rank == 0 {
                stream.set_read_timeout(Some(self.patience)).map_err(failed)?;
                addresses = message(&mut stream).map_err(|_| {
                    "rank 0 has ended, or the other ranks did not come\nhint: it says more"
                        .to_string()
                })?;
                if addresses.len() != ranks {
                    return Err("rank 0 has another number of ranks".to_string());
                }
            }
            streams[rank] = Some(stream);
        }
        self.accept(listener, &mut streams, &mut addresses)?;
        if self.me == 0 {
            for stream in streams.iter_mut().flatten() {
                say(stream, &addresses).map_err(failed)?;
            }
        }
        Sockets::new(self.me, streams).map_err(failed)
    }

    /// Connects to a rank, and shows who this is.
    fn connect(&self, rank: usize, address: &str, own: &str) -> Result<TcpStream, String> {
        let mut left = self.patience;
        while !left.is_zero() {
            let found = address.to_socket_addrs().ok().and_then(|mut all| all.next());
            let stream = found.map(|found| TcpStream::connect_timeout(&found, SHORT.min(left)));
            let spent = match stream {
                Some(Ok(mut stream)) => match self.introduce(&mut stream, own) {
                    Ok(None) => return Ok(stream),
                    Ok(Some(why)) => return Err(format!("rank {rank} refuses this rank: {why}")),
                    // It may have too many visitors just now.
                    Err(error) if is_busy(&error) => TICK * 5,
                    Err(_) => {
                        let message =
                            format!("what answers at {address} is not rank {rank} of this job");
                        return Err(format!("{message}\nhint: is the port right?"));
                    }
                },
                Some(Err(error)) if error.kind() == io::ErrorKind::TimedOut => SHORT,
                _ => TICK * 5,
            };
            std::thread::sleep(TICK * 5);
            left = left.saturating_sub(spent);
        }
        let message = format!("rank {rank} at {address} does not answer");
        let seconds = self.patience.as_secs();
        Err(format!("{message} within {seconds} s\nhint: was it started?"))
    }

    fn introduce(&self, stream: &mut TcpStream, own: &str) -> io::Result<Option<String>> {
        stream.set_read_timeout(Some(SHORT * 2))?;
        let nonce = nonce()?;
        say(stream, &Hello { magic: MAGIC.to_string(), nonce: nonce.clone() })?;
        let theirs: String = message(stream)?;
        let proof = self.proof(&[&theirs, &nonce, "claim", &self.me.to_string(), own]);
        let (stamp, address) = (self.stamp.clone(), own.to_string());
        let claim = Claim { stamp, rank: self.me, ranks: self.hosts.len(), address, proof };
        say(stream, &claim)?;
        let welcome: Welcome = message(stream)?;
        if welcome.refused.is_none() && welcome.proof != self.proof(&[&nonce, &theirs, "welcome"]) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(welcome.refused)
    }

    fn proof(&self, words: &[&str]) -> String {
        // Length by length, so that no two lists of words are the same text.
        let words = words.iter().map(|word| format!("{}:{word}", word.len()));
        digest(&format!("{}:{}{}", self.secret.len(), self.secret, words.collect::<String>()))
    }

    /// Accepts the ranks after this one.
    fn accept(
        &self,
        listener: TcpListener,
        streams: &mut [Option<TcpStream>],
        addresses: &mut [String],
    ) -> Result<(), String> {
        let failed = |error: io::Error| format!("cannot use the network: {error}");
        listener.set_nonblocking(true).map_err(failed)?;
        let (sender, arrivals) = channel();
        let visitors = Arc::new(AtomicUsize::new(0));
        let (mut left, mut sent_away) = (self.patience, None);
        let missing = |streams: &[Option<TcpStream>]| {
            (self.me + 1..streams.len()).find(|rank| streams[*rank].is_none())
        };
        while let Some(absent) = missing(streams) {
            let visitor = listener.accept();
            let is_quiet = visitor.is_err();
            if let Ok((stream, _)) = visitor
                && visitors.load(Relaxed) < VISITORS
            {
                visitors.fetch_add(1, Relaxed);
                let (job, sender, visitors) = (self.clone(), sender.clone(), visitors.clone());
                std::thread::spawn(move || {
                    job.examine(stream, &sender);
                    visitors.fetch_sub(1, Relaxed);
                });
            }
            while let Ok(arrival) = arrivals.try_recv() {
                match arrival {
                    Arrival::Misfit(why) => return Err(why),
                    Arrival::Stranger(why) => sent_away = Some(why),
                    Arrival::Rank(Claim { rank, address, .. }, mut welcome, mut stream) => {
                        let is_there = streams[rank].is_some();
                        welcome.refused =
                            is_there.then(|| format!("there is a rank {rank} already"));
                        if say(&mut stream, &welcome).is_ok() && !is_there {
                            addresses[rank] = address;
                            streams[rank] = Some(stream);
                        }
                    }
                }
            }
            if is_quiet {
                if left.is_zero() {
                    let seconds = self.patience.as_secs();
                    let why = sent_away.map(|why| format!("; refused: {why}")).unwrap_or_default();
                    return Err(format!("rank {absent} did not come within {seconds} s{why}"));
                }
                std::thread::sleep(TICK.min(left));
                left = left.saturating_sub(TICK);
            }
        }
        Ok(())
    }

    /// Examines somebody who has come.
    fn examine(&self, mut stream: TcpStream, arrivals: &Sender<Arrival>) {
        // Whoever does not keep to the protocol gets no answer.
        let Ok(arrival) = self.examined(&mut stream) else { return };
        let arrival = match arrival {
            Ok((claim, welcome)) => Arrival::Rank(claim, welcome, stream),
            Err(arrival) => arrival,
        };
        // Nobody listens any more if all are there.
        let _ = arrivals.send(arrival);
    }

    fn examined(&self, stream: &mut TcpStream) -> io::Result<Result<(Claim, Welcome), Arrival>> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(SHORT))?;
        stream.set_write_timeout(Some(SHORT))?;
        let hello: Hello = message(stream)?;
        if hello.magic != MAGIC {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let own = nonce()?;
        say(stream, &own)?;
        let claim: Claim = message(stream)?;
        let Claim { stamp, rank, ranks, address, proof } = &claim;
        let expected = self.proof(&[&own, &hello.nonce, "claim", &rank.to_string(), address]);
        let knows = *proof == expected;
        let refused = if !knows {
            Some("it does not know the secret of this job".to_string())
        } else if stamp.version != self.stamp.version || stamp.build != self.stamp.build {
            Some(format!("rank {rank} is another build of the program"))
        } else if stamp.of != self.stamp.of {
            Some(format!("rank {rank} has another scenario, or other arguments"))
        } else if *ranks != self.hosts.len() {
            Some(format!("rank {rank} counts {ranks} ranks, and not {}", self.hosts.len()))
        } else if *rank <= self.me || rank >= ranks {
            Some(format!("there is no place for a rank {rank} here"))
        } else {
            None
        };
        let proof = match knows {
            true => self.proof(&[&hello.nonce, &own, "welcome"]),
            false => String::new(),
        };
        let welcome = Welcome { proof, refused };
        let Some(why) = welcome.refused.clone() else { return Ok(Ok((claim, welcome))) };
        say(stream, &welcome)?;
        Ok(Err(if knows { Arrival::Misfit(why) } else { Arrival::Stranger(why) }))
    }
}

/// Returns a word that nobody can foresee.
pub fn nonce() -> io::Result<String> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether a connection was closed before it said anything.
fn is_busy(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

fn say(stream: &mut TcpStream, what: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_vec(what)?;
    stream.write_all(&[&(text.len() as u32).to_le_bytes(), &text[..]].concat())
}

fn message<T: DeserializeOwned>(stream: &mut TcpStream) -> io::Result<T> {
    let mut length = [0; 4];
    fill(stream, &mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > MOST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut text = vec![0; length];
    fill(stream, &mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Reads so many bytes, if they come in few pieces.
fn fill(stream: &mut TcpStream, bytes: &mut [u8]) -> io::Result<()> {
    let mut at = 0;
    for _ in 0..READS {
        if at == bytes.len() {
            return Ok(());
        }
        match stream.read(&mut bytes[at..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => at += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if at == bytes.len() { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
}
