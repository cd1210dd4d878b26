//! What may be a target. Pure.

use reqwest::Url;

use crate::domain::{NoticeKind, TargetKind, text};
use crate::notices::Error;
use crate::store::StoredTarget;

const LONGEST_NAME: usize = 100;
const LONGEST_URL: usize = 2000;
const LONGEST_SECRET: usize = 1000;

/// Checks a target as somebody wants it, and puts it in order.
pub(super) fn check(mut target: StoredTarget) -> Result<StoredTarget, Error> {
    target.name = target.name.trim().to_owned();
    if target.name.is_empty() || target.name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid("name", format!("A target needs a name of 1 to {LONGEST_NAME} characters.")));
    }
    text::refuse_invisible("A name", &target.name).map_err(|why| Error::invalid("name", format!("{}.", why.0)))?;
    target.url = target.url.trim().to_owned();
    address(target.kind, &target.url).map_err(|why| Error::invalid("url", why))?;
    target.secret = target.secret.filter(|secret| !secret.is_empty());
    if let Some(secret) = &target.secret {
        secret_of(target.kind, secret).map_err(|why| Error::invalid("secret", why))?;
    }
    if target.wants.is_empty() {
        return Err(Error::invalid("wants", "Choose at least one kind of notice.".to_owned()));
    }
    if target.wants.contains(&NoticeKind::Test) {
        let why = "Tests are sent by their button: they are no kind to be chosen.";
        return Err(Error::invalid("wants", why.to_owned()));
    }
    target.wants = NoticeKind::ALL.iter().copied().filter(|kind| target.wants.contains(kind)).collect();
    Ok(target)
}

