//! The datatypes of tensors, and the elements that each may have.

use std::fmt;

/// A datatype of the Open Inference Protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datatype {
    Boolean,
    /// Of this many bits, without a sign.
    Unsigned(u32),
    /// Of this many bits, with a sign.
    Signed(u32),
    /// Of this many bits.
    Float(u32),
    /// Text.
    Bytes,
}

/// An element of a tensor as JSON has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Element<'a> {
    Null,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'a str),
}

const ALL: &str = "BOOL, UINT8, UINT16, UINT32, UINT64, INT8, INT16, INT32, INT64, FP16, FP32, FP64, BYTES";

impl Datatype {
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let sized = |prefix: &str, sizes: &[u32]| {
            let bits = name.strip_prefix(prefix)?.parse().ok()?;
            sizes.contains(&bits).then_some(bits)
        };
        const WHOLE: &[u32] = &[8, 16, 32, 64];
        match name {
            "BOOL" => Some(Self::Boolean),
            "BYTES" => Some(Self::Bytes),
            _ => sized("UINT", WHOLE)
                .map(Self::Unsigned)
                .or_else(|| sized("INT", WHOLE).map(Self::Signed))
                .or_else(|| sized("FP", &[16, 32, 64]).map(Self::Float)),
        }
        .ok_or_else(|| {
            let found = pellucid::recipe::shortened(name, 100);
            format!("the datatype {found:?} is not one of {ALL}")
        })
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Unsigned(_) | Self::Signed(_) | Self::Float(_))
    }

    /// What its elements are.
    fn expected(self) -> String {
        match self {
            Self::Boolean => "true or false".into(),
            Self::Unsigned(bits) => format!("whole numbers from 0 to {}", u64::MAX >> (64 - bits)),
            Self::Signed(bits) => {
                let largest = i64::MAX >> (64 - bits);
                format!("whole numbers from {} to {largest}", -largest - 1)
            }
            Self::Float(_) => "numbers".into(),
            Self::Bytes => "text".into(),
        }
    }

    /// Refuses an element that it cannot have. Each may be null, a missing value.
    pub(super) fn check(self, element: Element<'_>) -> Result<(), String> {
        let fits = match (self, element) {
            (_, Element::Null)
            | (Self::Boolean, Element::Boolean(_))
            | (Self::Float(_), Element::Unsigned(_) | Element::Signed(_) | Element::Float(_))
            | (Self::Bytes, Element::Text(_)) => true,
            (Self::Unsigned(bits), Element::Unsigned(number)) => number <= u64::MAX >> (64 - bits),
            (Self::Signed(bits), Element::Unsigned(number)) => number <= u64::MAX >> (65 - bits),
            (Self::Signed(bits), Element::Signed(number)) => number >= i64::MIN >> (64 - bits),
            _ => false,
        };
        match fits {
            true => Ok(()),
            false => Err(format!(
                "found {element}; expected {}, or null for a missing value",
                self.expected()
            )),
        }
    }
}

impl fmt::Display for Element<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Boolean(boolean) => boolean.fmt(formatter),
            Self::Unsigned(number) => number.fmt(formatter),
            Self::Signed(number) => number.fmt(formatter),
            Self::Float(number) => write!(formatter, "{number:?}"),
            Self::Text(text) => write!(formatter, "{:?}", pellucid::recipe::shortened(text, 100)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Datatype, Element};

    #[test]
    fn whole_numbers_have_the_range_of_their_bits() {
        let fits = |name: &str, element: Element<'_>| Datatype::named(name).unwrap().check(element).is_ok();
        assert!(fits("UINT8", Element::Unsigned(255)) && !fits("UINT8", Element::Unsigned(256)));
        assert!(fits("INT8", Element::Unsigned(127)) && !fits("INT8", Element::Unsigned(128)));
        assert!(fits("INT8", Element::Signed(-128)) && !fits("INT8", Element::Signed(-129)));
        assert!(fits("INT64", Element::Signed(i64::MIN)) && !fits("INT64", Element::Unsigned(1 << 63)));
        assert!(fits("UINT64", Element::Unsigned(u64::MAX)) && !fits("UINT64", Element::Signed(-1)));
        assert!(!fits("INT32", Element::Float(1.5)) && fits("FP16", Element::Signed(-1)));
        assert!(!fits("FP64", Element::Text("1")) && fits("BOOL", Element::Null));
        let error = Datatype::named("INT8")
            .unwrap()
            .check(Element::Unsigned(200))
            .unwrap_err();
        assert_eq!(
            error,
            "found 200; expected whole numbers from -128 to 127, or null for a missing value"
        );
        for name in ["", "INT", "INT7", "FP8", "fp32", "UINT128"] {
            assert!(Datatype::named(name).is_err(), "{name}");
        }
    }
}
