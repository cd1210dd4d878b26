//! Who comes with what: cookies, tokens, passes, and the codes that carry a login to another name.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::{Login, locked, now};
use crate::auth::Caller;
use crate::auth::codes::Errand;
use crate::auth::known::{HolderOf, Session, Token};
use crate::auth::pass::{self, Holder};
use crate::auth::secret::{self, Secret};
use crate::domain::{Access, InstanceId};

impl Login {
    /// The session of a cookie.
    pub(in crate::auth) fn by_cookie(&self, value: &str) -> Option<Arc<Session>> {
        self.inner.known.load().session(&secret::of_cookie(value)?, now()).cloned()
    }

    /// The token of this text.
    pub(in crate::auth) fn by_token(&self, text: &str, from: IpAddr) -> Option<Arc<Token>> {
        let known = self.inner.known.load();
        if !known.has_tokens() {
            return None;
        }
        known.token(&secret::of_token(text)?).cloned().inspect(|token| token.touch(now(), from))
    }

    /// The cookie that opens one instance on this caller's account; `None` for callers who have none.
    pub fn pass(&self, caller: &Caller, instance: InstanceId) -> Option<String> {
        Some(pass::write(&self.inner.pass_key, instance, holder(caller)?))
    }

    /// Who comes with this pass to an instance, if it still opens that.
    pub(in crate::auth) fn by_pass(&self, value: &str, instance: InstanceId, access: Access) -> Option<Caller> {
        let holder = pass::read(&self.inner.pass_key, instance, value)?;
        let known = self.inner.known.load();
        let holder = match known.holder(holder, now())? {
            HolderOf::Session(session) => Caller::Session(Arc::clone(session)),
            HolderOf::Token(token) if token.may_open(instance, access) => Caller::Token(Arc::clone(token)),
            HolderOf::Token(_) => return None,
        };
        Some(Caller::Pass(instance, Arc::new(holder)))
    }

    /// A one-time code by which this caller gets a pass at another origin; `None` for callers without an account.
    pub fn code(&self, caller: &Caller, authority: &str, instance: InstanceId, path: &str) -> Option<Secret> {
        let errand = Errand {
            authority: authority.to_ascii_lowercase(),
            instance,
            holder: holder(caller)?,
            path: path.to_owned(),
        };
        locked(&self.inner.codes).make(errand, Instant::now()).ok()
    }

    /// Takes a code: the pass, and where to go on. `None` for one that is wrong, old, used or shown elsewhere.
    pub fn redeem(&self, code: &str, authority: &str, instance: InstanceId) -> Option<(String, String)> {
        let errand = locked(&self.inner.codes).redeem(code, authority, Instant::now())?;
        let alive = errand.instance == instance && self.inner.known.load().holder(errand.holder, now()).is_some();
        alive.then(|| (pass::write(&self.inner.pass_key, instance, errand.holder), errand.path))
    }
}

/// On whose account a caller may be given a pass.
fn holder(caller: &Caller) -> Option<Holder> {
    match caller {
        Caller::Session(session) => Some(Holder::Session(session.id)),
        Caller::Token(token) => Some(Holder::Token(token.id)),
        _ => None,
    }
}
