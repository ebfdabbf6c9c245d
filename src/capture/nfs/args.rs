//! Arguments of operations: parses XDR to the content of events, or skips it.

use super::ops::op;
use super::parts::{MOST, OPAQUE, bitmap, fattr};
use super::tables::{Tables, text};
use crate::capture::event::What;
use crate::capture::event::nfs::{
    BindConnToSession, Claim, Commit, Create, CreateMode, CreateSession, Deleg, DestroyClientid,
    DestroySession, ExchangeId, Lock, LockType, Lockt, Locku, OnFile, OnName, OnState, Open,
    OpenDowngrade, Other, Read, ReclaimComplete, Rename, Setattr, Share, TestStateid, Want, Write,
};
use crate::capture::event::nfs::{Link, Nothing};
use crate::capture::names::{File, Stateid, Word};
use crate::capture::xdr::Xdr;

/// The effect of an operation on the current and the saved file handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Nothing.
    Nothing,
    /// The current file handle becomes this one.
    Put(File),
    /// The current file handle becomes one that is not in the call.
    Elsewhere,
    /// The current file handle is saved.
    Save,
    /// The saved file handle becomes the current one.
    Restore,
    /// The current file handle is in the reply.
    Get,
}

/// The arguments of an operation.
pub struct Arguments {
    /// The effect on file handles.
    pub moves: Moves,
    /// The content of the event; `None` for operations that only lead to others.
    pub what: Option<What>,
}

fn says(what: What) -> Option<Arguments> {
    Some(Arguments { moves: Moves::Nothing, what: Some(what) })
}

fn moves(moves: Moves) -> Option<Arguments> {
    Some(Arguments { moves, what: None })
}

