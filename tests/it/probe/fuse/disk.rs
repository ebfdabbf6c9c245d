//! A filesystem in memory, with the little that a probe needs. Its locks are in a [`Table`].

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, InitFlags, KernelConfig, LockOwner, OpenFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyLock, ReplyOpen, ReplyWrite, Request, TimeOrNow,
    WriteFlags,
};

use super::table::{Fault, Lock, Range, Table};

/// Attributes are asked for each time.
const TTL: Duration = Duration::ZERO;

/// Which locks the daemon manages; the kernel manages the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `fcntl`.
    Record,
    /// `flock`, which arrives as a lock of the whole file, and `fcntl`.
    Flock,
}

/// A folder has names of others, a file has bytes.
enum Node {
    Folder(BTreeMap<OsString, u64>),
    File(Vec<u8>),
}

/// A call that waits for a lock.
struct Waiter {
    file: u64,
    lock: Lock,
    reply: ReplyEmpty,
}

struct Inside {
    nodes: BTreeMap<u64, Node>,
    next: u64,
    table: Table,
    waiters: Vec<Waiter>,
}

/// The filesystem.
pub struct Disk {
    family: Family,
    inside: Mutex<Inside>,
}

impl Disk {
    pub fn new(family: Family, fault: Option<Fault>) -> Self {
        let nodes = BTreeMap::from([(INodeNo::ROOT.0, Node::Folder(BTreeMap::new()))]);
        let table = Table::with(fault);
        Self { family, inside: Mutex::new(Inside { nodes, next: 2, table, waiters: Vec::new() }) }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no call has failed")
    }
}

impl Inside {
    fn folder(&mut self, number: INodeNo) -> Result<&mut BTreeMap<OsString, u64>, Errno> {
        match self.nodes.get_mut(&number.0) {
            Some(Node::Folder(names)) => Ok(names),
            Some(Node::File(_)) => Err(Errno::ENOTDIR),
            None => Err(Errno::ENOENT),
        }
    }

    fn file(&mut self, number: INodeNo) -> Result<&mut Vec<u8>, Errno> {
        match self.nodes.get_mut(&number.0) {
            Some(Node::File(bytes)) => Ok(bytes),
            Some(Node::Folder(_)) => Err(Errno::EISDIR),
            None => Err(Errno::ENOENT),
        }
    }

    fn look_up(&mut self, parent: INodeNo, name: &OsStr) -> Result<FileAttr, Errno> {
        let number = *self.folder(parent)?.get(name).ok_or(Errno::ENOENT)?;
        self.attributes(INodeNo(number))
    }

    fn attributes(&self, ino: INodeNo) -> Result<FileAttr, Errno> {
        let (kind, size, perm) = match self.nodes.get(&ino.0).ok_or(Errno::ENOENT)? {
            Node::Folder(_) => (FileType::Directory, 0, 0o777),
            Node::File(bytes) => (FileType::RegularFile, bytes.len() as u64, 0o666),
        };
        let time = SystemTime::UNIX_EPOCH;
        let (atime, mtime, ctime, crtime) = (time, time, time, time);
        let (blocks, nlink, uid, gid, rdev, blksize, flags) = (0, 1, 0, 0, 0, 4096, 0);
        Ok(FileAttr {
            ino,
            size,
            blocks,
            atime,
            mtime,
            ctime,
            crtime,
            kind,
            perm,
            nlink,
            uid,
            gid,
            rdev,
            blksize,
            flags,
        })
    }

    fn add(&mut self, parent: INodeNo, name: &OsStr, node: Node) -> Result<FileAttr, Errno> {
        let number = self.next;
        let names = self.folder(parent)?;
        if names.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        names.insert(name.to_os_string(), number);
        self.next += 1;
        self.nodes.insert(number, node);
        self.attributes(INodeNo(number))
    }

    fn remove(&mut self, parent: INodeNo, name: &OsStr) -> Result<(), Errno> {
        // An open file may still be used by its number.
        self.folder(parent)?.remove(name).map(drop).ok_or(Errno::ENOENT)
    }

    /// Answers the calls that nothing is in the way of any more.
    fn wake(&mut self) {
        let mut at = 0;
        while at < self.waiters.len() {
            let Waiter { file, lock, .. } = self.waiters[at];
            if self.table.in_the_way(file, &lock, false).is_some() {
                at += 1;
                continue;
            }
            self.table.take(file, lock);
            self.waiters.remove(at).reply.ok();
        }
    }
}

fn entry(found: Result<FileAttr, Errno>, reply: ReplyEntry) {
    match found {
        Ok(attributes) => reply.entry(&TTL, &attributes, Generation(0)),
        Err(error) => reply.error(error),
    }
}

fn attributes(found: Result<FileAttr, Errno>, reply: ReplyAttr) {
    match found {
        Ok(attributes) => reply.attr(&TTL, &attributes),
        Err(error) => reply.error(error),
    }
}

fn done(result: Result<(), Errno>, reply: ReplyEmpty) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

