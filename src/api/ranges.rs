//! Which part of a file is asked for (RFC 9110 §14).

use http::HeaderMap;
use http::header::{ETAG, IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, RANGE};

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// From a byte, so many.
    Part { from: u64, length: u64 },
    /// Nothing of it: it is not that long.
    Nothing,
    /// Nothing of it: the client has it.
    Known,
}

/// Reads it off the request, for a file of this length whose answer has these headers. More than one part at once is not
/// offered: who asks for several gets all of it, as who asks for what can't be understood does.
pub(super) fn wanted(asked: &HeaderMap, answer: &HeaderMap, length: u64) -> Wanted {
    let etag = answer.get(ETAG).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Some(known) = text(asked, IF_NONE_MATCH)
        && known.split(',').any(|one| matches!(one.trim(), "*") || one.trim().trim_start_matches("W/") == etag)
    {
        return Wanted::Known;
    }
    // It has changed since: the rest of it would not fit to what they have.
    if let Some(since) = asked.get(IF_RANGE)
        && since.as_bytes() != etag.as_bytes()
        && answer.get(LAST_MODIFIED) != Some(since)
    {
        return Wanted::Whole;
    }
    text(asked, RANGE).and_then(|range| part(range, length)).unwrap_or(Wanted::Whole)
}

fn text(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// `None`: no range that can be understood.
fn part(range: &str, length: u64) -> Option<Wanted> {
    let (unit, spec) = range.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || spec.contains(',') {
        return None;
    }
    let (first, last) = spec.trim().split_once('-')?;
    if first.is_empty() {
        let wanted = number(last)?.min(length);
        let from = length - wanted;
        return Some(if wanted == 0 { Wanted::Nothing } else { Wanted::Part { from, length: wanted } });
    }
    let from = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < from {
        return None;
    }
    if from >= length {
        return Some(Wanted::Nothing);
    }
    Some(Wanted::Part { from, length: last.min(length - 1) - from + 1 })
}

/// Digits and nothing else; what is larger than any file is as large as can be.
fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(fields: &[(http::HeaderName, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn ranges() {
        let part = |from, length| Wanted::Part { from, length };
        for (range, length, expected) in [
            ("bytes=0-9", 100, part(0, 10)),
            ("bytes=0-0", 1, part(0, 1)),
            ("Bytes=90-", 100, part(90, 10)),
            ("bytes=-10", 100, part(90, 10)),
            ("bytes=-500", 100, part(0, 100)),
            ("bytes=5-500", 100, part(5, 95)),
            ("bytes=5-99999999999999999999999", 100, part(5, 95)),
            ("bytes=5000000000-5000000001", 6_000_000_000, part(5_000_000_000, 2)),
            ("bytes=100-", 100, Wanted::Nothing),
            ("bytes=99999999999999999999999-", 100, Wanted::Nothing),
            ("bytes=-0", 100, Wanted::Nothing),
            ("bytes=0-", 0, Wanted::Nothing),
            ("bytes=9-0", 100, Wanted::Whole),
            ("bytes=0-1,5-6", 100, Wanted::Whole),
            ("bytes=a-b", 100, Wanted::Whole),
            ("bytes=+1-2", 100, Wanted::Whole),
            ("bytes=", 100, Wanted::Whole),
            ("bytes=-", 100, Wanted::Whole),
            ("items=0-1", 100, Wanted::Whole),
            ("nonsense", 100, Wanted::Whole),
        ] {
            let asked = headers(&[(RANGE, range)]);
            assert_eq!(wanted(&asked, &HeaderMap::new(), length), expected, "{range} of {length}");
        }
        assert_eq!(wanted(&HeaderMap::new(), &HeaderMap::new(), 5), Wanted::Whole);
    }

    #[test]
    fn conditions() {
        let date = "Sat, 28 Nov 2026 17:00:00 GMT";
        let answer = headers(&[(ETAG, "\"a\""), (LAST_MODIFIED, date)]);
        let part = Wanted::Part { from: 0, length: 1 };
        for (field, value, expected) in [
            (IF_RANGE, "\"a\"", part),
            (IF_RANGE, date, part),
            (IF_RANGE, "\"b\"", Wanted::Whole),
            (IF_RANGE, "W/\"a\"", Wanted::Whole),
            (IF_RANGE, "Sat, 28 Nov 2026 16:00:00 GMT", Wanted::Whole),
            (IF_NONE_MATCH, "\"a\"", Wanted::Known),
            (IF_NONE_MATCH, "\"b\", W/\"a\"", Wanted::Known),
            (IF_NONE_MATCH, "*", Wanted::Known),
            (IF_NONE_MATCH, "\"b\"", part),
        ] {
            let asked = headers(&[(RANGE, "bytes=0-0"), (field.clone(), value)]);
            assert_eq!(wanted(&asked, &answer, 10), expected, "{field}: {value}");
        }
    }
}
