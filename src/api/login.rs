//! `/login`, `/setup` and the calls behind them: coming in, going out, the password.

use std::borrow::Cow;

use axum::extract::{Extension, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::audit::Noted;
use super::error::ApiError;
use super::json::{Body, Params};
use super::{Panel, Seen};
use crate::assets;
use crate::auth::{Caller, Client, LoginError, NewSession};
use crate::domain::Port;
use crate::proxy::headers::{cookies, host};

/// What is kept of a browser's description of itself.
const LONGEST_AGENT: usize = 200;

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        let (status, field) = match &error {
            LoginError::WrongPassword => (StatusCode::UNAUTHORIZED, Some("password")),
            LoginError::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, None),
            LoginError::SetupToken => (StatusCode::FORBIDDEN, None),
            LoginError::Invalid(field, _) => (StatusCode::UNPROCESSABLE_ENTITY, Some(*field)),
            LoginError::NameTaken => (StatusCode::CONFLICT, Some("name")),
            LoginError::Off => (StatusCode::CONFLICT, None),
            LoginError::Missing(_) => (StatusCode::NOT_FOUND, None),
            LoginError::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!("{error}");
        }
        let answer = Self::new(status, error.to_string()).blaming(field.map(Cow::Borrowed));
        match error {
            LoginError::TooMany(wait) => answer.retry_after(wait),
            _ => answer,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// The login page; who is logged in is sent on.
pub(super) async fn login_page(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Extension(caller): Extension<Caller>,
    Params(Next { next }): Params<Next>,
) -> Response {
    if panel.login.awaits_setup() && !caller.is_known() {
        return see_other(&format!("{}setup", panel.base_path.root()));
    }
    if caller.is_known() {
        return see_other(&onward(&panel, &seen, &caller, &next));
    }
    page(&panel, "pages/login.html")
}

/// The page of the setup link.
pub(super) async fn setup_page(State(panel): State<Panel>) -> Response {
    if panel.login.awaits_setup() { page(&panel, "pages/setup.html") } else { see_other(&panel.base_path.root()) }
}

/// Never kept, never framed: what is typed here opens everything.
fn page(panel: &Panel, path: &str) -> Response {
    let Some(asset) = assets::get(path) else { return StatusCode::NOT_FOUND.into_response() };
    let html = String::from_utf8_lossy(&asset.bytes).replace("{{root}}", &panel.base_path.root());
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    (headers, html).into_response()
}

/// As our other pages, but nobody may frame it.
const PAGE_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else { return StatusCode::BAD_REQUEST.into_response() };
    (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
        .into_response()
}

/// Where somebody who is logged in goes on to: a path of ours, or an instance's own origin with a code. Anything else is the
/// dashboard: what a link says is not believed.
fn onward(panel: &Panel, seen: &Seen, caller: &Caller, next: &str) -> String {
    if is_path(next) {
        return next.to_owned();
    }
    to_instance(panel, seen, caller, next).unwrap_or_else(|| panel.base_path.root())
}

/// A path on this very origin: browsers take `//x` and `/\x` for another host.
fn is_path(next: &str) -> bool {
    let mut bytes = next.bytes();
    bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\')) && next.bytes().all(|byte| byte > 0x20)
}

fn to_instance(panel: &Panel, seen: &Seen, caller: &Caller, next: &str) -> Option<String> {
    let uri: Uri = next.parse().ok()?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?.as_str();
    // A code does not travel unencrypted to where the login did not.
    uri.scheme_str().filter(|scheme| *scheme == seen.scheme)?;
    let name = host::without_port(authority);
    let by_port = || {
        let same_name = host::without_port(&seen.authority).eq_ignore_ascii_case(name);
        let port = uri.port_u16().and_then(Port::new).filter(|_| same_name)?;
        panel.routes.load().by_port(port).cloned()
    };
    // Other programs may listen at the same name: a code is for the port where this login is, or a port of the pool.
    let by_name = || {
        let port = |authority: &'_ str| authority.strip_prefix(host::without_port(authority)).map(str::to_owned);
        panel.routes.by_host(name).filter(|_| port(authority) == port(&seen.authority))
    };
    let entry = by_name().or_else(by_port)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let origin = format!("{}://{authority}", seen.scheme);
    Some(match panel.login.code(caller, authority, entry.route().instance, path) {
        Some(code) => format!("{origin}/.aikore/session?code={}", code.reveal()),
        // Whoever an outer proxy let in is let in there too.
        None => format!("{origin}{path}"),
    })
}

/// The password.
#[derive(Deserialize, ToSchema)]
#[schema(as = LogIn)]
pub(super) struct Password {
    /// As it was set.
    password: String,
}

/// The first password.
#[derive(Deserialize, ToSchema)]
pub(super) struct SetUp {
    /// From the link the server prints when it has no password yet.
    token: String,
    /// The password to be.
    password: String,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewPassword {
    /// The present one.
    current: String,
    /// The one to be.
    password: String,
}

/// Log in.
///
/// With the password; the answer sets the cookie of a session, which lasts 30 days from its last use. Programs use
/// tokens instead. After five wrong passwords every further try has to wait.
#[utoipa::path(
    post,
    path = "",
    request_body(content = Password, example = json!({"password": "correct horse battery staple"})),
    responses(
        (status = 204, description = "Logged in.", headers(("set-cookie" = String, description = "`aikore_session`, for this server only, not for scripts."))),
        (status = 401, description = "The password is wrong."),
        (status = 409, description = "No login is needed here (`AIKORE_AUTH=none`), or there is no password yet."),
        (status = 429, description = "Too many wrong passwords."),
    )
)]
pub(super) async fn log_in(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    headers: HeaderMap,
    Body(Password { password }): Body<Password>,
) -> Result<Response, ApiError> {
    let made = panel.login.log_in(password, client(&seen, &headers)).await?;
    Ok(welcome(&panel, &seen, &made))
}

