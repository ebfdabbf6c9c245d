//! Operations that events report little of: their arguments and results are skipped.

use super::ops::op;
use super::parts::{MOST, NAME, OPAQUE, bitmap, fattr};
use super::tables::Tables;
use crate::capture::names::Stateid;
use crate::capture::xdr::Xdr;

/// The maximum length of a layout, a notification or an extended attribute that is skipped.
const BODY: usize = 1 << 20;

/// Skips the arguments of an operation. Returns the stateid that they contain.
#[allow(clippy::option_option)]
pub fn arguments(
    number: u32,
    minor: u32,
    x: &mut Xdr<'_>,
    tables: &mut Tables,
) -> Option<Option<Stateid>> {
    if (op::ALLOCATE..=op::REMOVEXATTR).contains(&number) {
        return if minor >= 2 { of_4_2(number, x, tables) } else { None };
    }
    match number {
        op::ACCESS | op::OPENATTR | op::SECINFO_NO_NAME => x.u32().map(drop)?,
        op::DELEGPURGE | op::RENEW => x.skip(8)?,
        op::NVERIFY | op::VERIFY => drop(fattr(x)?),
        op::OPEN_CONFIRM => {
            let sid = tables.stateid(x)?;
            x.u32()?;
            return Some(Some(sid));
        }
        op::READDIR => {
            x.skip(8 + 8 + 8)?;
            bitmap(x)?;
        }
        op::READLINK => {}
        op::SECINFO => drop(x.opaque(NAME)?),
        op::BACKCHANNEL_CTL => {
            x.u32()?;
            security(x)?;
        }
        op::GET_DIR_DELEGATION => {
            x.bool()?;
            bitmap(x)?;
            x.skip(24)?;
            bitmap(x)?;
            bitmap(x)?;
        }
        op::GETDEVICEINFO => {
            x.skip(16 + 8)?;
            bitmap(x)?;
        }
        op::GETDEVICELIST => x.skip(8 + 8 + 8)?,
        op::LAYOUTCOMMIT => {
            x.skip(16 + 4)?;
            let sid = tables.stateid(x)?;
            if x.bool()? {
                x.u64()?;
            }
            if x.bool()? {
                x.skip(12)?;
            }
            x.u32()?;
            x.opaque(BODY)?;
            return Some(Some(sid));
        }
        op::LAYOUTGET => {
            x.skip(12 + 24)?;
            let sid = tables.stateid(x)?;
            x.u32()?;
            return Some(Some(sid));
        }
        op::LAYOUTRETURN => {
            x.skip(12)?;
            if x.u32()? == 1 {
                x.skip(16)?;
                let sid = tables.stateid(x)?;
                x.opaque(BODY)?;
                return Some(Some(sid));
            }
        }
        op::SET_SSV => {
            x.opaque(OPAQUE)?;
            x.opaque(OPAQUE)?;
        }
        op::WANT_DELEGATION => {
            x.u32()?;
            if x.u32()? == 1 {
                x.u32()?;
            }
        }
        _ => return None,
    }
    Some(None)
}

#[allow(clippy::option_option)]
fn of_4_2(number: u32, x: &mut Xdr<'_>, tables: &mut Tables) -> Option<Option<Stateid>> {
    match number {
        op::LAYOUTERROR => {
            x.skip(16)?;
            let sid = tables.stateid(x)?;
            x.each(MOST, |x| x.skip(16 + 8))?;
            return Some(Some(sid));
        }
        op::LAYOUTSTATS => {
            x.skip(16)?;
            let sid = tables.stateid(x)?;
            x.skip(32 + 16 + 4)?;
            x.opaque(BODY)?;
            return Some(Some(sid));
        }
        op::GETXATTR | op::REMOVEXATTR => {
            x.opaque(NAME)?;
            return Some(None);
        }
        op::SETXATTR => {
            x.u32()?;
            x.opaque(NAME)?;
            x.opaque(BODY)?;
            return Some(None);
        }
        op::LISTXATTRS => {
            x.skip(12)?;
            return Some(None);
        }
        _ => {}
    }
    let sid = tables.stateid(x)?;
    match number {
        op::ALLOCATE | op::DEALLOCATE => x.skip(16)?,
        op::COPY => {
            tables.stateid(x)?;
            x.skip(24 + 8)?;
            x.each(MOST, netloc)?;
        }
        op::COPY_NOTIFY => netloc(x)?,
        op::IO_ADVISE => {
            x.skip(16)?;
            bitmap(x)?;
        }
        op::OFFLOAD_CANCEL | op::OFFLOAD_STATUS => {}
        op::READ_PLUS => x.skip(12)?,
        op::SEEK => x.skip(12)?,
        op::WRITE_SAME => {
            x.skip(4 + 32 + 4 + 8)?;
            x.opaque(BODY)?;
        }
        op::CLONE => {
            tables.stateid(x)?;
            x.skip(24)?;
        }
        _ => return None,
    }
    Some(Some(sid))
}

/// Reads a network location.
pub fn netloc(x: &mut Xdr<'_>) -> Option<()> {
    if x.u32()? == 3 {
        x.opaque(OPAQUE)?;
    }
    x.opaque(OPAQUE).map(drop)
}

/// Reads the security parameters of callbacks.
pub fn security(x: &mut Xdr<'_>) -> Option<()> {
    x.each(MOST, |x| match x.u32()? {
        0 => Some(()),
        1 => {
            x.u32()?;
            x.opaque(OPAQUE)?;
            x.skip(8)?;
            x.each(MOST, |x| x.skip(4))
        }
        6 => {
            x.u32()?;
            x.opaque(OPAQUE)?;
            x.opaque(OPAQUE).map(drop)
        }
        _ => None,
    })
}
