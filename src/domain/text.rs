//! What no text that becomes a file name, a header or a line of a log may hold.

use super::Invalid;

/// The longest file name Linux file systems take, in bytes.
pub const MAX_FILE_NAME: usize = 255;

/// Refuses control characters, and characters that make a text show as something else than it is.
pub fn refuse_invisible(what: &str, text: &str) -> Result<(), Invalid> {
    match text.chars().find(|c| c.is_control() || is_deceptive(*c)) {
        None => Ok(()),
        Some(c) => Err(Invalid::new(format!("{what} must not contain control characters (found U+{:04X})", c as u32))),
    }
}

/// One component of a path: the rules an instance's name, a blueprint's file name and a part of an output path share.
pub fn check_file_name(what: &str, text: &str) -> Result<(), Invalid> {
    if text.is_empty() {
        return Err(Invalid::new(format!("{what} must not be empty")));
    }
    if text.contains(['/', '\\']) {
        return Err(Invalid::new(format!("{what} must not contain / or \\")));
    }
    if text.starts_with('.') {
        return Err(Invalid::new(format!("{what} must not begin with a dot")));
    }
    if text.trim() != text {
        return Err(Invalid::new(format!("{what} must not begin or end with a blank")));
    }
    if text.len() > MAX_FILE_NAME {
        return Err(Invalid::new(format!("{what} is too long: {} bytes, at most {MAX_FILE_NAME}", text.len())));
    }
    refuse_invisible(what, text)
}

/// Line and paragraph separators, zero-width and bidirectional formatting characters.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
        && c != '\u{200D}' // joins emoji
}

/// Takes terminal escape sequences and other control characters out of a line of output, for plain text.
pub fn strip_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\t' | '\n' => out.push(c),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        // CSI: parameters, then one final byte @ … ~
        Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
        // OSC, DCS, PM, APC: up to BEL or ST
        Some(']' | 'P' | '^' | '_') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' || (c == '\u{1b}' && chars.next_if_eq(&'\\').is_some()) {
                    break;
                }
            }
        }
        // A character set: one more byte
        Some('(' | ')') => drop(chars.next()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        for good in ["a", "My App", "é-studio", "漫画", "a.b", "x;$(y)", "👩‍🚀"] {
            assert_eq!(check_file_name("a name", good), Ok(()), "{good:?}");
        }
        for bad in ["", ".", "..", ".hidden", "a/b", "a\\b", "a\nb", "a\0b", " a", "a ", "\u{202e}a", "\u{7f}"] {
            assert!(check_file_name("a name", bad).is_err(), "{bad:?}");
        }
        assert!(check_file_name("a name", &"é".repeat(127)).is_ok());
        assert!(check_file_name("a name", &"é".repeat(128)).is_err(), "length counts bytes");
    }

    #[test]
    fn ansi_is_taken_out() {
        for (raw, plain) in [
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]9;4;1;20\u{1b}\\x", "x"),
            ("a\rb\u{8}", "ab"),
            ("\u{1b}(Bplain\u{1b}", "plain"),
            ("\u{1b}[", ""),
        ] {
            assert_eq!(strip_ansi(raw), plain, "{raw:?}");
        }
    }
}
