//! The chunked coding of an answer, undone (RFC 9112 §7.1). Pure: bytes in, data and trailers out.

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::parse::Malformed;

/// The longest line that names a chunk's size, extensions included.
const MAX_LINE: usize = 4 * 1024;

/// The longest trailer section, and the most fields in it.
const MAX_TRAILERS: usize = 64 * 1024;
const MAX_FIELDS: usize = 100;

/// Where in the coding we are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::proxy) enum Chunked {
    /// A line with a size is next.
    #[default]
    Size,
    /// So many bytes of the present chunk are still to come.
    Data(u64),
    /// The line end after a chunk's data.
    DataEnd,
    /// The last chunk was there: trailers, or an empty line.
    Trailers,
    /// Everything was read.
    Over,
}

/// What one step gave.
#[derive(Debug, PartialEq)]
pub(in crate::proxy) enum Piece {
    /// More must be read first.
    Nothing,
    /// A part of the body.
    Data(Bytes),
    /// The fields after it; the body is over.
    Trailers(HeaderMap),
    /// The body is over.
    End,
}

impl Chunked {
    /// Takes the next piece from the front of what was read.
    ///
    /// # Errors
    /// It is not the chunked coding.
    pub(in crate::proxy) fn next(&mut self, buffer: &mut BytesMut) -> Result<Piece, Malformed> {
        loop {
            match self {
                Self::Size => match size_line(buffer)? {
                    None => return Ok(Piece::Nothing),
                    Some(0) => *self = Self::Trailers,
                    Some(size) => *self = Self::Data(size),
                },
                Self::Data(left) => {
                    if buffer.is_empty() {
                        return Ok(Piece::Nothing);
                    }
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(buffer.len());
                    let data = buffer.split_to(length).freeze();
                    *left -= length as u64;
                    if *left == 0 {
                        *self = Self::DataEnd;
                    }
                    return Ok(Piece::Data(data));
                }
                Self::DataEnd => match buffer.get(..2) {
                    Some(b"\r\n") => {
                        buffer.advance(2);
                        *self = Self::Size;
                    }
                    Some(_) => return Err(Malformed("a chunk is longer than it said")),
                    None => return Ok(Piece::Nothing),
                },
                Self::Trailers => {
                    let Some(fields) = trailers(buffer)? else { return Ok(Piece::Nothing) };
                    *self = Self::Over;
                    return Ok(if fields.is_empty() { Piece::End } else { Piece::Trailers(fields) });
                }
                Self::Over => return Ok(Piece::End),
            }
        }
    }
}

/// The size a line names, once the line is there.
fn size_line(buffer: &mut BytesMut) -> Result<Option<u64>, Malformed> {
    let Some(end) = memchr::memchr(b'\n', buffer) else {
        return if buffer.len() > MAX_LINE { Err(Malformed("a chunk's size line does not end")) } else { Ok(None) };
    };
    let line = buffer.split_to(end + 1);
    let line = line.strip_suffix(b"\r\n").ok_or(Malformed("a chunk's size line ends without CR"))?;
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
    // Blanks may stand before an extension (RFC 9112 §7.1.1, bad whitespace).
    let digits = size.trim_ascii_end();
    let is_size = !digits.is_empty() && digits.len() <= 16 && digits.iter().all(u8::is_ascii_hexdigit);
    let size = is_size.then(|| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()).flatten();
    size.map(Some).ok_or(Malformed("a chunk's size is no number"))
}

/// The trailer fields, once the empty line after them is there.
fn trailers(buffer: &mut BytesMut) -> Result<Option<HeaderMap>, Malformed> {
    if let Some(b"\r\n") = buffer.get(..2) {
        buffer.advance(2);
        return Ok(Some(HeaderMap::new()));
    }
    let Some(end) = memchr::memmem::find(buffer, b"\r\n\r\n") else {
        return if buffer.len() > MAX_TRAILERS { Err(Malformed("its trailers are too long")) } else { Ok(None) };
    };
    let bytes = buffer.split_to(end + 4);
    let mut room = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let Ok(httparse::Status::Complete((_, fields))) = httparse::parse_headers(&bytes, &mut room) else {
        return Err(Malformed("its trailers are no fields"));
    };
    let mut map = HeaderMap::new();
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes());
        let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value)) else {
            return Err(Malformed("its trailers are no fields"));
        };
        map.append(name, value);
    }
    Ok(Some(map))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Everything a coded text holds, fed in pieces of `step` bytes.
    fn decode(text: &[u8], step: usize) -> Result<(Vec<u8>, Option<HeaderMap>, usize), Malformed> {
        let (mut state, mut buffer, mut data) = (Chunked::default(), BytesMut::new(), Vec::new());
        let mut pieces = text.chunks(step);
        loop {
            match state.next(&mut buffer)? {
                Piece::Data(bytes) => data.extend_from_slice(&bytes),
                Piece::Trailers(fields) => return Ok((data, Some(fields), buffer.len())),
                Piece::End => return Ok((data, None, buffer.len())),
                Piece::Nothing => match pieces.next() {
                    Some(piece) => buffer.extend_from_slice(piece),
                    None => return Err(Malformed("unfinished")),
                },
            }
        }
    }

    #[test]
    fn chunks_and_trailers() {
        let text = b"5\r\nhello\r\n6;name=\"v\"\r\n world\r\n0\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\nnext";
        for step in [1, 2, 7, 1000] {
            let (data, fields, _) = decode(text, step).unwrap();
            assert_eq!(data, b"hello world");
            assert_eq!(fields.unwrap().get_all("x-sum").iter().collect::<Vec<_>>(), ["1", "2"]);
        }
        assert_eq!(decode(b"0\r\n\r\nnext", 1000).unwrap().2, 4, "what follows is not touched");
        assert_eq!(decode(b"0A \r\n0123456789\r\n000\r\n\r\n", 3).unwrap().0, b"0123456789");
    }

    #[test]
    fn what_is_no_chunk() {
        for text in [
            &b"\r\n\r\n"[..],
            b"g\r\n",
            b"-1\r\n",
            b"+5\r\nhello\r\n0\r\n\r\n",
            b"0x5\r\nhello\r\n",
            b"5\nhello\r\n0\r\n\r\n",
            b"5\r\nhello!\r\n0\r\n\r\n",
            b"5\r\nhelloX\r0\r\n\r\n",
            b" 5\r\nhello\r\n",
            b"10000000000000000\r\n",
            b"0\r\nno field\r\n\r\n",
            b"0\r\nA : 1\r\n\r\n",
            b"5\r\nhel",
        ] {
            assert!(decode(text, 1).is_err(), "{:?}", String::from_utf8_lossy(text));
        }
        assert_eq!(decode(&[b'0'; 5000], 100).unwrap_err(), Malformed("a chunk's size line does not end"));
    }

    proptest! {
        #[test]
        fn what_was_coded_comes_back(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 0..8), step in 1_usize..40) {
            let mut text = Vec::new();
            for chunk in &chunks {
                text.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                text.extend(chunk);
                text.extend(b"\r\n");
            }
            text.extend(b"0\r\n\r\n");
            let (data, fields, _) = decode(&text, step).unwrap();
            prop_assert_eq!((data, fields), (chunks.concat(), None));
        }

        #[test]
        fn anything_is_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..300), step in 1_usize..50) {
            let _ = decode(&text, step);
        }
    }
}
