//! How long a certificate is valid: the one field of X.509 that is needed here, read from DER (RFC 5280 §4.1).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// From when until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: SystemTime,
    pub(super) until: SystemTime,
}

impl Validity {
    /// Reads a certificate; nothing for what is none.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let (certificate, _) = element(certificate, SEQUENCE)?;
        let (body, _) = element(certificate, SEQUENCE)?;
        let rest = element(body, VERSION).map_or(body, |(_, rest)| rest);
        // The serial number, the algorithm and the issuer come before it.
        let rest = any(any(any(rest)?.2)?.2)?.2;
        let (validity, _) = element(rest, SEQUENCE)?;
        let (tag, from, rest) = any(validity)?;
        let from = moment(tag, from)?;
        let (tag, until, _) = any(rest)?;
        Some(Self { from, until: moment(tag, until)? })
    }

    /// When a third of the lifetime is left: Let's Encrypt asks for that, and it leaves weeks to find out why it fails.
    /// `early`, from 0 to 1, moves it by a hundredth of the lifetime, so that servers set up together don't ask together.
    pub(super) fn renew_at(self, early: f64) -> SystemTime {
        let lifetime = self.until.duration_since(self.from).unwrap_or_default();
        let left = lifetime / 3 + (lifetime / 100).mul_f64(early.clamp(0.0, 1.0));
        self.until.checked_sub(left).unwrap_or(self.from)
    }

    pub(super) fn holds(self, now: SystemTime) -> bool {
        self.from <= now && now < self.until
    }
}

/// The first element: its tag, its content, and what follows it.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        // The long form: how many octets the length has.
        let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if octets.len() > 4 {
            return None;
        }
        (octets.iter().fold(0, |length, octet| (length << 8) | usize::from(*octet)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn element(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    any(der).filter(|(tag, ..)| *tag == wanted).map(|(_, content, rest)| (content, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`: RFC 5280 allows no other form.
fn moment(tag: u8, text: &[u8]) -> Option<SystemTime> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year = number(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    if rest.len() != 10 {
        return None;
    }
    let part = |at: usize| number(rest.get(at..at + 2)?);
    let days = days_since_1970(year, part(0)?, part(2)?)?;
    let seconds = days * 86_400 + part(4)? * 3600 + part(6)? * 60 + part(8)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Days of the Gregorian calendar. Nothing before 1970: no certificate is that old.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    // 1 March of the year 0 to 1 January 1970.
    days.checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SystemTime {
        humantime::parse_rfc3339(text).unwrap()
    }

    fn certificate(from: &str, until: &str) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(vec!["a.example.org".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (at(from).into(), at(until).into());
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn is_read_from_both_forms_of_time() {
        for (from, until) in [
            ("2026-11-20T14:05:09Z", "2027-02-18T14:05:08Z"),
            ("2024-02-29T00:00:00Z", "2049-12-31T23:59:59Z"),
            ("1999-12-31T23:59:59Z", "2050-01-01T00:00:00Z"),
            ("1970-01-01T00:00:00Z", "2400-02-29T12:00:00Z"),
        ] {
            let read = Validity::of(&certificate(from, until)).unwrap();
            assert_eq!(read, Validity { from: at(from), until: at(until) });
        }
    }

    #[test]
    fn what_is_cut_off_or_no_certificate_is_nothing() {
        let whole = certificate("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");
        assert!((0..whole.len()).all(|length| Validity::of(&whole[..length]).is_none()));
        for bytes in [&b""[..], b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"-----BEGIN", &[0x30; 64]] {
            assert_eq!(Validity::of(bytes), None);
        }
        for time in ["", "Z", "991231235959", "9912312359Z", "99123123595xZ", "990031235959Z", "+91231235959Z"] {
            assert_eq!(moment(UTC_TIME, time.as_bytes()), None, "{time}");
        }
    }

    #[test]
    fn is_renewed_when_a_third_is_left() {
        let ninety_days = Validity { from: at("2026-01-01T00:00:00Z"), until: at("2026-04-01T00:00:00Z") };
        assert_eq!(ninety_days.renew_at(0.0), at("2026-03-02T00:00:00Z"));
        assert_eq!(ninety_days.renew_at(1.0), at("2026-03-01T02:24:00Z"));
        let six_days = Validity { from: at("2026-01-01T00:00:00Z"), until: at("2026-01-07T00:00:00Z") };
        assert_eq!(six_days.renew_at(0.0), at("2026-01-05T00:00:00Z"));
        let upside_down = Validity { from: six_days.until, until: six_days.from };
        assert_eq!(upside_down.renew_at(0.5), upside_down.until);
    }
}
