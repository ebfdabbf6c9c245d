//! Results of operations: parses the content of events, or skips it.

use super::args::{channel, implementation};
use super::ops::op;
use super::parts::{MOST, NAME, OPAQUE, bitmap, fattr};
use super::tables::Tables;
use crate::capture::event::What;
use crate::capture::event::nfs::{Deleg, Denied, LockType, WhyNone};
use crate::capture::names::{ClientId, File, Server, Session, Stateid, WriteVerifier};
use crate::capture::status::Status;
use crate::capture::xdr::Xdr;

/// The content of the result of an operation.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// A file handle.
    pub fh: Option<File>,
    /// A stateid.
    pub sid: Option<Stateid>,
    /// A delegation.
    pub deleg: Option<Deleg>,
    /// Its stateid.
    pub dsid: Option<Stateid>,
    /// The flags of a session.
    pub flags: u32,
    /// A client id, and whether the server already knew the client.
    pub clientid: Option<(ClientId, bool)>,
    /// The server.
    pub server: Option<Server>,
    /// A new session.
    pub session: Option<Session>,
    recall: bool,
    why: Option<WhyNone>,
    got: Option<u32>,
    eof: bool,
    wver: Option<WriteVerifier>,
    slots: Option<(u32, u32)>,
    denied: Option<Denied>,
    tested: Option<Vec<Status>>,
}

/// Reads the result of an operation, after its status.
pub fn read(number: u32, status: u32, x: &mut Xdr<'_>, tables: &mut Tables) -> Option<Results> {
    let mut found = Results::default();
    if status != 0 {
        failed(number, status, x, tables, &mut found)?;
        return Some(found);
    }
    match number {
        op::GETFH => found.fh = Some(tables.file(x)?),
        op::OPEN => open(x, tables, &mut found)?,
        op::CLOSE | op::LOCK | op::LOCKU | op::OPEN_DOWNGRADE | op::OPEN_CONFIRM => {
            found.sid = Some(tables.stateid(x)?);
        }
        op::READ => {
            found.eof = x.bool()?;
            found.got = Some(x.skipped()?);
        }
        op::WRITE => {
            found.got = Some(x.u32()?);
            x.u32()?;
            found.wver = Some(tables.write_verifier(&x.array()?));
        }
        op::COMMIT => found.wver = Some(tables.write_verifier(&x.array()?)),
        op::TEST_STATEID => found.tested = Some(x.list(MOST, |x| x.u32().map(Status::nfs))?),
        op::SEQUENCE => {
            x.skip(16 + 16)?;
            found.flags = x.u32()?;
        }
        op::EXCHANGE_ID => exchange_id(x, tables, &mut found)?,
        op::CREATE_SESSION => {
            found.session = Some(tables.session(&x.array()?));
            x.skip(8)?;
            found.slots = Some((channel(x)?, channel(x)?));
        }
        op::WANT_DELEGATION => delegation(x, tables, &mut found)?,
        _ => skip(number, x, tables)?,
    }
    Some(found)
}

