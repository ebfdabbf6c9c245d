//! The Network Lock Manager, versions 1, 3 and 4 (X/Open XNFS): calls and results.

use super::event::nlm::{Answer, FreeAll, Holder, Kind, OnLock, Share};

use super::event::What;
use super::names::{Cookie, Names};
use super::nfs::Tables;
use super::status::Status;
use super::xdr::Xdr;

/// The RPC program of the lock manager.
pub const PROGRAM: u32 = 100_021;

/// The maximum length of a host name, owner handle or cookie.
const TEXT: usize = 1 << 10;

/// Returns whether the server makes the calls of a procedure.
pub const fn is_of_server(procedure: u32) -> bool {
    matches!(procedure, 5 | 10..=14)
}

/// Returns the host that the call of a client names.
pub fn host(procedure: u32, arguments: &[u8]) -> Option<&[u8]> {
    let mut x = Xdr::new(arguments);
    match procedure {
        1 | 6 => {
            x.opaque(TEXT)?;
            x.u32()?;
        }
        2 | 3 | 7 | 8 | 22 => {
            x.opaque(TEXT)?;
            x.skip(8)?;
        }
        4 | 9 | 20 | 21 => drop(x.opaque(TEXT)?),
        23 => {}
        _ => return None,
    }
    x.opaque(TEXT)
}

/// A reader of calls and results in one version of the protocol.
pub struct Reader<'a> {
    /// The version.
    pub version: u32,
    /// Names that both protocols share.
    pub tables: &'a mut Tables,
    /// Names of cookies.
    pub cookies: &'a mut Names<Vec<u8>>,
}

