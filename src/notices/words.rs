//! Figures and lists in a sentence. Pure.

use std::time::Duration;

/// "a, b and c".
pub(super) fn list<T: std::fmt::Display>(all: &[T]) -> String {
    match all {
        [] => String::new(),
        [one] => one.to_string(),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(ToString::to_string).collect();
            format!("{} and {last}", first.join(", "))
        }
    }
}

/// "3.2 GB", in steps of 1024 as the dashboard has them.
#[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
pub(super) fn bytes(bytes: u64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in units {
        unit = next;
        if value < 1000.0 || next == "TB" {
            break;
        }
        value /= 1024.0;
    }
    if value < 10.0 && unit != "B" { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// "75 s", "12 min", "3 h 5 min".
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60) {
        (0, minutes) if minutes < 2 => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// At most so many characters, with an ellipsis for the rest.
pub(super) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_lists() {
        assert_eq!(list::<&str>(&[]), "");
        assert_eq!(
            (list(&["a"]), list(&["a", "b"]), list(&["a", "b", "c"])),
            ("a".to_owned(), "a and b".to_owned(), "a, b and c".to_owned())
        );
        for (size, said) in [(0, "0 B"), (999, "999 B"), (1024, "1.0 KB"), (5 << 30, "5.0 GB"), (77 << 30, "77 GB")] {
            assert_eq!(bytes(size), said);
        }
        for (seconds, said) in [(60, "60 s"), (119, "119 s"), (720, "12 min"), (3600, "1 h"), (11_100, "3 h 5 min")] {
            assert_eq!(time(Duration::from_secs(seconds)), said);
        }
        assert_eq!((shortened("four", 4), shortened("fours", 4)), ("four".to_owned(), "fou…".to_owned()));
    }
}
