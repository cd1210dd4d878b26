//! Which coding of a file a client gets (RFC 9110 §12.5.3). Pure.

use http::HeaderValue;

/// How the bytes of a file are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// By brotli: the smallest.
    Brotli,
    /// By gzip: what every program can read.
    Gzip,
    /// Not at all.
    Identity,
}

impl Coding {
    /// Smallest first.
    const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// Its name in `Content-Encoding`; none for bytes as they are.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// Where the build has put the file in this coding.
    pub(super) fn of(self, path: &str) -> String {
        match self {
            Self::Brotli => format!("{path}.br"),
            Self::Gzip => format!("{path}.gz"),
            Self::Identity => path.to_owned(),
        }
    }

    fn is_called(self, name: &str) -> bool {
        match self {
            Self::Brotli => name.eq_ignore_ascii_case("br"),
            Self::Gzip => name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip"),
            Self::Identity => name.eq_ignore_ascii_case("identity"),
        }
    }
}

/// The codings to try, best first. Bytes as they are come last even when they are refused: better than nothing.
pub(super) fn preferred<'a>(accepted: impl Iterator<Item = &'a HeaderValue>) -> Vec<Coding> {
    let lines: Vec<&str> = accepted.filter_map(|line| line.to_str().ok()).collect();
    let named: Vec<(&str, u16)> = lines.iter().flat_map(|line| line.split(',')).map(weighed).collect();
    let weight = |coding: Coding| {
        let own = named.iter().find(|(name, _)| coding.is_called(name));
        let any = || named.iter().find(|(name, _)| *name == "*");
        // Bytes as they are need no naming; unnamed they are the last choice.
        own.or_else(any).map_or(u16::from(coding == Coding::Identity), |(_, weight)| *weight)
    };
    let mut codings: Vec<(Coding, u16)> = Coding::ALL.map(|coding| (coding, weight(coding))).to_vec();
    codings.retain(|(coding, weight)| *weight > 0 || *coding == Coding::Identity);
    // Stable: the smaller of two that are liked the same goes first.
    codings.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    codings.into_iter().map(|(coding, _)| coding).collect()
}

/// `gzip;q=0.5` as a name and thousandths; a weight that can't be read is a refusal.
fn weighed(item: &str) -> (&str, u16) {
    let mut pieces = item.split(';').map(str::trim);
    let name = pieces.next().unwrap_or_default();
    let weight = pieces.find_map(|piece| piece.strip_prefix("q=").or_else(|| piece.strip_prefix("Q=")));
    (name, weight.map_or(Some(1000), thousandths).unwrap_or(0))
}

/// `1`, `0.5`, `0.333`: at most three digits, at most one.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 || !rest.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let rest: u16 = format!("{rest:0<3}").parse().ok()?;
    match (whole, rest) {
        ("0", rest) => Some(rest),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Coding::{Brotli, Gzip, Identity};
    use super::*;

    #[test]
    fn what_a_client_likes_best() {
        for (lines, expected) in [
            (&[][..], &[Identity][..]),
            (&[""], &[Identity]),
            (&["gzip, deflate, br, zstd"], &[Brotli, Gzip, Identity]),
            (&["gzip", "br"], &[Brotli, Gzip, Identity]),
            (&["br;q=0.5, gzip"], &[Gzip, Brotli, Identity]),
            (&["br;q=0, gzip;q=0.001"], &[Gzip, Identity]),
            (&["BR ; Q=1.000"], &[Brotli, Identity]),
            (&["x-gzip"], &[Gzip, Identity]),
            (&["*"], &[Brotli, Gzip, Identity]),
            (&["*;q=0.3, gzip;q=0"], &[Brotli, Identity]),
            (&["identity, br;q=0.9"], &[Identity, Brotli]),
            (&["identity;q=0, br"], &[Brotli, Identity]),
            (&["*;q=0"], &[Identity]),
            (&["br;q=2, gzip;q=much, zstd"], &[Identity]),
            (&["br;q=0.5555"], &[Identity]),
            (&["deflate"], &[Identity]),
        ] {
            let lines: Vec<HeaderValue> = lines.iter().map(|line| HeaderValue::from_static(line)).collect();
            assert_eq!(preferred(lines.iter()), expected, "{lines:?}");
        }
    }
}
