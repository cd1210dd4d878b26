//! The decision: who makes a request, and whether it may pass. Made once, before anything is routed, for every listener and
//! every way in.

use http::header::{AUTHORIZATION, ORIGIN};
use http::{HeaderMap, HeaderName, StatusCode, Uri};

use super::need::Need;
use super::visit::{Link, Visit, Visitor};
use super::{Caller, HostRule, Login, Refusal, Remedy, origin, query};
use crate::domain::{Access, InstanceId, Route};
use crate::proxy::headers::fields::{Field, SPOOFABLE};
use crate::proxy::headers::{cookies, host};
use crate::proxy::pages::Asker;

/// A longer name of a user is none.
const LONGEST_USER: usize = 256;

/// The decision point.
#[derive(Debug, Clone)]
pub struct Door {
    hosts: HostRule,
    login: Login,
    /// In which field an outer proxy names the user it let in.
    user_header: Option<HeaderName>,
}

impl Door {
    /// A door that knows these names and these people.
    pub fn new(hosts: HostRule, login: Login, user_header: Option<HeaderName>) -> Self {
        Self { hosts, login, user_header }
    }

    /// The login behind it.
    pub fn login(&self) -> &Login {
        &self.login
    }

    /// The field in which an outer proxy names the user: from anybody else, no app gets to see it.
    pub fn user_header(&self) -> Option<&HeaderName> {
        self.user_header.as_ref()
    }

    /// Whether a request may pass at all, wherever it leads. `host` is the name it was sent to, without port.
    ///
    /// # Errors
    /// 421 (RFC 9110 §15.5.20) for a name that is not ours.
    pub fn admit(&self, host: Option<&str>) -> Result<(), Refusal> {
        match host {
            // HTTP/1.0 without Host: no browser does that, so no page can have made it.
            None => Ok(()),
            Some(host) if self.hosts.allows(host) => Ok(()),
            Some(host) => Err(Refusal::plain(
                StatusCode::MISDIRECTED_REQUEST,
                format!(
                    "This AiKore does not answer to the name '{host}'. If that name is yours, add it to AIKORE_ALLOWED_HOSTS \
                     and start again."
                ),
            )),
        }
    }

    /// Who makes a request.
    pub fn who(&self, visit: &Visit<'_>) -> Visitor {
        let token = if visit.fields.has(Field::Authorization) {
            let lines = visit.headers.get_all(AUTHORIZATION).iter().filter_map(|line| line.to_str().ok());
            lines.filter_map(bearer).find_map(|text| self.login.by_token(text, visit.address))
        } else {
            None
        };
        let ours_in_authorization = token.is_some();
        let caller = if !self.login.is_needed() {
            Caller::Anyone
        } else if let Some(token) = token {
            Caller::Token(token)
        } else if let Some(session) = self.session(visit) {
            session
        } else {
            self.proxied(visit).unwrap_or(Caller::Nobody)
        };
        Visitor { caller, ours_in_authorization }
    }

    /// A page below a path can set a cookie of our name beside ours: any that is right will do, and a wrong one does no harm.
    fn session(&self, visit: &Visit<'_>) -> Option<Caller> {
        if !visit.fields.has(Field::Cookie) {
            return None;
        }
        cookies::values(visit.headers, cookies::SESSION)
            .find_map(|value| self.login.by_cookie(value))
            .map(Caller::Session)
    }

    fn proxied(&self, visit: &Visit<'_>) -> Option<Caller> {
        let name = self.user_header.as_ref().filter(|_| visit.trusted)?;
        // Two of them: one may be the client's own.
        let mut lines = visit.headers.get_all(name).iter();
        let (Some(only), None) = (lines.next(), lines.next()) else { return None };
        let user = only.to_str().ok().map(str::trim).filter(|user| !user.is_empty() && user.len() <= LONGEST_USER)?;
        Some(Caller::Proxied(user.into()))
    }

