//! The texts in EXIF data, as JPEG and WebP have them: apps that write no PNG put there how the picture was made.

use super::written::Text;

/// Which fields hold text that somebody wrote, and their names for people.
const FIELDS: [(u16, &str); 6] = [
    (0x010e, "ImageDescription"),
    // ComfyUI's animated pictures have `prompt:…` and `workflow:…` in the camera's model and maker.
    (0x010f, "Make"),
    (0x0110, "Model"),
    (0x0131, "Software"),
    (0x013b, "Artist"),
    (USER_COMMENT, "UserComment"),
];
const USER_COMMENT: u16 = 0x9286;

/// Where the second list of fields is.
const MORE: u16 = 0x8769;

/// Fields that are looked at in one list.
const MOST: u16 = 500;

/// Reads the texts. What can't be understood is passed over.
pub(super) fn read(bytes: &[u8]) -> Vec<Text> {
    // Some writers leave the marker of JPEG in front.
    let bytes = bytes.strip_prefix(b"Exif\0\0").unwrap_or(bytes);
    let little = match bytes.get(..4) {
        Some(b"II*\0") => true,
        Some(b"MM\0*") => false,
        _ => return Vec::new(),
    };
    let data = Data { bytes, little };
    let mut texts = Vec::new();
    let more = data.u32(4).and_then(|at| data.fields(at, &mut texts));
    if let Some(at) = more {
        data.fields(at, &mut texts);
    }
    texts
}

struct Data<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Data<'a> {
    fn part(&self, at: u32, length: u32) -> Option<&'a [u8]> {
        let from = usize::try_from(at).ok()?;
        self.bytes.get(from..from.checked_add(usize::try_from(length).ok()?)?)
    }

    fn u16(&self, at: u32) -> Option<u16> {
        let bytes = self.part(at, 2)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&self, at: u32) -> Option<u32> {
        let bytes = self.part(at, 4)?.try_into().ok()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// Adds the texts of one list of fields; gives where another list is.
    fn fields(&self, at: u32, texts: &mut Vec<Text>) -> Option<u32> {
        let mut more = None;
        for n in 0..u32::from(self.u16(at)?.min(MOST)) {
            let Some(field) = at.checked_add(2 + 12 * n) else { break };
            let Some((tag, kind, count)) = self.head(field) else { break };
            if tag == MORE {
                more = self.u32(field + 8);
            }
            let Some((_, key)) = FIELDS.iter().find(|(known, _)| *known == tag) else { continue };
            // Bytes, ASCII and undefined have one byte each; no text has another form.
            if !matches!(kind, 1 | 2 | 7) {
                continue;
            }
            let place = if count <= 4 { Some(field + 8) } else { self.u32(field + 8) };
            let Some(raw) = place.and_then(|place| self.part(place, count)) else { continue };
            let text = if tag == USER_COMMENT { self.comment(raw) } else { plain(raw) };
            if !text.is_empty() {
                texts.push(Text { key: (*key).to_owned(), text, cut: false });
            }
        }
        more
    }

    fn head(&self, field: u32) -> Option<(u16, u16, u32)> {
        // The whole of it is there.
        self.part(field, 12)?;
        Some((self.u16(field)?, self.u16(field + 2)?, self.u32(field + 4)?))
    }

    /// Its first eight bytes say how it is written.
    fn comment(&self, raw: &[u8]) -> String {
        match raw.split_at_checked(8) {
            Some((b"UNICODE\0", rest)) => self.utf16(rest),
            Some((b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0", rest)) => plain(rest),
            _ => plain(raw),
        }
    }

    /// By the standard in the order of the whole; many write the other one.
    fn utf16(&self, bytes: &[u8]) -> String {
        let read = |little: bool| {
            let units = bytes.chunks_exact(2).map(|pair| match pair {
                [a, b] if little => u16::from_le_bytes([*a, *b]),
                [a, b] => u16::from_be_bytes([*a, *b]),
                _ => 0,
            });
            let text: String = char::decode_utf16(units).map(|one| one.unwrap_or('\u{fffd}')).collect();
            text.trim_matches(['\0', ' ', '\u{feff}']).to_owned()
        };
        let latin = |text: &str| text.chars().filter(char::is_ascii).count();
        let (as_said, other) = (read(self.little), read(!self.little));
        if latin(&other) > latin(&as_said) { other } else { as_said }
    }
}

fn plain(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_matches(['\0', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of fields with what they point to behind it.
    fn exif(little: bool, description: &str, comment: &[u8]) -> Vec<u8> {
        let n16 = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
        let n32 = |n: usize| {
            let n = u32::try_from(n).unwrap();
            if little { n.to_le_bytes() } else { n.to_be_bytes() }
        };
        let mut all = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        all.extend(n32(8));
        let (first, second) = (8 + 2 + 24 + 4, 8 + 2 + 24 + 4 + 2 + 12 + 4);
        all.extend(n16(2));
        for (tag, kind, count, at) in [(0x010e, 2, description.len(), second), (MORE, 4, 1, first)] {
            all.extend([n16(tag), n16(kind)].concat());
            all.extend([n32(count), n32(at)].concat());
        }
        all.extend(n32(0));
        all.extend([n16(1), n16(USER_COMMENT), n16(7)].concat());
        all.extend([n32(comment.len()), n32(second + description.len()), n32(0)].concat());
        all.extend(description.as_bytes());
        all.extend(comment);
        all
    }

    fn texts(bytes: &[u8]) -> Vec<(String, String)> {
        read(bytes).into_iter().map(|text| (text.key, text.text)).collect()
    }

    #[test]
    fn texts_in_either_order() {
        let wide = |text: &str, little: bool| -> Vec<u8> {
            let units =
                text.encode_utf16().flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            b"UNICODE\0".iter().copied().chain(units).collect()
        };
        for little in [true, false] {
            for comment in [
                wide("a cat, Steps: 20", little),
                wide("a cat, Steps: 20", !little),
                b"ASCII\0\0\0a cat, Steps: 20".to_vec(),
            ] {
                let bytes = exif(little, "made by hand\0", &comment);
                let expected = [("ImageDescription", "made by hand"), ("UserComment", "a cat, Steps: 20")];
                assert_eq!(texts(&bytes), expected.map(|(key, text)| (key.to_owned(), text.to_owned())));
                assert_eq!(texts(&[b"Exif\0\0".to_vec(), bytes].concat()).len(), 2);
            }
        }
    }

    #[test]
    fn whatever_is_wrong_is_passed_over() {
        let whole = exif(true, "made by hand", b"ASCII\0\0\0a cat");
        for length in 0..whole.len() {
            texts(&whole[..length]);
        }
        for at in 0..whole.len() {
            for byte in [0, 1, 0x7f, 0xff] {
                let mut other = whole.clone();
                other[at] = byte;
                texts(&other);
            }
        }
        // A list of fields that names itself as the next one.
        let mut round = whole;
        round[8 + 2 + 12 + 8..][..4].copy_from_slice(&8_u32.to_le_bytes());
        assert_eq!(texts(&round).len(), 2);
    }
}
