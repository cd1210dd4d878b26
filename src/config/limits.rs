//! How much clients may take.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::settings::Given;
use super::{ConfigError, parse_duration, parse_size};
use crate::domain::Invalid;
use crate::server::Limits;

/// A smaller head is no browser's; a larger one is nobody's.
const HEADER_SIZE: RangeInclusive<u64> = 4 << 10..=1 << 20;

/// Reads the settings.
pub(super) fn check(given: &Given) -> Result<Limits, ConfigError> {
    let count = |flag, range: RangeInclusive<usize>| given.parse_with(flag, |text| parse_count(text, range));
    let time = |flag| given.parse_with(flag, parse_timeout);
    Ok(Limits {
        connections: count("max-connections", 16..=1_000_000)?,
        connections_per_address: count("max-connections-per-address", 1..=1_000_000)?,
        header_size: given.parse_with("max-header-size", |text| parse_bytes(text, HEADER_SIZE))?,
        headers: count("max-headers", 20..=10_000)?,
        body: given.parse_with("max-body", |text| parse_bytes(text, 1 << 10..=1 << 30))?,
        calls: count("max-calls", 1..=100_000)?,
        header_timeout: time("header-timeout")?,
        idle_timeout: time("idle-timeout")?,
        body_timeout: time("body-timeout")?,
    })
}

fn parse_count(text: &str, range: RangeInclusive<usize>) -> Result<usize, Invalid> {
    let wrong = || Invalid::new(format!("{text:?} is not a number from {} to {}", range.start(), range.end()));
    text.parse().ok().filter(|count| range.contains(count)).ok_or_else(wrong)
}

fn parse_bytes(text: &str, range: RangeInclusive<u64>) -> Result<usize, Invalid> {
    let kilobytes = |bytes: &u64| bytes >> 10;
    let (least, most) = (kilobytes(range.start()), kilobytes(range.end()));
    let size = parse_size(text).filter(|size| range.contains(size)).and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| Invalid::new(format!("{text:?} is not a size from {least}K to {most}K, such as 64K")))
}

fn parse_timeout(text: &str) -> Result<Duration, Invalid> {
    let timeout = parse_duration(text)?;
    if timeout < Duration::from_secs(1) {
        return Err(Invalid::new(format!("{text:?} is shorter than a second: nobody could keep to that")));
    }
    Ok(timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_values() {
        let limits = check(&Given::default()).unwrap();
        assert_eq!((limits.connections, limits.header_size, limits.body), (16_384, 64 << 10, 10 << 20));
        let given = [("max-calls", "7"), ("max-body", "2M"), ("idle-timeout", "2m")];
        let limits = check(&Given::of(&given)).unwrap();
        assert_eq!((limits.calls, limits.body, limits.idle_timeout.as_secs()), (7, 2 << 20, 120));
        for (flag, value) in [
            ("max-connections", "0"),
            ("max-connections", "many"),
            ("max-connections-per-address", "-1"),
            ("max-header-size", "1K"),
            ("max-header-size", "2M"),
            ("max-headers", "1"),
            ("max-body", ""),
            ("max-body", "99999999999G"),
            ("max-calls", "0"),
            ("header-timeout", "0s"),
            ("idle-timeout", "10ms"),
            ("body-timeout", "soon"),
        ] {
            let given = Given::of(&[(flag, value)]);
            let error = check(&given).unwrap_err().0;
            let env = format!("AIKORE_{}: ", flag.to_ascii_uppercase().replace('-', "_"));
            assert!(error.starts_with(&env) && !error.contains('\n'), "{error}");
        }
    }
}