    /// Whether a request for the dashboard or its API may pass.
    ///
    /// # Errors
    /// 401 for nobody known, 403 for who may not, or whose page made the call.
    pub fn to_panel(&self, visit: &Visit<'_>, caller: &Caller) -> Result<(), Refusal> {
        let changes = visit.changes();
        if asks_for_figures_here(visit) {
            return Ok(());
        }
        let need = Need::of(visit.method, changes, visit.path);
        self.refuse_before_setup(caller, need == Need::Nothing && visit.path != "/api/auth/login")?;
        if changes {
            self.refuse_foreign_pages(visit, caller)?;
        }
        may(caller, caller.may(need))
    }

    /// Whether a request for an instance may pass: to its app, or to the page in its place. Says who was let in.
    ///
    /// # Errors
    /// As [`Door::to_panel`].
    pub fn to_instance(
        &self,
        visit: &Visit<'_>,
        visitor: &Visitor,
        instance: InstanceId,
        access: Access,
    ) -> Result<Caller, Refusal> {
        self.refuse_before_setup(&visitor.caller, false)?;
        let caller = match &visitor.caller {
            Caller::Nobody if visit.fields.has(Field::Cookie) => {
                self.pass(visit.headers, instance, access).unwrap_or(Caller::Nobody)
            }
            known => known.clone(),
        };
        if access == Access::Public {
            return Ok(caller);
        }
        if !caller.may_open(instance, access) {
            return Err(match &caller {
                Caller::Token(token) if !token.scopes.is_empty() => Refusal::plain(
                    StatusCode::FORBIDDEN,
                    format!(
                        "The token '{}' does not open this instance. (A token that may view it does so once its access is set to \
                         'token'.)",
                        token.name
                    ),
                ),
                _ => nobody(),
            });
        }
        // A browser sends a cookie along whoever's page asks.
        let by_browser = matches!(caller, Caller::Session(_) | Caller::Proxied(_) | Caller::Pass(..));
        if by_browser && is_foreign_to_app(visit) {
            return Err(Refusal::plain(
                StatusCode::FORBIDDEN,
                "Refused: this was asked for by a page of another origin, and a login counts for an instance's own pages \
                 only. Use a token (Authorization: Bearer) for programs."
                    .to_owned(),
            ));
        }
        Ok(caller)
    }

    /// Whether somebody may open an instance at all, whatever they ask of it.
    pub fn may_open(&self, headers: &HeaderMap, caller: &Caller, route: &Route) -> bool {
        caller.may_open(route.instance, route.access) || self.pass(headers, route.instance, route.access).is_some()
    }

    fn pass(&self, headers: &HeaderMap, instance: InstanceId, access: Access) -> Option<Caller> {
        let name = cookies::pass(instance);
        // More of them than that are nobody's.
        let mut values = cookies::values(headers, &name).take(8);
        values.find_map(|value| self.login.by_pass(value, instance, access))
    }

    /// Whether this caller may start or stop an instance by the button on the page in its place.
    ///
    /// # Errors
    /// As [`Door::to_panel`].
    pub fn to_controls(&self, visit: &Visit<'_>, caller: &Caller, route: &Route) -> Result<(), Refusal> {
        if visit.changes() {
            let elsewhere = origin::is_below_another_instance(visit.headers, route.slug.as_str());
            if !origin::is_ours(visit.headers, visit.authority) || elsewhere {
                return Err(foreign_page());
            }
            refuse_silence(visit, caller)?;
            return may(caller, caller.may(Need::Control(route.instance)));
        }
        Ok(())
    }

    /// A token in the query of an instance's URL, and what becomes of it.
    ///
    /// # Errors
    /// 400 where it can't be exchanged for a cookie: it must not reach the app.
    pub fn link(
        &self,
        visit: &Visit<'_>,
        uri: &Uri,
        instance: InstanceId,
        access: Access,
    ) -> Result<Option<Link>, Refusal> {
        let Some((text, clean)) = query::cut(uri) else { return Ok(None) };
        if visit.changes() {
            return Err(Refusal::plain(
                StatusCode::BAD_REQUEST,
                "aikore_token is for links that a browser opens. Programs send it as Authorization: Bearer …"
                    .to_owned(),
            ));
        }
        let token = self.login.by_token(text, visit.address).filter(|token| token.may_open(instance, access));
        Ok(Some(Link { clean, pass: token.and_then(|token| self.login.pass(&Caller::Token(token), instance)) }))
    }

