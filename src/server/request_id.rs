//! A name for every request: apps get it, and the access log and our own error pages have it too.

use http::{HeaderMap, HeaderValue};

pub(super) use crate::proxy::REQUEST_ID as FIELD;

/// Longer ones are no names.
const LONGEST: usize = 128;

/// The name a request came with, if it is a plain word, or a new one; the request has it then.
pub(super) fn of(headers: &mut HeaderMap) -> HeaderValue {
    if let Some(known) = headers.get(FIELD).filter(|value| is_plain(value)) {
        return known.clone();
    }
    let mut text = [0_u8; 16];
    for (place, byte) in text.iter_mut().zip(fastrand::u64(..).to_be_bytes().iter().flat_map(|b| [b >> 4, b & 15])) {
        *place = if byte < 10 { b'0' + byte } else { b'a' + byte - 10 };
    }
    let id = HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("0"));
    headers.insert(FIELD, id.clone());
    id
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
            let mut headers = HeaderMap::from_iter([(FIELD, HeaderValue::from_str(text).unwrap())]);
            let id = of(&mut headers);
            assert_eq!(headers[FIELD], id);
            id.to_str().unwrap().to_owned()
        };
        assert_eq!(given("a-1_b.c"), "a-1_b.c");
        for odd in ["", "a b", "a\"b", &"x".repeat(129)] {
            let id = given(odd);
            assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        }
        let mut headers = HeaderMap::new();
        assert_ne!(of(&mut headers), of(&mut HeaderMap::new()));
    }
}
