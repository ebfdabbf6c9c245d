//! Short names for the byte strings of NFS.

use crate::capture::names::{
    Client, ClientId, File, LockOwner, Names, OpenOwner, Server, Session, Stateid, Verifier,
    WriteVerifier,
};
use crate::capture::recent::Recent;
use crate::capture::xdr::Xdr;

use super::parts::{NAME, OPAQUE};

/// The maximum length of a file handle: that of NFSv4, which is more than that of NFSv3.
const HANDLE: usize = 128;

/// The number of names of files, states and owners that are remembered.
const MANY: usize = 1 << 16;
/// The number of names that are remembered of rarer kinds.
const FEW: usize = 1 << 12;

/// All names assigned so far.
pub struct Tables {
    files: Names<Vec<u8>>,
    stateids: Names<[u8; 12]>,
    open_owners: Names<Vec<u8>>,
    lock_owners: Names<Vec<u8>>,
    verifiers: Names<[u8; 8]>,
    write_verifiers: Names<[u8; 8]>,
    clientids: Names<[u8; 8]>,
    sessions: Names<[u8; 16]>,
    servers: Names<Vec<u8>>,
    entries: Recent<(File, String), File>,
    /// The client of each client id.
    pub holders: Recent<ClientId, Client>,
    /// The client whose message is being read.
    pub client: Option<Client>,
}

impl Default for Tables {
    /// Returns empty tables.
    fn default() -> Self {
        Self {
            files: Names::new(MANY),
            stateids: Names::new(MANY),
            open_owners: Names::new(MANY),
            lock_owners: Names::new(MANY),
            verifiers: Names::new(FEW),
            write_verifiers: Names::new(FEW),
            clientids: Names::new(FEW),
            sessions: Names::new(FEW),
            servers: Names::new(FEW),
            entries: Recent::new(1 << 14),
            holders: Recent::new(1 << 12),
            client: None,
        }
    }
}

impl Tables {
    /// Reads a file handle.
    pub fn file(&mut self, x: &mut Xdr<'_>) -> Option<File> {
        x.opaque(HANDLE).map(|handle| File(self.files.number(handle)))
    }

    /// Reads a stateid.
    pub fn stateid(&mut self, x: &mut Xdr<'_>) -> Option<Stateid> {
        let (seqid, other) = (x.u32()?, x.array()?);
        let named = || Stateid::Named(self.stateids.number(&other));
        Some(Stateid::special(seqid, &other).unwrap_or_else(named))
    }

    /// Reads an open owner. It is assigned to the client that sent the message, regardless of the
    /// client id in it.
    pub fn open_owner(&mut self, x: &mut Xdr<'_>) -> Option<OpenOwner> {
        x.u64()?;
        let key = owner(self.client, x.opaque(OPAQUE)?);
        Some(OpenOwner(self.open_owners.number(&key)))
    }

    /// Reads a lock owner. It is assigned to the client that sent the message, regardless of the
    /// client id in it.
    pub fn lock_owner(&mut self, x: &mut Xdr<'_>) -> Option<LockOwner> {
        x.u64()?;
        let key = owner(self.client, x.opaque(OPAQUE)?);
        Some(LockOwner(self.lock_owners.number(&key)))
    }

    /// Reads a lock owner. It is assigned to the client of the client id in it.
    pub fn other_lock_owner(&mut self, x: &mut Xdr<'_>) -> Option<LockOwner> {
        let id = x.u64()?;
        let name = x.opaque(OPAQUE)?;
        let holder = if id == 0 { None } else { Some(self.clientid(id)) };
        let client = holder.and_then(|id| self.holders.get(&id).copied());
        Some(LockOwner(self.lock_owners.number(&owner(client, name))))
    }

    /// Returns a lock owner of NLM: a process of a host, with its owner handle.
    pub fn nlm_owner(&mut self, handle: &[u8], process: u32) -> LockOwner {
        let mut key = owner(self.client, handle);
        key.extend(process.to_be_bytes());
        key.push(b'n');
        LockOwner(self.lock_owners.number(&key))
    }

    /// Returns a session.
    pub fn session(&mut self, id: &[u8; 16]) -> Session {
        Session(self.sessions.number(id))
    }

    /// Returns a client id.
    pub fn clientid(&mut self, id: u64) -> ClientId {
        ClientId(self.clientids.number(&id.to_be_bytes()))
    }

    /// Returns a verifier of a client.
    pub fn verifier(&mut self, bytes: &[u8; 8]) -> Verifier {
        Verifier(self.verifiers.number(bytes))
    }

    /// Returns a verifier of writes.
    pub fn write_verifier(&mut self, bytes: &[u8; 8]) -> WriteVerifier {
        WriteVerifier(self.write_verifiers.number(bytes))
    }

    /// Returns a server, by the major id of its owner.
    pub fn server(&mut self, major: &[u8]) -> Server {
        Server(self.servers.number(major))
    }

    /// Returns the file that has a name in a directory, as far as the recording has shown it.
    pub fn entry(&mut self, dir: Option<File>, name: &str) -> Option<File> {
        self.entries.get(&(dir?, name.to_string())).copied()
    }

    /// Records which file has a name in a directory; `None` if no file has it any more.
    pub fn set_entry(&mut self, dir: Option<File>, name: &str, file: Option<File>) {
        let Some(dir) = dir else { return };
        let key = (dir, name.to_string());
        match file {
            Some(file) => self.entries.insert(key, file),
            None => drop(self.entries.remove(&key)),
        }
    }
}

fn owner(client: Option<Client>, bytes: &[u8]) -> Vec<u8> {
    let mut key = client.map_or(0, |client| client.0).to_be_bytes().to_vec();
    key.extend(bytes);
    key
}

/// Reads a name as text.
pub fn text(x: &mut Xdr<'_>) -> Option<String> {
    x.opaque(NAME).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}