impl Filesystem for Disk {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        let asked = match self.family {
            Family::Record => InitFlags::FUSE_POSIX_LOCKS,
            // Record locks as well: with them the probe finds out who manages the locks.
            Family::Flock => InitFlags::FUSE_POSIX_LOCKS | InitFlags::FUSE_FLOCK_LOCKS,
        };
        config.add_capabilities(asked).map_err(|_| io::ErrorKind::Unsupported.into())
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        entry(self.inside().look_up(parent, name), reply);
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        attributes(self.inside().attributes(ino), reply);
    }

    fn setattr(
        &self,
        _: &Request,
        ino: INodeNo,
        _mode: Option<u32>,
        _uid: Option<u32>,
        _gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        _mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut inside = self.inside();
        if let (Some(size), Ok(bytes)) = (size, inside.file(ino)) {
            bytes.resize(size as usize, 0);
        }
        attributes(inside.attributes(ino), reply);
    }

    fn mkdir(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        reply: ReplyEntry,
    ) {
        entry(self.inside().add(parent, name, Node::Folder(BTreeMap::new())), reply);
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        _mode: u32,
        _umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        let mut inside = self.inside();
        match inside.add(parent, name, Node::File(Vec::new())) {
            Ok(attributes) => {
                let handle = FileHandle(inside.next);
                inside.next += 1;
                reply.created(&TTL, &attributes, Generation(0), handle, FopenFlags::empty());
            }
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        done(self.inside().remove(parent, name), reply);
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        done(self.inside().remove(parent, name), reply);
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let mut inside = self.inside();
        reply.opened(FileHandle(inside.next), FopenFlags::empty());
        inside.next += 1;
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self.inside().file(ino) {
            Ok(bytes) => {
                let begin = bytes.len().min(offset as usize);
                let end = bytes.len().min(begin + size as usize);
                reply.data(&bytes[begin..end]);
            }
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.inside().file(ino) {
            Ok(bytes) => {
                let (begin, end) = (offset as usize, offset as usize + data.len());
                bytes.resize(bytes.len().max(end), 0);
                bytes[begin..end].copy_from_slice(data);
                reply.written(data.len() as u32);
            }
            Err(error) => reply.error(error),
        }
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        reply.ok();
    }

    fn readdir(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let mut inside = self.inside();
        let names = match inside.folder(ino) {
            Ok(names) => names.clone(),
            Err(error) => return reply.error(error),
        };
        for (at, (name, number)) in names.iter().enumerate().skip(offset as usize) {
            let kind = match inside.nodes.get(number) {
                Some(Node::Folder(_)) => FileType::Directory,
                _ => FileType::RegularFile,
            };
            if reply.add(INodeNo(*number), at as u64 + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn flush(&self, _: &Request, ino: INodeNo, _: FileHandle, owner: LockOwner, reply: ReplyEmpty) {
        let mut inside = self.inside();
        inside.table.close(ino.0, owner.0);
        inside.wake();
        reply.ok();
    }

    fn release(
        &self,
        _: &Request,
        ino: INodeNo,
        handle: FileHandle,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        _flush: bool,
        reply: ReplyEmpty,
    ) {
        let mut inside = self.inside();
        inside.table.release(ino.0, handle.0);
        inside.wake();
        reply.ok();
    }

    fn getlk(
        &self,
        _: &Request,
        ino: INodeNo,
        handle: FileHandle,
        owner: LockOwner,
        first: u64,
        last: u64,
        kind: i32,
        pid: u32,
        reply: ReplyLock,
    ) {
        let (range, write) = (Range { first, last }, kind == libc::F_WRLCK);
        let asked = Lock { range, write, owner: owner.0, pid, handle: handle.0 };
        match self.inside().table.in_the_way(ino.0, &asked, true) {
            Some(held) => {
                let kind = if held.write { libc::F_WRLCK } else { libc::F_RDLCK };
                reply.locked(held.range.first, held.range.last, kind, held.pid);
            }
            None => reply.locked(first, last, libc::F_UNLCK, 0),
        }
    }

    fn setlk(
        &self,
        _: &Request,
        ino: INodeNo,
        handle: FileHandle,
        owner: LockOwner,
        first: u64,
        last: u64,
        kind: i32,
        pid: u32,
        sleep: bool,
        reply: ReplyEmpty,
    ) {
        let (range, write) = (Range { first, last }, kind == libc::F_WRLCK);
        let lock = Lock { range, write, owner: owner.0, pid, handle: handle.0 };
        let mut inside = self.inside();
        if self.family == Family::Flock && kind != libc::F_UNLCK {
            if inside.table.has_lock(ino.0, &lock) {
                return reply.ok();
            }
            // As on a local filesystem: who asks for another kind of lock gives the old one up first.
            inside.table.cut(ino.0, &lock, false);
        }
        if kind == libc::F_UNLCK {
            inside.table.give_up(ino.0, &lock);
        } else if inside.table.in_the_way(ino.0, &lock, false).is_none() {
            inside.table.take(ino.0, lock);
        } else if sleep {
            return inside.waiters.push(Waiter { file: ino.0, lock, reply });
        } else {
            inside.wake();
            return reply.error(Errno::EAGAIN);
        }
        inside.wake();
        reply.ok();
    }
}
