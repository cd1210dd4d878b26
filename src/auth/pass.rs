//! Passes: the cookie that opens one instance and nothing else, where the session's own cookie does not come along (another
//! host name) or where there is none (a token in a link). It is signed and names its holder: it ends when that does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use crate::domain::InstanceId;

/// On whose account a pass was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    Session(i64),
    Token(i64),
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Session(id) => write!(f, "s{id}"),
            Self::Token(id) => write!(f, "t{id}"),
        }
    }
}

/// The cookie's value.
pub(super) fn write(key: &hmac::Key, instance: InstanceId, holder: Holder) -> String {
    let tag = hmac::sign(key, signed(instance, &holder.to_string()).as_bytes());
    format!("{holder}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

/// Who holds this pass to this instance, if it is one.
pub(super) fn read(key: &hmac::Key, instance: InstanceId, value: &str) -> Option<Holder> {
    let (holder, tag) = value.split_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    hmac::verify(key, signed(instance, holder).as_bytes(), &tag).ok()?;
    match holder.split_at_checked(1)? {
        ("s", id) => id.parse().ok().map(Holder::Session),
        ("t", id) => id.parse().ok().map(Holder::Token),
        _ => None,
    }
}

fn signed(instance: InstanceId, holder: &str) -> String {
    format!("pass {instance} {holder}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_opens_what_it_says() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        let pass = write(&key, 7, Holder::Session(3));
        assert_eq!(read(&key, 7, &pass), Some(Holder::Session(3)));
        assert_eq!(read(&key, 8, &pass), None, "another instance");
        assert_eq!(read(&key, 7, &pass.replace("s3", "s4")), None, "another holder");
        assert_eq!(read(&key, 7, &pass.replace("s3", "t3")), None);
        assert_eq!(read(&hmac::Key::new(hmac::HMAC_SHA256, b"other"), 7, &pass), None);
        for odd in ["", ".", "s3", "s3.", "s3.!", "é.x"] {
            assert_eq!(read(&key, 7, odd), None, "{odd}");
        }
        assert_eq!(read(&key, 7, &write(&key, 7, Holder::Token(9))), Some(Holder::Token(9)));
    }
}
