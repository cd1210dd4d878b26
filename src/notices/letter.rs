//! A notice on its way out of the house: what it says, and how each kind of target is told. Pure.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;

use super::words::shortened;
use crate::domain::{BasePath, Instance, Level, Notice, NoticeKind, Slug, TargetKind};
use crate::store::StoredTarget;

/// Where people reach the dashboard.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Scheme, host and port, where somebody said so.
    pub origin: Option<String>,
    /// The prefix of an outer proxy.
    pub base_path: BasePath,
    /// Whether instances answer at paths.
    pub path_routes: bool,
}

impl Place {
    /// The address of an instance, or of the dashboard; `None` where nobody said how people reach it.
    pub(super) fn of(&self, slug: Option<&Slug>) -> Option<String> {
        let origin = self.origin.as_ref()?;
        let path = match slug.filter(|_| self.path_routes) {
            Some(slug) => format!("{}/", self.base_path.of_instance(slug)),
            None => self.base_path.root(),
        };
        Some(format!("{origin}{path}"))
    }
}

/// A notice, and what it takes to tell it to somebody who does not know this machine.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) notice: Notice,
    pub(super) instance: Option<String>,
    pub(super) url: Option<String>,
}

/// What is sent: fields and a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Letter {
    pub(super) fn new(notice: Notice, instance: Option<&Instance>, place: &Place) -> Self {
        let url = place.of(instance.map(|instance| &instance.chosen.slug));
        Self { notice, instance: instance.map(|instance| instance.chosen.name.to_string()), url }
    }

    fn title(&self) -> String {
        let who = self.instance.as_deref().unwrap_or("An instance");
        match self.notice.kind {
            NoticeKind::Ready => format!("{who} is ready"),
            NoticeKind::Crashed => format!("{who} crashed"),
            NoticeKind::GaveUp => format!("{who} was given up"),
            NoticeKind::Stalled => format!("{who} does not answer"),
            NoticeKind::Disk => "A disk is nearly full".to_owned(),
            NoticeKind::GpuLost => "A GPU is lost".to_owned(),
            NoticeKind::JobDone => match &self.instance {
                Some(name) => format!("{name}: job done"),
                None => "Job done".to_owned(),
            },
            NoticeKind::Test => "A test of AiKore".to_owned(),
            NoticeKind::General => self.instance.clone().unwrap_or_else(|| "AiKore".to_owned()),
        }
    }

    /// How a target of its kind is told this.
    pub(super) fn to(&self, target: &StoredTarget) -> Message {
        match target.kind {
            TargetKind::Webhook => self.to_webhook(target.secret.as_deref()),
            TargetKind::Ntfy => self.to_ntfy(target.secret.as_deref()),
            TargetKind::Discord => self.to_discord(),
        }
    }

    fn to_webhook(&self, secret: Option<&str>) -> Message {
        let Notice { id, kind, level, text, instance_id, at } = &self.notice;
        let body = serde_json::json!({
            "id": id,
            "kind": kind,
            "level": level,
            "title": self.title(),
            "text": text,
            "instance_id": instance_id,
            "instance_name": self.instance,
            "url": self.url,
            "at": at,
        })
        .to_string();
        let mut fields = vec![("Content-Type", "application/json".to_owned())];
        if let Some(secret) = secret {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            let sum = hmac::sign(&key, body.as_bytes());
            let hex: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            fields.push(("X-Aikore-Signature", format!("sha256={hex}")));
        }
        Message { fields, body }
    }

    fn to_ntfy(&self, token: Option<&str>) -> Message {
        let priority = match self.notice.level {
            Level::Info => "3",
            Level::Warn => "4",
            Level::Error => "5",
        };
        let tag = match self.notice.kind {
            NoticeKind::Ready => "white_check_mark",
            NoticeKind::Crashed | NoticeKind::GaveUp => "rotating_light",
            NoticeKind::Stalled => "hourglass",
            NoticeKind::Disk => "floppy_disk",
            NoticeKind::GpuLost => "warning",
            NoticeKind::JobDone => "tada",
            NoticeKind::Test => "bell",
            NoticeKind::General => "speech_balloon",
        };
        let mut fields = vec![
            ("Content-Type", "text/plain; charset=utf-8".to_owned()),
            ("Title", of_a_field(&shortened(&self.title(), 200))),
            ("Priority", priority.to_owned()),
            ("Tags", format!("{tag},aikore")),
        ];
        if let Some(url) = &self.url {
            fields.push(("Click", url.clone()));
        }
        if let Some(token) = token {
            fields.push(("Authorization", format!("Bearer {token}")));
        }
        // Longer ones would become attachments.
        Message { fields, body: shortened(&self.notice.text, 1000) }
    }

    fn to_discord(&self) -> Message {
        let colour = match self.notice.level {
            Level::Info => 0x0022_c55e,
            Level::Warn => 0x00f5_9e0b,
            Level::Error => 0x00ef_4444,
        };
        let mut embed = serde_json::json!({
            "title": plain(&shortened(&self.title(), 120)),
            "description": plain(&shortened(&self.notice.text, 2000)),
            "color": colour,
            "timestamp": self.notice.at,
            "footer": { "text": "AiKore" },
        });
        if let (Some(url), Some(members)) = (&self.url, embed.as_object_mut()) {
            members.insert("url".to_owned(), url.clone().into());
        }
        // Whatever is in a name or a sentence, nobody is called by it.
        let body = serde_json::json!({ "username": "AiKore", "embeds": [embed], "allowed_mentions": { "parse": [] } });
        Message { fields: vec![("Content-Type", "application/json".to_owned())], body: body.to_string() }
    }
}

