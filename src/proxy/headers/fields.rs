//! Which of the fields that mean something to a proxy a message has: looked through once, since each question to a
//! `HeaderMap` costs a hash and most messages have hardly any of them.

use http::{HeaderMap, HeaderName};

/// Declares the fields, in lower case.
macro_rules! fields {
    ($($field:ident = $name:literal),+ $(,)?) => {
        /// A field by which something is decided here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field {
            $(#[doc = concat!("`", $name, "`")] $field,)+
        }

        #[expect(non_upper_case_globals, reason = "named after the fields")]
        mod length {
            $(pub(super) const $field: usize = $name.len();)+
        }

        impl Field {
            /// The field of this name, which is in lower case as `http` has them.
            pub fn of(name: &str) -> Option<Self> {
                // The length is said too: then it is looked at first, and most names are told apart by it alone.
                match (name.len(), name) {
                    $((length::$field, $name) => Some(Self::$field),)+
                    _ => None,
                }
            }
        }
    };
}

fields! {
    Accept = "accept",
    AcceptEncoding = "accept-encoding",
    AltSvc = "alt-svc",
    Authorization = "authorization",
    ClearSiteData = "clear-site-data",
    Connection = "connection",
    ContentLength = "content-length",
    ContentLocation = "content-location",
    Cookie = "cookie",
    Expect = "expect",
    Forwarded = "forwarded",
    ForwardedFor = "x-forwarded-for",
    ForwardedHost = "x-forwarded-host",
    ForwardedPort = "x-forwarded-port",
    ForwardedPrefix = "x-forwarded-prefix",
    ForwardedProto = "x-forwarded-proto",
    ForwardedScheme = "x-forwarded-scheme",
    ForwardedServer = "x-forwarded-server",
    Host = "host",
    KeepAlive = "keep-alive",
    Link = "link",
    Location = "location",
    Nel = "nel",
    OriginalUrl = "x-original-url",
    Proxy = "proxy",
    ProxyAuthenticate = "proxy-authenticate",
    ProxyAuthorization = "proxy-authorization",
    ProxyConnection = "proxy-connection",
    RealIp = "x-real-ip",
    Refresh = "refresh",
    ReportTo = "report-to",
    RequestId = "x-request-id",
    RewriteUrl = "x-rewrite-url",
    SecFetchMode = "sec-fetch-mode",
    ServiceWorkerAllowed = "service-worker-allowed",
    SetCookie = "set-cookie",
    StrictTransportSecurity = "strict-transport-security",
    Te = "te",
    TransferEncoding = "transfer-encoding",
    Upgrade = "upgrade",
}

/// A set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields(u64);

/// Those that belong to one connection and never pass, whether `Connection` names them or not (RFC 9110 §7.6.1).
pub const OF_THE_CONNECTION: Fields = Fields::these(&[
    Field::Connection,
    Field::KeepAlive,
    Field::ProxyAuthenticate,
    Field::ProxyAuthorization,
    Field::ProxyConnection,
    Field::Te,
    Field::TransferEncoding,
    Field::Upgrade,
]);

/// Those by which a client could pretend to be another, to come from another place, or to be past a login: what it said
/// there is never passed on. (`Proxy` is httpoxy: CGI programs take it for the variable HTTP_PROXY.)
pub const SPOOFABLE: Fields = Fields::these(&[
    Field::Forwarded,
    Field::ForwardedFor,
    Field::ForwardedHost,
    Field::ForwardedPort,
    Field::ForwardedPrefix,
    Field::ForwardedProto,
    Field::ForwardedScheme,
    Field::ForwardedServer,
    Field::OriginalUrl,
    Field::Proxy,
    Field::RealIp,
    Field::RewriteUrl,
]);

/// Those of an answer in which an app's word about the origin, or a URL of its own, may be.
pub const ABOUT_THE_ORIGIN: Fields = Fields::these(&[
    Field::AltSvc,
    Field::ClearSiteData,
    Field::ContentLocation,
    Field::Link,
    Field::Location,
    Field::Nel,
    Field::Refresh,
    Field::ReportTo,
    Field::ServiceWorkerAllowed,
    Field::SetCookie,
    Field::StrictTransportSecurity,
]);

impl Fields {
    /// Exactly these.
    pub const fn these(mut fields: &[Field]) -> Self {
        let mut set = 0;
        while let [first, rest @ ..] = fields {
            set |= 1 << *first as u64;
            fields = rest;
        }
        Self(set)
    }

    /// Those that a message has.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut all = Self::default();
        for name in headers.keys() {
            all.add(name);
        }
        all
    }

    /// Adds a field, if it is one of those.
    pub fn add(&mut self, name: &HeaderName) {
        if let Some(field) = Field::of(name.as_str()) {
            self.0 |= 1 << field as u64;
        }
    }

    /// Whether this one is there.
    pub const fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u64) != 0
    }

    /// Whether any of those is there.
    pub const fn has_any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    /// Whether the field of this name is there.
    pub fn has_name(self, name: &HeaderName) -> bool {
        Field::of(name.as_str()).is_some_and(|field| self.has(field))
    }

    /// All of both.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_a_message_has() {
        let mut headers = HeaderMap::new();
        for name in ["host", "x-forwarded-for", "x-something", "te"] {
            headers.append(HeaderName::from_static(name), http::HeaderValue::from_static("1"));
        }
        let fields = Fields::of(&headers);
        assert_eq!(fields, Fields::these(&[Field::Host, Field::ForwardedFor, Field::Te]));
        assert!(fields.has(Field::Te) && !fields.has(Field::Upgrade));
        assert!(fields.has_any(SPOOFABLE) && fields.has_any(OF_THE_CONNECTION) && !fields.has_any(ABOUT_THE_ORIGIN));
    }

    #[test]
    fn names_are_told_from_their_neighbours() {
        for (name, field) in [
            ("upgrade", Some(Field::Upgrade)),
            ("upgrad", None),
            ("x-forwarded-scheme", Some(Field::ForwardedScheme)),
            ("x-forwarded-server", Some(Field::ForwardedServer)),
            ("x-forwarded-serves", None),
            ("x-forwarded-user", None),
            ("", None),
        ] {
            assert_eq!(Field::of(name), field, "{name}");
        }
        for name in ["keep-alive", "proxy-connection", "transfer-encoding", "te", "upgrade", "connection"] {
            assert!(OF_THE_CONNECTION.has_name(&HeaderName::from_static(name)), "{name}");
        }
        for name in ["location", "set-cookie", "clear-site-data", "service-worker-allowed", "refresh", "link"] {
            assert!(ABOUT_THE_ORIGIN.has_name(&HeaderName::from_static(name)), "{name}");
        }
        for name in ["forwarded", "proxy", "x-real-ip", "x-original-url", "x-rewrite-url", "x-forwarded-prefix"] {
            assert!(SPOOFABLE.has_name(&HeaderName::from_static(name)), "{name}");
        }
        assert!(!ABOUT_THE_ORIGIN.has_name(&http::header::CONTENT_TYPE));
    }
}
