//! Operations of a server on a client: arguments and results.

use super::args::{Arguments, Moves};
use super::ops::{self, cb};
use super::parts::{MOST, bitmap, fattr};
use super::tables::Tables;
use crate::capture::event::What;
use crate::capture::event::nfs::{CbNotifyLock, CbRecall, CbRecallAny, Nothing, OnFile, Other};
use crate::capture::xdr::Xdr;

/// Reads the arguments of an operation.
pub fn arguments(number: u32, x: &mut Xdr<'_>, tables: &mut Tables) -> Option<Arguments> {
    let other = |fh, sid| What::CbOther(Other { op: cb::name(number), fh, sid });
    let what = match number {
        cb::SEQUENCE => {
            sequence(x)?;
            What::CbSequence(Nothing {})
        }
        cb::RECALL => {
            let (sid, truncate) = (tables.stateid(x)?, x.bool()?);
            What::CbRecall(CbRecall { fh: tables.file(x)?, sid, truncate })
        }
        cb::GETATTR => {
            let fh = Some(tables.file(x)?);
            bitmap(x)?;
            What::CbGetattr(OnFile { fh })
        }
        cb::NOTIFY_LOCK => {
            let fh = tables.file(x)?;
            What::CbNotifyLock(CbNotifyLock { fh, owner: tables.lock_owner(x)? })
        }
        cb::RECALL_ANY => {
            let keep = x.u32()?;
            let bits = bitmap(x)?.first().copied().unwrap_or_default();
            What::CbRecallAny(CbRecallAny { keep, kinds: ops::kinds(bits) })
        }
        cb::LAYOUTRECALL => {
            x.skip(12)?;
            match x.u32()? {
                1 => {
                    let fh = Some(tables.file(x)?);
                    x.skip(16)?;
                    other(fh, Some(tables.stateid(x)?))
                }
                2 => {
                    x.skip(16)?;
                    other(None, None)
                }
                _ => other(None, None),
            }
        }
        cb::NOTIFY => {
            let (sid, fh) = (tables.stateid(x)?, tables.file(x)?);
            x.each(MOST, |x| {
                bitmap(x)?;
                x.skipped().map(drop)
            })?;
            other(Some(fh), Some(sid))
        }
        cb::RECALLABLE_OBJ_AVAIL => {
            x.u32()?;
            bitmap(x)?;
            other(None, None)
        }
        cb::RECALL_SLOT => {
            x.u32()?;
            other(None, None)
        }
        cb::WANTS_CANCELLED => {
            x.skip(8)?;
            other(None, None)
        }
        cb::NOTIFY_DEVICEID => {
            x.each(MOST, |x| {
                bitmap(x)?;
                x.skipped().map(drop)
            })?;
            other(None, None)
        }
        cb::OFFLOAD => {
            let (fh, sid) = (tables.file(x)?, tables.stateid(x)?);
            if x.u32()? == 0 {
                x.each(1, |x| tables.stateid(x).map(drop))?;
                x.skip(8 + 4 + 8)?;
            } else {
                x.u64()?;
            }
            other(Some(fh), Some(sid))
        }
        _ => return None,
    };
    Some(Arguments { moves: Moves::Nothing, what: Some(what) })
}

/// Reads the session, slot and sequence number of CB_SEQUENCE.
fn sequence(x: &mut Xdr<'_>) -> Option<()> {
    x.skip(16 + 12)?;
    x.bool()?;
    x.each(MOST, |x| {
        x.skip(16)?;
        x.each(MOST, |x| x.skip(8))
    })
}

/// Reads the result of an operation, after its status.
pub fn results(number: u32, status: u32, x: &mut Xdr<'_>) -> Option<()> {
    match number {
        _ if status != 0 => Some(()),
        cb::GETATTR => fattr(x).map(drop),
        cb::SEQUENCE => x.skip(16 + 16),
        4..=15 => Some(()),
        _ => None,
    }
}

/// Returns whether a program number is one that a client chose for callbacks: those for transient
/// use (RFC 5531).
pub const fn is_program(program: u32) -> bool {
    program >= 0x4000_0000 && program < 0x6000_0000
}