/// A field takes ASCII; what is not goes in the way of mails (RFC 2047), which ntfy reads.
fn of_a_field(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    if text.is_ascii() { text } else { format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(text)) }
}

/// As it is, whatever Discord makes of such characters.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '#' | '[' | ']' | '<' | '@') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn letter(name: &str) -> Letter {
        let at = Timestamp::from_millis(1_790_000_000_123);
        let text = format!("{name}: It ended with exit code 7.");
        let (kind, level) = (NoticeKind::Crashed, Level::Error);
        let notice = Notice { id: Some(5), kind, level, text, instance_id: Some(3), at };
        Letter { notice, instance: Some(name.to_owned()), url: Some("https://ai.example.com/".to_owned()) }
    }

    fn target(kind: TargetKind, secret: Option<&str>) -> StoredTarget {
        StoredTarget {
            id: 1,
            name: "t".to_owned(),
            kind,
            url: "https://x.example/t".to_owned(),
            secret: secret.map(str::to_owned),
            wants: Vec::new(),
            enabled: true,
            last_sent_at: None,
            last_error: None,
        }
    }

    fn json(text: &str) -> serde_json::Value {
        serde_json::from_str(text).unwrap()
    }

    fn field<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
        message.fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_webhook_gets_it_all_and_can_prove_whom_it_is_from() {
        let plain = letter("Studio").to(&target(TargetKind::Webhook, None));
        assert_eq!(
            json(&plain.body),
            serde_json::json!({
                "id": 5, "kind": "crashed", "level": "error", "title": "Studio crashed",
                "text": "Studio: It ended with exit code 7.", "instance_id": 3, "instance_name": "Studio",
                "url": "https://ai.example.com/", "at": "2026-09-21T14:13:20.123Z",
            })
        );
        assert_eq!(field(&plain, "X-Aikore-Signature"), None);
        let signed = letter("Studio").to(&target(TargetKind::Webhook, Some("key")));
        let said = field(&signed, "X-Aikore-Signature").unwrap().strip_prefix("sha256=").unwrap().to_owned();
        let sum: Vec<u8> =
            (0..said.len()).step_by(2).map(|at| u8::from_str_radix(&said[at..at + 2], 16).unwrap()).collect();
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"key");
        assert!(hmac::verify(&key, signed.body.as_bytes(), &sum).is_ok());
        assert!(hmac::verify(&key, b"{}", &sum).is_err());
    }

    #[test]
    fn ntfy_gets_fields() {
        let message = letter("Studio").to(&target(TargetKind::Ntfy, Some("tk_1")));
        for (name, value) in [
            ("Title", "Studio crashed"),
            ("Priority", "5"),
            ("Tags", "rotating_light,aikore"),
            ("Click", "https://ai.example.com/"),
            ("Authorization", "Bearer tk_1"),
        ] {
            assert_eq!(field(&message, name), Some(value), "{name}");
        }
        assert_eq!(message.body, "Studio: It ended with exit code 7.");
        let foreign = letter("漫画").to(&target(TargetKind::Ntfy, None));
        assert_eq!(field(&foreign, "Title"), Some("=?UTF-8?B?5ryr55S7IGNyYXNoZWQ=?="));
        assert_eq!(field(&foreign, "Authorization"), None);
    }

    #[test]
    fn discord_calls_nobody_and_shows_text_as_text() {
        let message = letter("a_b @everyone").to(&target(TargetKind::Discord, None));
        let body = json(&message.body);
        assert_eq!(body["allowed_mentions"], serde_json::json!({ "parse": [] }));
        let embed = &body["embeds"][0];
        assert_eq!((&embed["title"], &embed["color"]), (&"a\\_b \\@everyone crashed".into(), &0x00ef_4444.into()));
        assert_eq!(embed["url"], "https://ai.example.com/");
        let long = letter(&"x".repeat(9000)).to(&target(TargetKind::Discord, None));
        let length = |value: &serde_json::Value| value.as_str().unwrap().chars().count();
        let embed = &json(&long.body)["embeds"][0];
        assert!(length(&embed["title"]) <= 256 && length(&embed["description"]) <= 4096);
    }

    #[test]
    fn addresses() {
        let slug = Slug::parse("studio").unwrap();
        let place = |origin: Option<&str>, path_routes| Place {
            origin: origin.map(str::to_owned),
            base_path: BasePath::parse("/ai").unwrap(),
            path_routes,
        };
        for (place, slug, url) in [
            (place(None, true), Some(&slug), None),
            (place(Some("https://x.example"), true), None, Some("https://x.example/ai/")),
            (place(Some("https://x.example"), true), Some(&slug), Some("https://x.example/ai/instance/studio/")),
            (place(Some("https://x.example"), false), Some(&slug), Some("https://x.example/ai/")),
        ] {
            assert_eq!(place.of(slug).as_deref(), url);
        }
    }
}
