//! The password: which ones are taken, and Argon2id (RFC 9106).

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};

use super::secret;

/// A shorter one is guessed (NIST SP 800-63B asks for eight at least).
pub const SHORTEST: usize = 8;

/// Hashing a megabyte for everybody who asks would be a way to keep the server busy.
const LONGEST: usize = 1024;

/// Whether a person may choose this one.
///
/// # Errors
/// The sentence that says why not.
pub fn check(password: &str) -> Result<(), String> {
    let letters = password.chars().count();
    if letters < SHORTEST {
        return Err(format!("The password has {letters} characters; it needs {SHORTEST} at least."));
    }
    if password.len() > LONGEST {
        return Err(format!("The password is longer than {LONGEST} bytes."));
    }
    Ok(())
}

/// The hash to keep: a PHC string with its parameters and a salt of its own.
pub(super) fn hash(password: &str) -> Result<String, String> {
    let salt = secret::random::<16>().map_err(|error| error.to_string())?;
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| format!("the password can't be hashed: {error}"))?;
    Ok(hash.to_string())
}

/// Whether it is the password of this hash. Takes tens of milliseconds of one core, and as long without a hash.
pub(super) fn verify(password: &str, hash: Option<&str>) -> bool {
    let Some(hash) = hash.and_then(|hash| PasswordHash::new(hash).ok()) else {
        let _: Result<PasswordHash, _> =
            Argon2::default().hash_password_with_salt(password.as_bytes(), b"no password yet.");
        return false;
    };
    password.len() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords() {
        assert!(check("1234567").is_err() && check("12345678").is_ok() && check("äöüßäöüß").is_ok());
        assert!(check(&"x".repeat(1025)).is_err());
        let kept = hash("correct horse").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(kept, hash("correct horse").unwrap(), "salted");
        assert!(verify("correct horse", Some(&kept)));
        assert!(!verify("correct horsf", Some(&kept)) && !verify("", Some(&kept)));
        assert!(!verify("", None) && !verify("x", Some("nonsense")));
    }
}
