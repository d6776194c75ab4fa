//! The token that requests bear.

use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// A secret that requests bear. Only its hash is kept.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// A token. `None` where `text` is empty, or has characters that no header may have: others than ASCII letters, digits and
    /// punctuation.
    ///
    /// ```
    /// use pellucid_serve::Token;
    /// assert!(Token::new("a-long-random-text").is_some());
    /// assert!(Token::new("two words").is_none());
    /// ```
    pub fn new(text: &str) -> Option<Self> {
        let is_usable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_usable.then(|| Self(hash(text.as_bytes())))
    }

    /// Whether the value of the header `authorization` bears this token. The time that it takes does not depend on where the two
    /// differ.
    pub(crate) fn is_borne_by(&self, authorization: &[u8]) -> bool {
        const SCHEME: usize = "bearer ".len();
        let (scheme, borne) = authorization.split_at(SCHEME.min(authorization.len()));
        scheme.eq_ignore_ascii_case(b"bearer ") && hash(borne).ct_eq(&self.0).into()
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn only_the_same_token_is_borne() {
        let token = Token::new("secret").unwrap();
        assert!(token.is_borne_by(b"Bearer secret"));
        assert!(token.is_borne_by(b"bearer secret"));
        for other in [
            "",
            "secret",
            "Bearer",
            "Bearer ",
            "Bearer secre",
            "Bearer secrets",
            "Basic secret",
        ] {
            assert!(!token.is_borne_by(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