/// Reads what follows a status other than OK: usually nothing.
fn failed(
    number: u32,
    status: u32,
    x: &mut Xdr<'_>,
    tables: &mut Tables,
    found: &mut Results,
) -> Option<()> {
    let is = |name| Status::nfs(status).is(name);
    match number {
        op::LOCK | op::LOCKT if is("DENIED") => {
            let (off, len) = (x.u64()?, x.u64()?);
            let r#type = LockType::of(x.u32()?)?;
            let owner = tables.other_lock_owner(x)?;
            found.denied = Some(Denied { r#type, off, len, owner });
        }
        op::SETATTR => drop(bitmap(x)?),
        op::LAYOUTGET if is("LAYOUTTRYLATER") => drop(x.bool()?),
        op::GETDEVICEINFO if is("TOOSMALL") => drop(x.u32()?),
        op::COPY if is("OFFLOAD_NO_REQS") => x.skip(8)?,
        _ => {}
    }
    Some(())
}

fn open(x: &mut Xdr<'_>, tables: &mut Tables, found: &mut Results) -> Option<()> {
    found.sid = Some(tables.stateid(x)?);
    x.skip(20 + 4)?;
    bitmap(x)?;
    delegation(x, tables, found)
}

fn delegation(x: &mut Xdr<'_>, tables: &mut Tables, found: &mut Results) -> Option<()> {
    let kind = Deleg::of(x.u32()?)?;
    found.deleg = Some(kind);
    match kind {
        Deleg::None => return Some(()),
        Deleg::NoneExt => {
            let why = WhyNone::of(x.u32()?)?;
            found.why = Some(why);
            if matches!(why, WhyNone::Contention | WhyNone::Resource) {
                x.bool()?;
            }
            return Some(());
        }
        Deleg::Read | Deleg::ReadAttrs => {
            found.dsid = Some(tables.stateid(x)?);
            found.recall = x.bool()?;
        }
        Deleg::Write | Deleg::WriteAttrs => {
            found.dsid = Some(tables.stateid(x)?);
            found.recall = x.bool()?;
            x.skip(12)?;
        }
    }
    x.skip(12)?;
    x.opaque(OPAQUE).map(drop)
}

fn exchange_id(x: &mut Xdr<'_>, tables: &mut Tables, found: &mut Results) -> Option<()> {
    /// The flag that the server already knew the client.
    const CONFIRMED: u32 = 0x8000_0000;
    let id = tables.clientid(x.u64()?);
    x.u32()?;
    found.clientid = Some((id, x.u32()? & CONFIRMED != 0));
    let protect = x.u32()?;
    if protect > 2 {
        return None;
    }
    if protect > 0 {
        bitmap(x)?;
        bitmap(x)?;
    }
    if protect == 2 {
        x.skip(16)?;
        x.each(MOST, |x| x.opaque(OPAQUE).map(drop))?;
    }
    x.u64()?;
    found.server = Some(tables.server(x.opaque(OPAQUE)?));
    x.opaque(OPAQUE)?;
    implementation(x)
}

/// Skips a result that events do not report.
fn skip(number: u32, x: &mut Xdr<'_>, tables: &mut Tables) -> Option<()> {
    match number {
        op::ACCESS => x.skip(8),
        op::CREATE => {
            x.skip(20)?;
            bitmap(x).map(drop)
        }
        op::GETATTR => fattr(x).map(drop),
        op::LINK | op::REMOVE | op::SETXATTR | op::REMOVEXATTR => x.skip(20),
        op::RENAME => x.skip(40),
        op::SETATTR | op::IO_ADVISE => bitmap(x).map(drop),
        op::READDIR => readdir(x),
        op::READLINK | op::SET_SSV | op::GETXATTR => x.skipped().map(drop),
        op::SECINFO | op::SECINFO_NO_NAME => x.each(MOST, |x| {
            if x.u32()? == 6 {
                x.opaque(OPAQUE)?;
                x.skip(8)?;
            }
            Some(())
        }),
        op::BIND_CONN_TO_SESSION => x.skip(16 + 8),
        op::GET_DIR_DELEGATION => {
            if x.u32()? != 0 {
                return x.skip(4);
            }
            x.u64()?;
            tables.stateid(x)?;
            (0..3).try_for_each(|_| bitmap(x).map(drop))
        }
        op::GETDEVICEINFO => {
            x.u32()?;
            x.skipped()?;
            bitmap(x).map(drop)
        }
        op::GETDEVICELIST => {
            x.skip(16)?;
            x.each(MOST, |x| x.skip(16))?;
            x.skip(4)
        }
        op::LAYOUTCOMMIT => {
            if x.bool()? {
                x.u64()?;
            }
            Some(())
        }
        op::LAYOUTGET => {
            x.u32()?;
            tables.stateid(x)?;
            x.each(MOST, |x| {
                x.skip(24)?;
                x.skipped().map(drop)
            })
        }
        op::LAYOUTRETURN => {
            if x.bool()? {
                tables.stateid(x)?;
            }
            Some(())
        }
        op::COPY => {
            written(x, tables)?;
            x.skip(8)
        }
        op::WRITE_SAME => written(x, tables),
        op::COPY_NOTIFY => {
            x.skip(12)?;
            tables.stateid(x)?;
            x.each(MOST, super::skip::netloc)
        }
        op::OFFLOAD_STATUS => {
            x.u64()?;
            x.each(1, |x| x.skip(4))
        }
        op::READ_PLUS => {
            x.bool()?;
            x.each(MOST, |x| match x.u32()? {
                0 => {
                    x.u64()?;
                    x.skipped().map(drop)
                }
                1 => x.skip(16),
                _ => None,
            })
        }
        op::SEEK => x.skip(12),
        op::LISTXATTRS => {
            x.u64()?;
            x.each(MOST, |x| x.opaque(NAME).map(drop))?;
            x.skip(4)
        }
        op::PUTFH..=op::PUTROOTFH
        | op::DELEGPURGE
        | op::DELEGRETURN
        | op::LOCKT
        | op::LOOKUP
        | op::LOOKUPP
        | op::NVERIFY
        | op::VERIFY
        | op::OPENATTR
        | op::RENEW
        | op::RESTOREFH
        | op::SAVEFH
        | op::BACKCHANNEL_CTL
        | op::DESTROY_SESSION
        | op::DESTROY_CLIENTID
        | op::FREE_STATEID
        | op::RECLAIM_COMPLETE
        | op::ALLOCATE
        | op::DEALLOCATE
        | op::LAYOUTERROR
        | op::LAYOUTSTATS
        | op::OFFLOAD_CANCEL
        | op::CLONE => Some(()),
        _ => None,
    }
}

fn readdir(x: &mut Xdr<'_>) -> Option<()> {
    x.u64()?;
    while x.bool()? {
        x.u64()?;
        x.opaque(NAME)?;
        fattr(x)?;
    }
    x.skip(4)
}

fn written(x: &mut Xdr<'_>, tables: &mut Tables) -> Option<()> {
    x.each(1, |x| tables.stateid(x).map(drop))?;
    x.skip(8 + 4 + 8)
}

impl Results {
    /// Adds the content of the result to that of the call.
    pub fn complete(&self, what: &mut What) {
        match what {
            What::Open(open) => {
                (open.sid, open.deleg, open.dsid) = (self.sid, self.deleg, self.dsid);
                (open.recall, open.why) = (self.recall, self.why);
            }
            What::Lock(lock) => {
                lock.sid = self.sid;
                lock.denied.clone_from(&self.denied);
            }
            What::Lockt(test) => test.denied.clone_from(&self.denied),
            What::Read(read) => (read.got, read.eof) = (self.got, self.eof),
            What::Write(write) => (write.got, write.wver) = (self.got, self.wver),
            What::Commit(commit) => commit.wver = self.wver,
            What::TestStateid(test) => test.results.clone_from(&self.tested),
            What::ExchangeId(exchange) => {
                exchange.clientid = self.clientid.map(|(id, _)| id);
                exchange.confirmed = self.clientid.is_some_and(|(_, confirmed)| confirmed);
                exchange.server = self.server;
            }
            What::CreateSession(create) => {
                create.new = self.session;
                create.slots = self.slots.map(|(slots, _)| slots);
                create.cb_slots = self.slots.map(|(_, slots)| slots);
            }
            _ => {}
        }
    }
}