    fn refuse_before_setup(&self, caller: &Caller, is_setup: bool) -> Result<(), Refusal> {
        if is_setup || !self.login.awaits_setup() || matches!(caller, Caller::Proxied(_)) {
            return Ok(());
        }
        Err(Refusal {
            status: StatusCode::UNAUTHORIZED,
            detail:
                "AiKore has no password yet. Open the setup link that its log shows (`aikore setup-link` prints it \
                     again)."
                    .to_owned(),
            remedy: Some(Remedy::SetUp),
        })
    }

    /// A call that changes something must come from our own pages, or from a program.
    fn refuse_foreign_pages(&self, visit: &Visit<'_>, caller: &Caller) -> Result<(), Refusal> {
        if !origin::is_ours(visit.headers, visit.authority) || origin::is_below_an_instance(visit.headers) {
            return Err(foreign_page());
        }
        refuse_silence(visit, caller)
    }
}

/// Browsers say where a change comes from: by what they send along by themselves, one that does not say so is refused.
/// Whether a program at this very machine asks for `/metrics` (design.md §4.4): straight, not for somebody behind a proxy, and by a
/// name that no foreign page can have made its own.
fn asks_for_figures_here(visit: &Visit<'_>) -> bool {
    visit.path == "/metrics"
        && !visit.changes()
        && visit.address.to_canonical().is_loopback()
        && !visit.fields.has_any(SPOOFABLE)
        && visit.authority.is_some_and(|authority| host::is_loopback(host::without_port(authority)))
}

fn refuse_silence(visit: &Visit<'_>, caller: &Caller) -> Result<(), Refusal> {
    let by_browser = matches!(caller, Caller::Session(_) | Caller::Proxied(_) | Caller::Pass(..));
    if by_browser && !visit.headers.contains_key(ORIGIN) && !visit.headers.contains_key("sec-fetch-site") {
        return Err(Refusal::plain(
            StatusCode::FORBIDDEN,
            "Refused: by a cookie only a page of the dashboard may change something, and this call does not say where it \
             comes from. Programs use a token (Authorization: Bearer)."
                .to_owned(),
        ));
    }
    Ok(())
}

fn may(caller: &Caller, may: bool) -> Result<(), Refusal> {
    match caller {
        _ if may => Ok(()),
        Caller::Token(token) => Err(Refusal::plain(
            StatusCode::FORBIDDEN,
            format!("The token '{}' does not allow this. Its scopes can be seen in the settings.", token.name),
        )),
        _ => Err(nobody()),
    }
}

fn nobody() -> Refusal {
    Refusal {
        status: StatusCode::UNAUTHORIZED,
        detail: "Log in first, or send a token (Authorization: Bearer).".to_owned(),
        remedy: Some(Remedy::LogIn),
    }
}

fn foreign_page() -> Refusal {
    Refusal::plain(StatusCode::FORBIDDEN, "Refused: this call was made by a page of another origin.".to_owned())
}

/// The text of `Bearer …`; the scheme's case is nobody's business (RFC 9110 §11.1).
fn bearer(line: &str) -> Option<&str> {
    let (scheme, text) = line.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
}

/// Whether a page of another origin than the app's own asks it to do something, or a script of one wants to read what it
/// answers (only such a request names an `Origin` without changing anything; links and pictures don't). What says nothing is
/// no websocket of a browser, and may be an old browser's form or a program with a cookie.
fn is_foreign_to_app(visit: &Visit<'_>) -> bool {
    let own = |site: &http::HeaderValue| site == "same-origin" || site == "none";
    let silent = visit.asker == Asker::Websocket && !visit.headers.contains_key(ORIGIN);
    let elsewhere = visit.changes() && !visit.headers.get_all("sec-fetch-site").iter().all(own);
    silent || elsewhere || !origin::names(visit.headers, visit.authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearers() {
        for (line, text) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("Bearer", None),
            ("", None),
            ("Bearerabc", None),
        ] {
            assert_eq!(bearer(line), text, "{line}");
        }
    }
}
