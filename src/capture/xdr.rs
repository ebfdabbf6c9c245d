//! External Data Representation (RFC 4506), as far as NFS and NLM need it.

/// A byte reader. Every read returns `None` if there are not enough bytes.
#[derive(Clone, Copy, Debug)]
pub struct Xdr<'a> {
    bytes: &'a [u8],
}

impl<'a> Xdr<'a> {
    /// Creates a reader of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Returns the bytes that are left.
    pub const fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns whether all bytes were read.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Reads opaque data of a fixed length, with its padding.
    pub fn fixed(&mut self, len: usize) -> Option<&'a [u8]> {
        let padded = len.checked_next_multiple_of(4)?;
        let data = self.bytes.get(..len)?;
        self.bytes = self.bytes.get(padded..)?;
        Some(data)
    }

    /// Reads opaque data of a fixed length, as an array.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.fixed(N)?.try_into().ok()
    }

    /// Reads an unsigned integer or an enumeration.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// Reads an unsigned hyper integer.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// Reads a boolean: 0 or 1.
    pub fn bool(&mut self) -> Option<bool> {
        match self.u32()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// Reads opaque data of a variable length, or a string, of at most `most` bytes.
    pub fn opaque(&mut self, most: usize) -> Option<&'a [u8]> {
        let len = usize::try_from(self.u32()?).ok()?;
        if len > most { None } else { self.fixed(len) }
    }

    /// Skips opaque data and returns its length. Data that the recording cut off counts as read,
    /// and nothing can be read after it.
    pub fn skipped(&mut self) -> Option<u32> {
        let len = self.u32()?;
        let padded = usize::try_from(len).ok()?.checked_next_multiple_of(4)?;
        self.bytes = self.bytes.get(padded..).unwrap_or_default();
        Some(len)
    }

    /// Skips `len` bytes.
    pub fn skip(&mut self, len: usize) -> Option<()> {
        self.fixed(len).map(drop)
    }

    /// Reads a list, item by item.
    pub fn list<T>(
        &mut self,
        most: u32,
        mut item: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let len = self.u32()?;
        if len > most {
            return None;
        }
        (0..len).map(|_| item(self)).collect()
    }

    /// Skips the items of a list.
    pub fn each(&mut self, most: u32, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        let len = self.u32()?;
        if len > most { None } else { (0..len).try_for_each(|_| item(self)) }
    }
}

#[cfg(test)]
mod tests {
    use super::Xdr;

    #[test]
    fn reads_end_where_the_bytes_end() {
        let bytes = [0, 0, 0, 5, b'h', b'e', b'l', b'l', b'o', 0, 0, 0, 0, 0, 0, 1];
        let mut xdr = Xdr::new(&bytes);
        assert_eq!(xdr.opaque(5), Some(&b"hello"[..]));
        assert_eq!(xdr.bool(), Some(true));
        assert!(xdr.is_empty() && xdr.u32().is_none());
        assert_eq!(Xdr::new(&bytes).opaque(4), None, "longer than allowed");
        assert_eq!(Xdr::new(&bytes[..9]).opaque(5), None, "its padding is missing");
        assert_eq!(Xdr::new(&bytes[..6]).skipped(), Some(5), "cut off, and told");
        assert_eq!(Xdr::new(&[0xff; 4]).skipped(), Some(u32::MAX));
        assert_eq!(Xdr::new(&[0xff; 8]).list(9, Xdr::u32), None);
        assert_eq!(Xdr::new(&bytes[..4]).bool(), None, "5 is neither true nor false");
    }
}