/// Set the first password.
///
/// With the token of the link the server prints while it has none. Logs in too.
#[utoipa::path(
    post,
    path = "",
    request_body(content = SetUp, example = json!({"token": "from the link", "password": "correct horse battery staple"})),
    responses(
        (status = 204, description = "It is set.", headers(("set-cookie" = String, description = "`aikore_session`."))),
        (status = 403, description = "The token is wrong, or there is a password."),
        (status = 409, description = "No login is needed here (`AIKORE_AUTH=none`)."),
        (status = 429, description = "Too many tries."),
    )
)]
pub(super) async fn set_up(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    headers: HeaderMap,
    Body(SetUp { token, password }): Body<SetUp>,
) -> Result<Response, ApiError> {
    let made = panel.login.set_up(&token, &password, client(&seen, &headers)).await?;
    Ok(welcome(&panel, &seen, &made))
}

/// Log out.
///
/// Ends the session that asks. A token stays as it is.
#[utoipa::path(
    post,
    path = "",
    responses(
        (status = 204, description = "Logged out.", headers(("set-cookie" = String, description = "Takes the cookie away."))),
    )
)]
pub(super) async fn log_out(
    State(panel): State<Panel>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, ApiError> {
    if let Caller::Session(session) = &caller {
        panel.login.end_sessions(|other| other.id == session.id).await?;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    let path = panel.base_path.root();
    if let Some(gone) = cookies::ours(cookies::SESSION, "", &path, Some(std::time::Duration::ZERO), false) {
        response.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(response)
}

/// Change the password.
///
/// Ends every other session.
#[utoipa::path(
    put,
    path = "",
    request_body(content = NewPassword, example = json!({"current": "correct horse battery staple", "password": "another horse battery staple"})),
    responses(
        (status = 204, description = "It is changed."),
        (status = 401, description = "The present password is wrong."),
        (status = 409, description = "No login is needed here (`AIKORE_AUTH=none`)."),
        (status = 429, description = "Too many wrong passwords."),
    )
)]
pub(super) async fn change_password(
    State(panel): State<Panel>,
    Extension(seen): Extension<Seen>,
    Extension(caller): Extension<Caller>,
    Body(NewPassword { current, password }): Body<NewPassword>,
) -> Result<StatusCode, ApiError> {
    let keep = if let Caller::Session(session) = &caller { Some(session.id) } else { None };
    panel.login.change_password(current, &password, keep, seen.address).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn client(seen: &Seen, headers: &HeaderMap) -> Client {
    let agent = headers.get(USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes())).unwrap_or_default();
    let agent = agent.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect();
    Client { address: seen.address, agent }
}

fn welcome(panel: &Panel, seen: &Seen, made: &NewSession) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let (value, path) = (made.cookie.reveal(), panel.base_path.root());
    let tls = seen.scheme == "https";
    if let Some(cookie) = cookies::ours(cookies::SESSION, value, &path, Some(cookies::AGE), tls) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response.extensions_mut().insert(Noted::by(format!("session {}", made.session.id)));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_origin() {
        for (next, is) in [
            ("/", true),
            ("/instance/a/?x=%2F&y", true),
            ("", false),
            ("//evil.com", false),
            ("/\\evil.com", false),
            ("/\t/evil.com", false),
            ("/a\r\nSet-Cookie: x", false),
            ("https://evil.com/", false),
            ("javascript:alert(1)", false),
            ("x", false),
        ] {
            assert_eq!(is_path(next), is, "{next:?}");
        }
    }
}
