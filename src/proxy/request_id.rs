//! A name for every request: apps get it, and the access log and our own error pages have it too.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::headers::fields::{Field, Fields};

/// The field it is in, as programs have agreed on it by custom.
pub const FIELD: HeaderName = HeaderName::from_static("x-request-id");

/// Longer ones are no names.
const LONGEST: usize = 128;

/// The name of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestId {
    /// It came with it.
    Given(HeaderValue),
    /// It got it here: 64 random bits in hexadecimal.
    Made([u8; 16]),
}

impl RequestId {
    /// The name a request came with, if it is a plain word, or a new one.
    pub fn of(headers: &HeaderMap, fields: Fields) -> Self {
        if fields.has(Field::RequestId)
            && let Some(known) = headers.get(FIELD).filter(|value| is_plain(value))
        {
            return Self::Given(known.clone());
        }
        let mut digits = [0; 16];
        let halves = fastrand::u64(..).to_be_bytes();
        for (place, half) in digits.iter_mut().zip(halves.iter().flat_map(|byte| [byte >> 4, byte & 15])) {
            *place = if half < 10 { b'0' + half } else { b'a' + half - 10 };
        }
        Self::Made(digits)
    }

    /// It as bytes, all of them printable ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Given(value) => value.as_bytes(),
            Self::Made(digits) => digits,
        }
    }

    /// It as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// It as the value of its field.
    pub fn to_value(&self) -> HeaderValue {
        match self {
            Self::Given(value) => value.clone(),
            Self::Made(digits) => HeaderValue::from_bytes(digits).unwrap_or(HeaderValue::from_static("0")),
        }
    }
}

fn is_plain(value: &HeaderValue) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=@".contains(byte);
    (1..=LONGEST).contains(&value.len()) && value.as_bytes().iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let given = |text: &str| {
            let headers = HeaderMap::from_iter([(FIELD, HeaderValue::from_str(text).unwrap())]);
            let id = RequestId::of(&headers, Fields::of(&headers));
            assert_eq!(id.to_value().as_bytes(), id.as_bytes());
            id.as_str().to_owned()
        };
        assert_eq!(given("a-1_b.c"), "a-1_b.c");
        for odd in ["", "a b", "a\"b", &"x".repeat(129)] {
            let id = given(odd);
            assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        }
        let made = || RequestId::of(&HeaderMap::new(), Fields::default());
        assert_ne!(made(), made());
    }
}
