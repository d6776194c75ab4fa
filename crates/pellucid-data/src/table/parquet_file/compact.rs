//! Thrift's compact protocol, in which the footer and the headers of pages are written.
//!
//! Everything is checked against the bytes that are there: a list of many elements has at least as many bytes.
//! Source: <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

/// Why bytes are not of this protocol.
pub(super) type Damage = &'static str;

/// The bytes end within a value. More of them may help.
pub(super) const ENDS: Damage = "its description ends too early";
const OTHER_TYPE: Damage = "a value of its description has another type";
/// No description nests so deeply.
const DEEPEST: usize = 32;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind(u8);

impl Kind {
    pub(super) fn is_integer(self) -> bool {
        matches!(self.0, 3..=6)
    }
}

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// A position within bytes.
pub(super) struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Compact<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Compact {
            bytes,
            at: 0,
            depth: 0,
        }
    }

    /// The bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Damage> {
        let end = self.at.checked_add(count).ok_or(ENDS)?;
        let taken = self.bytes.get(self.at..end).ok_or(ENDS)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Damage> {
        Ok(self.take(1)?[0])
    }

    fn varint(&mut self) -> Result<u64, Damage> {
        let (value, length) = varint(&self.bytes[self.at..])?;
        self.at += length;
        Ok(value)
    }

    /// Reads a structure: `read` is given the number and the type of each field, and returns whether it has read the value.
    pub(super) fn fields(
        &mut self,
        mut read: impl FnMut(&mut Self, i16, Kind) -> Result<bool, Damage>,
    ) -> Result<(), Damage> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("its description is nested too deeply");
        }
        let mut id: i16 = 0;
        loop {
            let header = self.byte()?;
            if header == 0 {
                break;
            }
            id = match header >> 4 {
                0 => unzigzag(self.varint()?) as i16,
                delta => id.wrapping_add(delta.into()),
            };
            let kind = Kind(header & 15);
            if !read(self, id, kind)? {
                self.skip(kind)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// The number of elements of a list of structures.
    pub(super) fn structures(&mut self, kind: Kind) -> Result<usize, Damage> {
        match self.list(kind)? {
            (0, _) => Ok(0),
            (count, Kind(STRUCT)) => Ok(count),
            _ => Err(OTHER_TYPE),
        }
    }

    fn list(&mut self, kind: Kind) -> Result<(usize, Kind), Damage> {
        if kind != Kind(LIST) {
            return Err(OTHER_TYPE);
        }
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => usize::try_from(self.varint()?).map_err(|_| ENDS)?,
            count => count.into(),
        };
        match count > self.bytes.len() - self.at {
            true => Err(ENDS),
            false => Ok((count, Kind(header & 15))),
        }
    }

    pub(super) fn integer(&mut self, kind: Kind) -> Result<i64, Damage> {
        match kind.0 {
            3 => Ok(i64::from(self.byte()?.cast_signed())),
            4..=6 => Ok(unzigzag(self.varint()?)),
            _ => Err(OTHER_TYPE),
        }
    }

    pub(super) fn int32(&mut self, kind: Kind) -> Result<i32, Damage> {
        i32::try_from(self.integer(kind)?).map_err(|_| OTHER_TYPE)
    }

    pub(super) fn boolean(&mut self, kind: Kind) -> Result<bool, Damage> {
        match kind.0 {
            TRUE => Ok(true),
            FALSE => Ok(false),
            _ => Err(OTHER_TYPE),
        }
    }

    pub(super) fn text(&mut self, kind: Kind) -> Result<&'a str, Damage> {
        if kind != Kind(BINARY) {
            return Err(OTHER_TYPE);
        }
        let length = usize::try_from(self.varint()?).map_err(|_| ENDS)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| "a name is not UTF-8")
    }

    /// Goes past a value.
    fn skip(&mut self, kind: Kind) -> Result<(), Damage> {
        match kind.0 {
            TRUE | FALSE => {}
            3 => _ = self.byte()?,
            4..=6 => _ = self.varint()?,
            7 => _ = self.take(8)?,
            BINARY => {
                let length = usize::try_from(self.varint()?).map_err(|_| ENDS)?;
                self.take(length)?;
            }
            LIST | 10 => {
                let (count, element) = self.list(Kind(LIST))?;
                (0..count).try_for_each(|_| self.skip_element(element))?;
            }
            11 => {
                let count = usize::try_from(self.varint()?).map_err(|_| ENDS)?;
                if count > self.bytes.len() - self.at {
                    return Err(ENDS);
                }
                if count > 0 {
                    let kinds = self.byte()?;
                    for _ in 0..count {
                        self.skip_element(Kind(kinds >> 4))?;
                        self.skip_element(Kind(kinds & 15))?;
                    }
                }
            }
            STRUCT => self.fields(|_, _, _| Ok(false))?,
            13 => _ = self.take(16)?,
            _ => return Err("a value of its description has a type that there is not"),
        }
        Ok(())
    }

    /// Booleans in lists take a byte each; lists may lie within each other.
    fn skip_element(&mut self, kind: Kind) -> Result<(), Damage> {
        if let TRUE | FALSE = kind.0 {
            return self.byte().map(|_| ());
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("its description is nested too deeply");
        }
        self.skip(kind)?;
        self.depth -= 1;
        Ok(())
    }
}

/// A number in bytes of 7 bits each, the lowest first, and how many bytes it takes.
pub(super) fn varint(bytes: &[u8]) -> Result<(u64, usize), Damage> {
    let mut value = 0_u64;
    for (at, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Ok((value, at + 1));
        }
    }
    Err(if bytes.len() < 10 {
        ENDS
    } else {
        "a number has too many bytes"
    })
}

/// A signed number whose lowest bit is the sign.
pub(super) fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(varint(&[0xac, 0x02, 7]), Ok((300, 2)));
        assert_eq!(varint(&[0x80]), Err(ENDS));
        assert!(varint(&[0xff; 11]).is_err());
        assert_eq!([0, 1, 2, 3].map(unzigzag), [0, -1, 1, -2]);
        assert_eq!(unzigzag(u64::MAX), i64::MIN);
    }

    #[test]
    fn a_list_of_more_elements_than_bytes_and_deep_structures_are_refused() {
        // Field 1 is a list of 2^35 structures.
        let promises = [0x19, 0xfc, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0];
        let mut compact = Compact::new(&promises);
        let read = compact.fields(|compact, _, kind| compact.structures(kind).map(|_| true));
        assert_eq!(read, Err(ENDS));
        for nested in [0x1c, 0x19] {
            let deep = vec![nested; 100_000];
            assert!(Compact::new(&deep).fields(|_, _, _| Ok(false)).is_err());
        }
    }
}