fn address(kind: TargetKind, text: &str) -> Result<(), String> {
    if text.len() > LONGEST_URL {
        return Err(format!("That URL is too long: at most {LONGEST_URL} characters."));
    }
    let example = match kind {
        TargetKind::Webhook => "https://example.com/hook",
        TargetKind::Ntfy => "https://ntfy.sh/my-secret-topic",
        TargetKind::Discord => "https://discord.com/api/webhooks/123/abc",
    };
    let wrong = |why: &str| format!("{why}, such as {example}.");
    let url = Url::parse(text).map_err(|_| wrong("That is no URL. Give a whole one"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("Only http and https addresses can be told"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("The URL must not hold a user name or a password: everybody who may manage this could read them."
            .to_owned());
    }
    let parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    match kind {
        TargetKind::Webhook => Ok(()),
        TargetKind::Ntfy if parts.is_empty() => Err(wrong("The URL must name a topic")),
        TargetKind::Ntfy => Ok(()),
        TargetKind::Discord => match parts.iter().position(|part| *part == "webhooks") {
            Some(at) if parts.len() == at + 3 => Ok(()),
            _ => Err(wrong("That is no webhook of a Discord channel. Copy its URL from the channel's integrations")),
        },
    }
}

fn secret_of(kind: TargetKind, secret: &str) -> Result<(), String> {
    if secret.len() > LONGEST_SECRET {
        return Err(format!("That is too long: at most {LONGEST_SECRET} bytes."));
    }
    match kind {
        TargetKind::Webhook => Ok(()),
        TargetKind::Ntfy if secret.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(()),
        TargetKind::Ntfy => Err("An access token of ntfy has no blanks and no letters beyond ASCII.".to_owned()),
        TargetKind::Discord => Err("Discord needs no secret beside its URL.".to_owned()),
    }
}

/// The URL as it may be shown: that of Discord is itself what opens the channel.
pub(crate) fn shown_url(target: &StoredTarget) -> String {
    match (target.kind, target.url.rsplit_once('/')) {
        (TargetKind::Discord, Some((rest, _))) => format!("{rest}/…"),
        _ => target.url.clone(),
    }
}

/// Whom it is sent to, in a word.
pub(super) fn host(target: &StoredTarget) -> String {
    let url = Url::parse(&target.url).ok();
    let host = url.as_ref().and_then(|url| Some((url.host_str()?.to_owned(), url.port())));
    match host {
        Some((host, Some(port))) => format!("{host}:{port}"),
        Some((host, None)) => host,
        None => target.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: TargetKind, url: &str) -> StoredTarget {
        StoredTarget {
            id: 0,
            name: " phone ".to_owned(),
            kind,
            url: url.to_owned(),
            secret: None,
            wants: vec![NoticeKind::Crashed, NoticeKind::Ready],
            enabled: true,
            last_sent_at: None,
            last_error: None,
        }
    }

    #[test]
    fn what_may_be_told() {
        use TargetKind::{Discord, Ntfy, Webhook};
        for (kind, url) in [
            (Webhook, "http://127.0.0.1:9/x?y=z"),
            (Webhook, "https://example.com"),
            (Ntfy, "https://ntfy.sh/topic"),
            (Discord, "https://discord.com/api/webhooks/123/abc"),
            (Discord, "https://discord.com/api/v10/webhooks/123/abc"),
        ] {
            let checked = check(target(kind, url)).unwrap();
            assert_eq!((checked.name.as_str(), checked.url.as_str()), ("phone", url));
            assert_eq!(checked.wants, [NoticeKind::Ready, NoticeKind::Crashed]);
        }
        for (kind, url, why) in [
            (Webhook, "", "whole one"),
            (Webhook, "example.com/x", "whole one"),
            (Webhook, "ftp://example.com/", "Only http and https"),
            (Webhook, "file:///etc/passwd", "Only http and https"),
            (Webhook, "https://", "whole one"),
            (Webhook, "https://me:pw@example.com/", "user name"),
            (Ntfy, "https://ntfy.sh/", "topic"),
            (Discord, "https://discord.com/channels/1/2", "Discord channel"),
            (Discord, "https://discord.com/api/webhooks/123", "Discord channel"),
        ] {
            let error = check(target(kind, url)).unwrap_err();
            assert_eq!(error.field(), Some("url"), "{url}");
            assert!(error.to_string().contains(why) && error.to_string().ends_with('.'), "{url}: {error}");
        }
    }

    #[test]
    fn the_rest_of_it() {
        let good = || target(TargetKind::Ntfy, "https://ntfy.sh/topic");
        let with_secret =
            |kind, url, secret: &str| StoredTarget { secret: Some(secret.to_owned()), ..target(kind, url) };
        let discord = "https://discord.com/api/webhooks/123/abc";
        for (wrong, field) in [
            (StoredTarget { name: "  ".to_owned(), ..good() }, "name"),
            (StoredTarget { name: "a\u{202e}b".to_owned(), ..good() }, "name"),
            (StoredTarget { wants: Vec::new(), ..good() }, "wants"),
            (StoredTarget { wants: vec![NoticeKind::Test], ..good() }, "wants"),
            (with_secret(TargetKind::Ntfy, "https://ntfy.sh/t", "a b"), "secret"),
            (with_secret(TargetKind::Ntfy, "https://ntfy.sh/t", "a\nX: y"), "secret"),
            (with_secret(TargetKind::Discord, discord, "x"), "secret"),
        ] {
            assert_eq!(check(wrong).unwrap_err().field(), Some(field));
        }
        assert_eq!(check(with_secret(TargetKind::Webhook, "https://x.example", "")).unwrap().secret, None);
        assert_eq!(shown_url(&target(TargetKind::Discord, discord)), "https://discord.com/api/webhooks/123/…");
        assert_eq!(shown_url(&good()), "https://ntfy.sh/topic");
        assert_eq!(host(&target(TargetKind::Webhook, "http://[::1]:80/x")), "[::1]");
        assert_eq!(host(&target(TargetKind::Webhook, "http://a.example:8080/x")), "a.example:8080");
    }
}
