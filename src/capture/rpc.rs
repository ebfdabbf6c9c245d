//! Messages of ONC RPC (RFC 5531), and their protection by RPCSEC_GSS (RFC 2203).

use super::status::{RPC, Status};
use super::xdr::Xdr;

/// The maximum length of a credential or verifier.
const AUTH: usize = 400;
/// The flavor of RPCSEC_GSS.
const GSS: u32 = 6;

/// The protection of arguments and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    /// None: they are in plain text.
    None,
    /// A checksum follows them.
    Integrity,
    /// They are encrypted.
    Privacy,
}

/// A message.
pub enum Message<'a> {
    /// A call.
    Call(Call<'a>),
    /// A reply.
    Reply(Reply<'a>),
}

/// A call.
pub struct Call<'a> {
    /// Its number, which the reply repeats.
    pub xid: u32,
    /// The program.
    pub program: u32,
    /// The version of the program.
    pub version: u32,
    /// The procedure.
    pub procedure: u32,
    /// The protection of its arguments, and of the results.
    pub wrap: Wrap,
    /// Whether it only creates or destroys a context of RPCSEC_GSS.
    pub control: bool,
    arguments: &'a [u8],
}

/// A reply.
pub struct Reply<'a> {
    /// The number of the call.
    pub xid: u32,
    /// Why the call did not reach its program.
    pub refused: Option<Status>,
    results: &'a [u8],
}

impl<'a> Call<'a> {
    /// Returns the arguments, unless they are encrypted.
    pub fn arguments(&self) -> Option<&'a [u8]> {
        unwrap(self.arguments, self.wrap)
    }
}

impl<'a> Reply<'a> {
    /// Returns the results, unless they are encrypted.
    pub fn results(&self, wrap: Wrap) -> Option<&'a [u8]> {
        unwrap(self.results, wrap)
    }
}

fn unwrap(bytes: &[u8], wrap: Wrap) -> Option<&[u8]> {
    match wrap {
        Wrap::None => Some(bytes),
        Wrap::Integrity => {
            let mut x = Xdr::new(bytes);
            let len = usize::try_from(x.u32()?).ok()?;
            x.rest().get(4..len.min(x.rest().len()))
        }
        Wrap::Privacy => None,
    }
}

/// Reads a message; `None` if it is not one.
pub fn read(bytes: &[u8]) -> Option<Message<'_>> {
    let mut x = Xdr::new(bytes);
    let xid = x.u32()?;
    match x.u32()? {
        0 => call(xid, x).map(Message::Call),
        1 => reply(xid, x).map(Message::Reply),
        _ => None,
    }
}

fn call(xid: u32, mut x: Xdr<'_>) -> Option<Call<'_>> {
    if x.u32()? != 2 {
        return None;
    }
    let (program, version, procedure) = (x.u32()?, x.u32()?, x.u32()?);
    let flavor = x.u32()?;
    let credential = x.opaque(AUTH)?;
    x.u32()?;
    x.opaque(AUTH)?;
    let (wrap, control) = if flavor == GSS { gss(credential)? } else { (Wrap::None, false) };
    Some(Call { xid, program, version, procedure, wrap, control, arguments: x.rest() })
}

/// Parses a credential of RPCSEC_GSS: the protection of the call, and whether it is a control call.
fn gss(credential: &[u8]) -> Option<(Wrap, bool)> {
    let mut x = Xdr::new(credential);
    let (_version, procedure, _sequence, service) = (x.u32()?, x.u32()?, x.u32()?, x.u32()?);
    let wrap = match service {
        1 => Wrap::None,
        2 => Wrap::Integrity,
        3 => Wrap::Privacy,
        _ => return None,
    };
    Some((wrap, procedure != 0))
}

fn reply(xid: u32, mut x: Xdr<'_>) -> Option<Reply<'_>> {
    let refused = match x.u32()? {
        0 => {
            x.u32()?;
            x.opaque(AUTH)?;
            match x.u32()? {
                0 => None,
                why @ 1..=5 => Some(RPC[why as usize - 1]),
                _ => return None,
            }
        }
        1 => match x.u32()? {
            0 => Some(RPC[5]),
            1 => Some(RPC[6]),
            _ => return None,
        },
        _ => return None,
    };
    Some(Reply { xid, refused: refused.map(Status::Named), results: x.rest() })
}

/// The number of bytes that `begins` needs to see.
pub const HEADER: usize = 24;

/// Returns whether a message can begin with these bytes, of which there are at least [`HEADER`].
pub fn begins(bytes: &[u8]) -> bool {
    let word = |at: usize| -> Option<u32> {
        let bytes = bytes.get(4 * at..4 * at + 4)?;
        bytes.try_into().ok().map(u32::from_be_bytes)
    };
    match (word(1), word(2), word(3), word(4), word(5)) {
        (Some(0), Some(2), Some(program), Some(version), Some(procedure)) => {
            (100_000..0x6000_0000).contains(&program) && version <= 8 && procedure <= 64
        }
        // An accepted reply: a verifier, and the result.
        (Some(1), Some(0), Some(flavor), Some(len), _) => {
            matches!(flavor, 0 | 1 | GSS) && len as usize <= AUTH
        }
        (Some(1), Some(1), Some(0 | 1), ..) => true,
        _ => false,
    }
}