/// Reads the arguments of an operation; `None` if they do not follow the specification.
pub fn read(number: u32, minor: u32, x: &mut Xdr<'_>, tables: &mut Tables) -> Option<Arguments> {
    let stateid = |x: &mut Xdr<'_>, tables: &mut Tables| tables.stateid(x);
    match number {
        op::PUTFH => {
            let file = tables.file(x)?;
            moves(Moves::Put(file))
        }
        op::PUTPUBFH | op::PUTROOTFH => moves(Moves::Elsewhere),
        op::GETFH => moves(Moves::Get),
        op::RESTOREFH => moves(Moves::Restore),
        op::SAVEFH => moves(Moves::Save),
        op::LOOKUPP => Some(Arguments { moves: Moves::Elsewhere, what: other(number, None) }),
        op::LOOKUP => {
            let what = What::Lookup(OnName { dir: None, name: text(x)?, fh: None });
            Some(Arguments { moves: Moves::Elsewhere, what: Some(what) })
        }
        op::CREATE => {
            let what = create(x)?;
            Some(Arguments { moves: Moves::Elsewhere, what: Some(what) })
        }
        op::OPEN => open(x, tables),
        op::CLOSE => {
            x.u32()?;
            says(What::Close(OnState { fh: None, sid: stateid(x, tables)? }))
        }
        op::DELEGRETURN => says(What::Delegreturn(OnState { fh: None, sid: stateid(x, tables)? })),
        op::FREE_STATEID => says(What::FreeStateid(OnState { fh: None, sid: stateid(x, tables)? })),
        op::GETATTR => {
            bitmap(x)?;
            says(What::Getattr(OnFile { fh: None }))
        }
        op::LINK => says(What::Link(Link { fh: None, dir: None, name: text(x)? })),
        op::LOCK => lock(x, tables),
        op::LOCKT => {
            let (r#type, off, len) = (LockType::of(x.u32()?)?, x.u64()?, x.u64()?);
            let owner = tables.lock_owner(x)?;
            says(What::Lockt(Lockt { fh: None, r#type, off, len, owner, denied: None }))
        }
        op::LOCKU => {
            let r#type = LockType::of(x.u32()?)?;
            x.u32()?;
            let sid = stateid(x, tables)?;
            says(What::Locku(Locku { fh: None, r#type, off: x.u64()?, len: x.u64()?, sid }))
        }
        op::OPEN_DOWNGRADE => {
            let sid = stateid(x, tables)?;
            x.u32()?;
            let access = Share::of(x.u32()? & 3)?;
            let deny = Share::of(x.u32()? & 3)?;
            says(What::OpenDowngrade(OpenDowngrade { fh: None, sid, access, deny }))
        }
        op::READ => {
            let (sid, off, len) = (stateid(x, tables)?, x.u64()?, x.u32()?.into());
            says(What::Read(Read { fh: None, sid, off, len, got: None, eof: false }))
        }
        op::WRITE => {
            let (sid, off, stable) = (stateid(x, tables)?, x.u64()?, stable(x.u32()?));
            let len = x.skipped()?.into();
            says(What::Write(Write { fh: None, sid, off, len, stable, got: None, wver: None }))
        }
        op::COMMIT => {
            let (off, len) = (x.u64()?, x.u32()?.into());
            says(What::Commit(Commit { fh: None, off, len, wver: None }))
        }
        op::REMOVE => says(What::Remove(OnName { dir: None, name: text(x)?, fh: None })),
        op::RENAME => {
            let (name, to_name) = (text(x)?, text(x)?);
            let (dir, to_dir, fh, over) = (None, None, None, None);
            says(What::Rename(Rename { dir, name, to_dir, to_name, fh, over }))
        }
        op::SETATTR => {
            let sid = stateid(x, tables)?;
            says(What::Setattr(Setattr { fh: None, sid, attrs: fattr(x)? }))
        }
        op::TEST_STATEID => {
            let sids = x.list(MOST, |x| tables.stateid(x))?;
            says(What::TestStateid(TestStateid { sids, results: None }))
        }
        op::BIND_CONN_TO_SESSION => {
            let to = tables.session(&x.array()?);
            x.skip(8)?;
            says(What::BindConnToSession(BindConnToSession { to }))
        }
        op::EXCHANGE_ID => exchange_id(x, tables),
        op::CREATE_SESSION => create_session(minor, x, tables),
        op::DESTROY_SESSION => {
            let old = tables.session(&x.array()?);
            says(What::DestroySession(DestroySession { old, of: None }))
        }
        op::DESTROY_CLIENTID => {
            let clientid = tables.clientid(x.u64()?);
            says(What::DestroyClientid(DestroyClientid { clientid }))
        }
        op::RECLAIM_COMPLETE => says(What::ReclaimComplete(ReclaimComplete { one_fs: x.bool()? })),
        op::SEQUENCE => {
            x.skip(16 + 16)?;
            says(What::Sequence(Nothing {}))
        }
        _ => {
            let sid = super::skip::arguments(number, minor, x, tables)?;
            says(other(number, sid)?)
        }
    }
}

fn other(number: u32, sid: Option<Stateid>) -> Option<What> {
    Some(What::Other(Other { op: op::name(number), fh: None, sid }))
}

fn stable(how: u32) -> Word {
    match how {
        0 => "unstable".into(),
        1 => "data_sync".into(),
        2 => "file_sync".into(),
        other => other.to_string().into(),
    }
}

fn create(x: &mut Xdr<'_>) -> Option<What> {
    let kind: Word = match x.u32()? {
        2 => "dir".into(),
        3 => {
            x.skip(8)?;
            "block".into()
        }
        4 => {
            x.skip(8)?;
            "char".into()
        }
        5 => {
            x.opaque(1 << 14)?;
            "link".into()
        }
        6 => "socket".into(),
        7 => "fifo".into(),
        _ => return None,
    };
    let name = text(x)?;
    fattr(x)?;
    Some(What::Create(Create { dir: None, name, kind, fh: None }))
}

fn open(x: &mut Xdr<'_>, tables: &mut Tables) -> Option<Arguments> {
    x.u32()?;
    let share = x.u32()?;
    let access = Share::of(share & 3)?;
    let want = Want::of((share >> 8) & 0xff).filter(|want| *want != Want::NoPreference);
    let deny = Share::of(x.u32()? & 3)?;
    let owner = tables.open_owner(x)?;
    let create = match x.u32()? {
        0 => None,
        1 => {
            let mode = CreateMode::of(x.u32()?)?;
            if matches!(mode, CreateMode::Exclusive | CreateMode::Exclusive41) {
                x.skip(8)?;
            }
            if mode != CreateMode::Exclusive {
                fattr(x)?;
            }
            Some(mode)
        }
        _ => return None,
    };
    let claim = Claim::of(x.u32()?)?;
    let (mut name, mut had, mut via) = (None, None, None);
    match claim {
        Claim::Null | Claim::DelegPrev => name = Some(text(x)?),
        Claim::Previous => had = Some(Deleg::of(x.u32()?)?),
        Claim::DelegCur => {
            via = Some(tables.stateid(x)?);
            name = Some(text(x)?);
        }
        Claim::DelegCurFh => via = Some(tables.stateid(x)?),
        Claim::Fh | Claim::DelegPrevFh => {}
    }
    let moves = if name.is_some() { Moves::Elsewhere } else { Moves::Nothing };
    let what = What::Open(Open {
        claim,
        dir: None,
        name,
        fh: None,
        access,
        deny,
        want,
        owner,
        create,
        had,
        via,
        sid: None,
        deleg: None,
        dsid: None,
        recall: false,
        why: None,
    });
    Some(Arguments { moves, what: Some(what) })
}

fn lock(x: &mut Xdr<'_>, tables: &mut Tables) -> Option<Arguments> {
    let (r#type, reclaim, off, len) = (LockType::of(x.u32()?)?, x.bool()?, x.u64()?, x.u64()?);
    let new = x.bool()?;
    let (via, owner);
    if new {
        x.u32()?;
        via = tables.stateid(x)?;
        x.u32()?;
        owner = Some(tables.lock_owner(x)?);
    } else {
        via = tables.stateid(x)?;
        x.u32()?;
        owner = None;
    }
    let (fh, sid, denied) = (None, None, None);
    says(What::Lock(Lock { fh, r#type, off, len, reclaim, new, owner, via, sid, denied }))
}

fn exchange_id(x: &mut Xdr<'_>, tables: &mut Tables) -> Option<Arguments> {
    let ver = tables.verifier(&x.array()?);
    let owner = String::from_utf8_lossy(x.opaque(OPAQUE)?).into_owned();
    x.u32()?;
    let protect = x.u32()?;
    if protect > 2 {
        return None;
    }
    if protect > 0 {
        bitmap(x)?;
        bitmap(x)?;
    }
    if protect == 2 {
        x.each(MOST, |x| x.opaque(OPAQUE).map(drop))?;
        x.each(MOST, |x| x.opaque(OPAQUE).map(drop))?;
        x.skip(8)?;
    }
    implementation(x)?;
    let (clientid, server) = (None, None);
    says(What::ExchangeId(ExchangeId { owner, ver, clientid, confirmed: false, server }))
}

/// Reads the name of an implementation, which may be missing.
pub fn implementation(x: &mut Xdr<'_>) -> Option<()> {
    x.each(1, |x| {
        x.opaque(OPAQUE)?;
        x.opaque(OPAQUE)?;
        x.skip(12)
    })
}

fn create_session(minor: u32, x: &mut Xdr<'_>, tables: &mut Tables) -> Option<Arguments> {
    let clientid = tables.clientid(x.u64()?);
    x.skip(8)?;
    channel(x)?;
    channel(x)?;
    x.u32()?;
    super::skip::security(x)?;
    let (new, slots, cb_slots) = (None, None, None);
    says(What::CreateSession(CreateSession { minor, clientid, new, slots, cb_slots }))
}

/// Reads the attributes of a channel, and returns its number of slots.
pub fn channel(x: &mut Xdr<'_>) -> Option<u32> {
    x.skip(20)?;
    let slots = x.u32()?;
    x.each(1, |x| x.u32().map(drop))?;
    Some(slots)
}
