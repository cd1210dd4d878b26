//! One-time codes: they carry a login from the dashboard's name to an instance's, since no cookie crosses.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::pass::Holder;
use super::secret::{self, NoRandomness, Secret};
use crate::domain::InstanceId;
use crate::store::Digest;

/// As long as a redirect takes, on a slow line.
const LIFE: Duration = Duration::from_secs(60);

/// Codes under way; beyond them the oldest is dropped.
const MOST: usize = 256;

/// What a code is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Errand {
    /// The host and port it may be redeemed at, in lower case.
    pub(super) authority: String,
    /// Whose origin that is.
    pub(super) instance: InstanceId,
    /// Who goes there.
    pub(super) holder: Holder,
    /// Where to, once there: a path.
    pub(super) path: String,
}

#[derive(Debug, Default)]
pub(super) struct Codes {
    open: HashMap<Digest, (Errand, Instant)>,
}

impl Codes {
    pub(super) fn make(&mut self, errand: Errand, now: Instant) -> Result<Secret, NoRandomness> {
        self.open.retain(|_, (_, until)| now < *until);
        if self.open.len() >= MOST
            && let Some(oldest) = self.open.iter().min_by_key(|(_, (_, until))| *until).map(|(digest, _)| *digest)
        {
            self.open.remove(&oldest);
        }
        let code = Secret::new()?;
        self.open.insert(code.digest(), (errand, now + LIFE));
        Ok(code)
    }

    /// Gives the errand once; a code that was shown at another place is spent too.
    pub(super) fn redeem(&mut self, code: &str, authority: &str, now: Instant) -> Option<Errand> {
        let (errand, until) = self.open.remove(&secret::of_cookie(code)?)?;
        (now < until && errand.authority.eq_ignore_ascii_case(authority)).then_some(errand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_good_once_there_and_soon() {
        let now = Instant::now();
        let mut codes = Codes::default();
        let errand = Errand {
            authority: "a.localhost:9000".to_owned(),
            instance: 1,
            holder: Holder::Session(1),
            path: "/x".to_owned(),
        };
        let code = codes.make(errand.clone(), now).unwrap();
        assert_eq!(codes.redeem(code.reveal(), "A.localhost:9000", now), Some(errand.clone()));
        assert_eq!(codes.redeem(code.reveal(), "a.localhost:9000", now), None, "used");
        let code = codes.make(errand.clone(), now).unwrap();
        assert_eq!(codes.redeem(code.reveal(), "b.localhost:9000", now), None, "elsewhere");
        assert_eq!(codes.redeem(code.reveal(), "a.localhost:9000", now), None, "and spent by it");
        let code = codes.make(errand.clone(), now).unwrap();
        assert_eq!(codes.redeem(code.reveal(), "a.localhost:9000", now + LIFE), None, "late");
        assert_eq!(codes.redeem("", "a.localhost:9000", now), None);
        for _ in 0..1000 {
            codes.make(errand.clone(), now).unwrap();
        }
        assert!(codes.open.len() <= MOST);
    }
}
