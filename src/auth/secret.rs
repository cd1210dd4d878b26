//! Secrets: made of the system's randomness, shown once, kept as hashes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::store::Digest;

/// How tokens begin: people and secret scanners know one when they see it.
const TOKEN_MARK: &str = "ak_";

/// Letters of 32 random bytes in base64url.
const LENGTH: usize = 43;

/// The system has no randomness to give, which no kernel of this century says.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

/// A secret in the clear. It is never printed by accident.
pub struct Secret(String);

impl Secret {
    /// Of a cookie, a code or a link.
    pub(super) fn new() -> Result<Self, NoRandomness> {
        Ok(Self(URL_SAFE_NO_PAD.encode(random::<32>()?)))
    }

    /// Of a token.
    pub(super) fn token() -> Result<Self, NoRandomness> {
        Ok(Self(format!("{TOKEN_MARK}{}", Self::new()?.0)))
    }

    /// What it is: whoever calls this shows it to somebody.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn digest(&self) -> Digest {
        hash(&self.0)
    }

    /// Whether this text is it.
    pub(super) fn is(&self, text: &str) -> bool {
        // Of hashes, how long a comparison takes says nothing about the secret.
        hash(text) == self.digest()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The hash of a session's cookie or a code, if the text can be one.
pub(super) fn of_cookie(text: &str) -> Option<Digest> {
    (text.len() == LENGTH).then(|| hash(text))
}

/// The hash of a token, if the text can be one.
pub(super) fn of_token(text: &str) -> Option<Digest> {
    text.strip_prefix(TOKEN_MARK).filter(|rest| rest.len() == LENGTH).map(|_| hash(text))
}

/// Random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

fn hash(text: &str) -> Digest {
    let mut out = Digest::default();
    out.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_recognised() {
        let (one, other) = (Secret::new().unwrap(), Secret::new().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(of_cookie(one.reveal()), Some(one.digest()));
        assert!(one.is(one.reveal()) && !one.is(other.reveal()) && !one.is(""));
        let token = Secret::token().unwrap();
        assert_eq!(of_token(token.reveal()), Some(token.digest()));
        for odd in ["", "ak_", "x", &one.reveal()[1..], &format!("ak_{}x", one.reveal())] {
            assert!(of_token(odd).is_none() && of_cookie(odd).is_none(), "{odd}");
        }
        assert_eq!(format!("{one:?}"), "Secret");
    }
}