impl Reader<'_> {
    fn unusual(&self) -> Option<u32> {
        (self.version != 4).then_some(self.version)
    }

    /// Reads a call: the content of its event, and its status if it is an asynchronous answer.
    pub fn call(&mut self, procedure: u32, arguments: &[u8]) -> Option<(What, Option<Status>)> {
        let x = &mut Xdr::new(arguments);
        let what = match procedure {
            1 => What::NlmTest(self.exclusive(x)?),
            2 | 22 => What::NlmLock(self.lock(x)?),
            3 => What::NlmCancel(self.cancel(x)?),
            4 => What::NlmUnlock(self.unlock(x)?),
            5 => What::NlmGranted(self.exclusive(x)?),
            6 => What::NlmTestMsg(self.exclusive(x)?),
            7 => What::NlmLockMsg(self.lock(x)?),
            8 => What::NlmCancelMsg(self.cancel(x)?),
            9 => What::NlmUnlockMsg(self.unlock(x)?),
            10 => What::NlmGrantedMsg(self.exclusive(x)?),
            20 => What::NlmShare(self.share(x)?),
            21 => What::NlmUnshare(self.share(x)?),
            23 => {
                let host = String::from_utf8_lossy(x.opaque(TEXT)?).into_owned();
                What::NlmFreeAll(FreeAll { host, state: x.u32()? })
            }
            11..=15 => return self.answer(procedure, x),
            _ => return None,
        };
        x.is_empty().then_some((what, None))
    }

    fn answer(&mut self, procedure: u32, x: &mut Xdr<'_>) -> Option<(What, Option<Status>)> {
        let (cookie, status) = (self.cookie(x)?, Status::nlm(x.u32()?));
        let denied = if procedure == 11 { self.holder(status, x)? } else { None };
        let answer = Answer { version: self.unusual(), cookie, denied };
        let what = match procedure {
            11 => What::NlmTestRes(answer),
            12 => What::NlmLockRes(answer),
            13 => What::NlmCancelRes(answer),
            14 => What::NlmUnlockRes(answer),
            _ => What::NlmGrantedRes(answer),
        };
        x.is_empty().then_some((what, Some(status)))
    }

    /// Reads the result of a procedure that is answered directly, and returns its status.
    pub fn result(&self, what: &mut What, results: &[u8]) -> Option<Option<Status>> {
        let x = &mut Xdr::new(results);
        match what {
            What::NlmTest(on) => {
                x.opaque(TEXT)?;
                let status = Status::nlm(x.u32()?);
                on.denied = self.holder(status, x)?;
                Some(Some(status))
            }
            What::NlmLock(_)
            | What::NlmCancel(_)
            | What::NlmUnlock(_)
            | What::NlmGranted(_)
            | What::NlmShare(_)
            | What::NlmUnshare(_) => {
                x.opaque(TEXT)?;
                Some(Some(Status::nlm(x.u32()?)))
            }
            _ => Some(None),
        }
    }

    fn cookie(&mut self, x: &mut Xdr<'_>) -> Option<Option<Cookie>> {
        let bytes = x.opaque(TEXT)?;
        Some((!bytes.is_empty()).then(|| Cookie(self.cookies.number(bytes))))
    }

    fn lock(&mut self, x: &mut Xdr<'_>) -> Option<OnLock> {
        let mut on = self.cancel(x)?;
        on.reclaim = x.bool()?;
        on.state = Some(x.u32()?);
        Some(on)
    }

    fn cancel(&mut self, x: &mut Xdr<'_>) -> Option<OnLock> {
        let (cookie, block, kind) = (self.cookie(x)?, x.bool()?, Kind::of(x.u32()?)?);
        let on = self.range(x)?;
        Some(OnLock { cookie, block, r#type: Some(kind), ..on })
    }

    fn exclusive(&mut self, x: &mut Xdr<'_>) -> Option<OnLock> {
        let (cookie, kind) = (self.cookie(x)?, Kind::of(x.u32()?)?);
        let on = self.range(x)?;
        Some(OnLock { cookie, r#type: Some(kind), ..on })
    }

    fn unlock(&mut self, x: &mut Xdr<'_>) -> Option<OnLock> {
        let cookie = self.cookie(x)?;
        Some(OnLock { cookie, ..self.range(x)? })
    }

    /// Reads `nlm4_lock`, or `nlm_lock` with its smaller numbers.
    fn range(&mut self, x: &mut Xdr<'_>) -> Option<OnLock> {
        let host = String::from_utf8_lossy(x.opaque(TEXT)?).into_owned();
        let fh = self.tables.file(x)?;
        let handle = x.opaque(TEXT)?;
        let svid = x.u32()?;
        let owner = self.tables.nlm_owner(handle, svid);
        let (off, len) = self.bytes(x)?;
        Some(OnLock {
            version: self.unusual(),
            cookie: None,
            host,
            fh,
            owner,
            svid,
            r#type: None,
            off,
            len,
            block: false,
            reclaim: false,
            state: None,
            denied: None,
        })
    }

    /// Reads an offset and a length. The length 0 means to the end of the file.
    fn bytes(&self, x: &mut Xdr<'_>) -> Option<(u64, u64)> {
        let (off, len) = if self.version == 4 {
            (x.u64()?, x.u64()?)
        } else {
            (x.u32()?.into(), x.u32()?.into())
        };
        Some((off, if len == 0 { u64::MAX } else { len }))
    }

    fn holder(&self, status: Status, x: &mut Xdr<'_>) -> Option<Option<Holder>> {
        if !status.is("DENIED") {
            return Some(None);
        }
        let (kind, svid) = (Kind::of(x.u32()?)?, x.u32()?);
        x.opaque(TEXT)?;
        let (off, len) = self.bytes(x)?;
        Some(Some(Holder { r#type: kind, svid, off, len }))
    }

    fn share(&mut self, x: &mut Xdr<'_>) -> Option<Share> {
        x.opaque(TEXT)?;
        let host = String::from_utf8_lossy(x.opaque(TEXT)?).into_owned();
        let fh = self.tables.file(x)?;
        x.opaque(TEXT)?;
        let (mode, access) = (x.u32()?, x.u32()?);
        Some(Share { host, fh, mode, access, reclaim: x.bool()? })
    }
}
