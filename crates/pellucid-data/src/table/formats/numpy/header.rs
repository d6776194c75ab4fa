//! The header of a `.npy` file: a dictionary as Python writes it, of a type, an order and a shape.
//!
//! Source: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

/// What a header says of the array after it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    /// The type of the elements, such as `<f8`; of records the list of their parts, as it is written.
    pub(super) element: &'a str,
    /// Whether the first index runs fastest.
    pub(super) is_fortran: bool,
    /// The sizes of the dimensions.
    pub(super) shape: Vec<u64>,
    /// Where the elements begin.
    pub(super) length: usize,
}

const MAGIC: &[u8] = b"\x93NUMPY";
const CUT_OFF: &str = "its header is cut off";
const OTHER_FORM: &str = "its header is not as NumPy writes it";

impl<'a> Header<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Header<'a>, &'static str> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(OTHER_FORM)?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or(CUT_OFF)?;
        let (length, rest) = match version[0] {
            1 => {
                let (length, rest) = rest.split_first_chunk::<2>().ok_or(CUT_OFF)?;
                (u16::from_le_bytes(*length).into(), rest)
            }
            2 | 3 => {
                let (length, rest) = rest.split_first_chunk::<4>().ok_or(CUT_OFF)?;
                (u32::from_le_bytes(*length) as usize, rest)
            }
            _ => return Err("it is of a version of the format that is not known"),
        };
        let text = rest.get(..length).ok_or(CUT_OFF)?;
        let text = std::str::from_utf8(text).map_err(|_| OTHER_FORM)?;
        let mut header = Literal(text).dictionary().ok_or(OTHER_FORM)?;
        header.length = bytes.len() - rest.len() + length;
        Ok(header)
    }
}

/// Text of a Python literal that is still to be read.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    /// The keys in any order, each once, and nothing after them.
    fn dictionary(mut self) -> Option<Header<'a>> {
        let (mut element, mut is_fortran, mut shape) = (None, None, None);
        self.token('{')?;
        while self.token('}').is_none() {
            let key = self.text()?;
            self.token(':')?;
            let is_new = match key {
                "descr" => element.replace(self.element()?).is_none(),
                "fortran_order" => is_fortran.replace(self.truth()?).is_none(),
                "shape" => shape.replace(self.shape()?).is_none(),
                _ => false,
            };
            is_new.then_some(())?;
            if self.token(',').is_none() {
                self.token('}')?;
                break;
            }
        }
        self.0.trim().is_empty().then_some(())?;
        Some(Header {
            element: element?,
            is_fortran: is_fortran?,
            shape: shape?,
            length: 0,
        })
    }

    fn token(&mut self, token: char) -> Option<()> {
        self.0 = self.0.trim_start().strip_prefix(token)?;
        Some(())
    }

    /// A text in quotes. NumPy writes none with an escape here.
    fn text(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let quote = text.chars().next().filter(|quote| ['\'', '"'].contains(quote))?;
        let (text, rest) = text[1..].split_once(quote)?;
        self.0 = rest;
        (!text.contains('\\')).then_some(text)
    }

    fn truth(&mut self) -> Option<bool> {
        let text = self.0.trim_start();
        let (value, rest) = match text.strip_prefix("True") {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix("False")?),
        };
        self.0 = rest;
        Some(value)
    }

    /// The name of a type, or a list of named types, as it is written.
    fn element(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        if !text.starts_with('[') {
            return self.text();
        }
        // Up to the bracket that closes it; those of a name are too rare to matter.
        let mut depth = 0_usize;
        let end = text.bytes().position(|byte| {
            depth = match byte {
                b'[' => depth + 1,
                b']' => depth - 1,
                _ => depth,
            };
            depth == 0
        })?;
        let (list, rest) = text.split_at(end + 1);
        self.0 = rest;
        Some(list)
    }

    /// Sizes in parentheses; those of Python 2 may end in an L.
    fn shape(&mut self) -> Option<Vec<u64>> {
        self.token('(')?;
        let (sizes, rest) = self.0.split_once(')')?;
        self.0 = rest;
        let sizes = sizes.trim().trim_end_matches(',');
        if sizes.is_empty() {
            return Some(Vec::new());
        }
        let size = |size: &str| size.trim().trim_end_matches('L').parse().ok();
        sizes.split(',').map(size).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<(String, bool, Vec<u64>), &'static str> {
        let mut bytes = [MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes()].concat();
        bytes.extend(text.as_bytes());
        let header = Header::parse(&bytes)?;
        assert_eq!(header.length, bytes.len());
        Ok((header.element.to_owned(), header.is_fortran, header.shape))
    }

    #[test]
    fn headers_as_numpy_writes_them() {
        for (text, shape) in [
            ("(3, 4)", vec![3, 4]),
            ("(3L,)", vec![3]),
            ("()", vec![]),
            ("(1,2,3)", vec![1, 2, 3]),
        ] {
            let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {text}, }}   \n");
            assert_eq!(parsed(&text), Ok(("<f8".into(), false, shape)), "{text}");
        }
        let records =
            "{'shape': (2,), \"fortran_order\": True, 'descr': [('a', '<f4', (2,)), ('b', [('c', 'i1')])]}";
        let (element, is_fortran, _) = parsed(records).unwrap();
        assert!(is_fortran && element.starts_with("[('a'") && element.ends_with(")])]"));
    }

    #[test]
    fn every_other_header_is_refused() {
        for text in [
            "",
            "{",
            "{'descr'",
            "{'descr': '<f8', 'fortran_order': False}",
            "{'descr': '<f8', 'fortran_order': False, 'sh\\x61pe': (3,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), 'shape': (3,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': ((3,),)}",
            "{'descr': '<f8', 'fortran_order': 0, 'shape': (3,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)} 1",
            "{'descr': [[[, 'fortran_order': False, 'shape': (3,)}",
        ] {
            assert_eq!(parsed(text), Err(OTHER_FORM), "{text}");
        }
        assert_eq!(Header::parse(b"\x93NUMPY"), Err(CUT_OFF));
        assert_eq!(
            Header::parse(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}"),
            Err(CUT_OFF)
        );
    }
}
