//! What a file is, by its name: how a gallery shows it, and as what it may be sent to a browser.

use super::word_enum;

word_enum! {
    /// What a person does with a file.
    MediaKind {
        /// Looked at.
        Image = "image",
        /// Watched.
        Video = "video",
        /// Listened to.
        Audio = "audio",
        /// Read.
        Text = "text",
        /// Kept.
        Other = "other",
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media {
    /// What a person does with it.
    pub kind: MediaKind,
    /// As what a browser may get it to show it; `None`: only as a download.
    pub shown_as: Option<&'static str>,
    /// Whether a small picture of it can be made here.
    pub thumbnail: bool,
}

const TEXT: &str = "text/plain; charset=utf-8";

impl Media {
    /// By the end of its name. Texts are sent as nothing but text, whatever else a browser could take them for.
    pub fn of(name: &str) -> Self {
        let end = name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).unwrap_or_default();
        let picture = |shown_as, thumbnail| Self { kind: MediaKind::Image, shown_as: Some(shown_as), thumbnail };
        let other = |kind, shown_as| Self { kind, shown_as, thumbnail: false };
        match end.as_str() {
            "png" | "apng" => picture("image/png", true),
            "jpg" | "jpeg" | "jfif" => picture("image/jpeg", true),
            "webp" => picture("image/webp", true),
            "gif" => picture("image/gif", true),
            "bmp" => picture("image/bmp", true),
            "avif" => picture("image/avif", false),
            "svg" => picture("image/svg+xml", false),
            "ico" => picture("image/x-icon", false),
            // No browser draws them.
            "tif" | "tiff" | "exr" | "hdr" | "heic" | "jxl" | "psd" => other(MediaKind::Image, None),
            "mp4" | "m4v" => other(MediaKind::Video, Some("video/mp4")),
            "webm" => other(MediaKind::Video, Some("video/webm")),
            "ogv" => other(MediaKind::Video, Some("video/ogg")),
            "mov" => other(MediaKind::Video, Some("video/quicktime")),
            "mkv" => other(MediaKind::Video, Some("video/x-matroska")),
            "avi" | "mpg" | "mpeg" | "wmv" | "flv" => other(MediaKind::Video, None),
            "mp3" => other(MediaKind::Audio, Some("audio/mpeg")),
            "wav" => other(MediaKind::Audio, Some("audio/wav")),
            "flac" => other(MediaKind::Audio, Some("audio/flac")),
            "ogg" | "oga" => other(MediaKind::Audio, Some("audio/ogg")),
            "opus" => other(MediaKind::Audio, Some("audio/opus")),
            "m4a" => other(MediaKind::Audio, Some("audio/mp4")),
            "aac" => other(MediaKind::Audio, Some("audio/aac")),
            "aif" | "aiff" | "wma" | "mid" | "midi" => other(MediaKind::Audio, None),
            "txt" | "text" | "log" | "md" | "json" | "jsonl" | "csv" | "tsv" | "yaml" | "yml" | "toml" | "ini"
            | "xml" | "html" | "htm" | "css" | "js" | "py" | "sh" | "srt" | "vtt" | "caption" | "prompt" => {
                other(MediaKind::Text, Some(TEXT))
            }
            _ => other(MediaKind::Other, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name() {
        for (name, kind, shown_as) in [
            ("a.png", MediaKind::Image, Some("image/png")),
            ("A.JPEG", MediaKind::Image, Some("image/jpeg")),
            ("clip.mp4", MediaKind::Video, Some("video/mp4")),
            ("song.tar.flac", MediaKind::Audio, Some("audio/flac")),
            ("x.psd", MediaKind::Image, None),
            ("page.html", MediaKind::Text, Some(TEXT)),
            ("code.js", MediaKind::Text, Some(TEXT)),
            ("model.safetensors", MediaKind::Other, None),
            ("png", MediaKind::Other, None),
            ("a.", MediaKind::Other, None),
            ("_output_images_will_be_put_here", MediaKind::Other, None),
        ] {
            let media = Media::of(name);
            assert_eq!((media.kind, media.shown_as), (kind, shown_as), "{name}");
        }
        assert!(Media::of("a.png").thumbnail && !Media::of("a.svg").thumbnail && !Media::of("a.mp4").thumbnail);
    }

    #[test]
    fn nothing_that_runs_is_sent_as_what_it_is() {
        for name in ["a.html", "a.htm", "a.xml", "a.js", "a.css", "a.xhtml", "a.pdf", "a.swf", "a.wasm"] {
            assert!(Media::of(name).shown_as.is_none_or(|shown| shown == TEXT), "{name}");
        }
    }
}
