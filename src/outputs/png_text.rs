//! The texts in a PNG: what apps write there is how the picture was made. The picture itself is passed over.

use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::ZlibDecoder;

use super::written::Text;

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";

/// Bytes of one text, and of all; workflows with pictures in them are large.
const TEXT: u64 = 4 << 20;
const TEXTS: u64 = 16 << 20;

/// Parts of a file that are looked at: a film of small parts would be without end.
const PARTS: usize = 100_000;

/// Texts that are kept.
const MOST: usize = 200;

/// Reads the texts; of a file that is damaged those before the damage. Checksums are not looked at: what is shown is only
/// text.
///
/// # Errors
/// The file can't be read.
pub(super) fn read(file: &mut (impl Read + Seek)) -> io::Result<Vec<Text>> {
    let mut signature = [0; 8];
    if !filled(file, &mut signature)? || &signature != SIGNATURE {
        return Ok(Vec::new());
    }
    let (mut texts, mut room) = (Vec::new(), TEXTS);
    for _ in 0..PARTS {
        let mut head = [0; 8];
        if !filled(file, &mut head)? {
            break;
        }
        let [a, b, c, d, kind @ ..] = head;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        match &kind {
            b"IEND" => break,
            b"tEXt" | b"zTXt" | b"iTXt" if texts.len() < MOST && room > 0 => {
                // Packed text is never larger than this and of use.
                let mut bytes = Vec::new();
                file.by_ref().take(length.min(TEXT)).read_to_end(&mut bytes)?;
                let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                if let Some(mut text) = parse(kind, &bytes, room.min(TEXT)) {
                    text.cut |= read < length;
                    room = room.saturating_sub(u64::try_from(text.text.len()).unwrap_or(u64::MAX));
                    texts.push(text);
                }
                skip(file, length - read + 4)?;
            }
            // With its checksum.
            _ => skip(file, length + 4)?,
        }
    }
    Ok(texts)
}

fn skip(file: &mut impl Seek, bytes: u64) -> io::Result<()> {
    file.seek(SeekFrom::Current(i64::try_from(bytes).unwrap_or(i64::MAX))).map(drop)
}

/// Whether there was so much left.
fn filled(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn parse(kind: [u8; 4], bytes: &[u8], room: u64) -> Option<Text> {
    let (key, rest) = split(bytes)?;
    // 79 by the standard.
    if key.is_empty() || key.len() > 200 {
        return None;
    }
    let key = latin(key);
    let (text, cut) = match &kind {
        b"tEXt" => (best(rest), false),
        b"zTXt" => {
            let (packed, cut) = unpacked(rest.get(1..)?, room);
            (best(&packed), cut)
        }
        _ => {
            let (is_packed, rest) = (*rest.first()? == 1, rest.get(2..)?);
            let (_language, rest) = split(rest)?;
            let (_translated, rest) = split(rest)?;
            let (bytes, cut) = if is_packed { unpacked(rest, room) } else { (rest.to_vec(), false) };
            (String::from_utf8_lossy(&bytes).into_owned(), cut)
        }
    };
    Some(Text { key, text, cut })
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(0, bytes)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

/// What can be unpacked within the room; of damaged data what comes before.
fn unpacked(packed: &[u8], room: u64) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let failed = ZlibDecoder::new(packed).take(room + 1).read_to_end(&mut bytes).is_err();
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    let cut = failed || bytes.len() > room;
    bytes.truncate(room);
    (bytes, cut)
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Latin 1 by the standard; most apps write UTF-8 all the same.
fn best(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| latin(bytes), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn part(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let mut part = u32::try_from(data.len()).unwrap().to_be_bytes().to_vec();
        part.extend(kind);
        part.extend(data);
        part.extend([0; 4]);
        part
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn texts(parts: &[Vec<u8>]) -> Vec<(String, String, bool)> {
        let bytes = [SIGNATURE.to_vec(), parts.concat()].concat();
        read(&mut Cursor::new(bytes)).unwrap().into_iter().map(|text| (text.key, text.text, text.cut)).collect()
    }

    fn text(key: &str, text: &str) -> (String, String, bool) {
        (key.to_owned(), text.to_owned(), false)
    }

    #[test]
    fn every_kind_of_text() {
        let image = part(b"IDAT", &[7; 5000]);
        let found = texts(&[
            part(b"IHDR", &[0; 13]),
            part(b"tEXt", b"parameters\0a cat\nSteps: 20"),
            part(b"tEXt", b"Comment\0caf\xe9"),
            part(b"tEXt", "prompt\0{\"1\": \"漫画\"}".as_bytes()),
            part(b"zTXt", &[b"workflow\0\0".to_vec(), packed(b"{}")].concat()),
            image,
            part(b"iTXt", "Title\0\0\0en\0\0müde".as_bytes()),
            part(b"iTXt", &[b"Long\0\x01\0\0\0".to_vec(), packed("ö".repeat(1000).as_bytes())].concat()),
            part(b"IEND", b""),
            part(b"tEXt", b"behind\0the end"),
        ]);
        let expected = [
            text("parameters", "a cat\nSteps: 20"),
            text("Comment", "café"),
            text("prompt", "{\"1\": \"漫画\"}"),
            text("workflow", "{}"),
            text("Title", "müde"),
            text("Long", &"ö".repeat(1000)),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn hostile_ones() {
        // A bomb: it is unpacked as far as there is room.
        let bomb = texts(&[part(b"zTXt", &[b"bomb\0\0".to_vec(), packed(&vec![b'x'; 40 << 20])].concat())]);
        assert_eq!((bomb[0].1.len(), bomb[0].2), (4 << 20, true));
        // Many of them share the room of all.
        let one = part(b"zTXt", &[b"bomb\0\0".to_vec(), packed(&vec![b'x'; 3 << 20])].concat());
        let sum: usize = texts(&vec![one; 50]).iter().map(|text| text.1.len()).sum();
        assert_eq!(sum, 16 << 20);
        assert_eq!(texts(&vec![part(b"tEXt", b"k\0v"); 5000]).len(), MOST);
        // A length that the file has not, one that overflows, keys that are none.
        for bytes in [
            &b"\0\0\xff\xfftEXtkey\0text"[..],
            b"\xff\xff\xff\xfftEXtkey\0text",
            b"\xff\xff\xff\xffIDATxx",
            b"\0\0\0",
            b"\0\0\0\x05tEXt\0text\0\0\0\0",
            b"\0\0\0\x03tEXtkey\0\0\0\0",
            b"\0\0\0\x05zTXtkey\0\0\0\0\0\0",
            b"\0\0\0\x06iTXtkey\0\x01\0\0\0\0\0",
            b"",
        ] {
            let found = texts(&[bytes.to_vec()]);
            assert!(found.iter().all(|(key, _, cut)| key == "key" && *cut), "{bytes:?}: {found:?}");
        }
        assert_eq!(texts(&[part(b"zTXt", b"key\0\0no zlib"), part(b"tEXt", b"a\0b")])[1], text("a", "b"));
        assert!(read(&mut Cursor::new(b"GIF89a, no PNG")).unwrap().is_empty());
    }
}
