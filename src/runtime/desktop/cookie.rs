//! The cookie that opens an X display (Xsecurity(7), MIT-MAGIC-COOKIE-1): without it every user of the machine could look in.

use std::io;
use std::path::Path;

use super::super::folder;

/// Its name in the protocol.
pub(super) const NAME: &[u8] = b"MIT-MAGIC-COOKIE-1";
/// For whatever host and display a program asks (Xauth's `FamilyWild`).
const ANY: u16 = 65_535;
const LENGTH: usize = 16;

/// Makes a cookie and writes it as an Xauthority file that only its owner can read.
pub(super) fn make(file: &Path) -> io::Result<()> {
    let mut secret = [0; LENGTH];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut secret)
        .map_err(|_| io::Error::other("the system gives no random numbers"))?;
    folder::replace(file, &entry(&secret), 0o600).map_err(io::Error::other)
}

/// One entry: a family, then address, display, name and data, each after its length (all big-endian).
fn entry(secret: &[u8]) -> Vec<u8> {
    let mut entry = ANY.to_be_bytes().to_vec();
    for part in [b"", &b""[..], NAME, secret] {
        entry.extend(u16::try_from(part.len()).unwrap_or_default().to_be_bytes());
        entry.extend(part);
    }
    entry
}

/// The secret of a file that [`make`] wrote.
pub(super) fn read(file: &Path) -> io::Result<Vec<u8>> {
    let entry = std::fs::read(file)?;
    let start = entry.len().checked_sub(LENGTH).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(entry.get(start..).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.auth");
        make(&file).unwrap();
        let (first, mode) = (read(&file).unwrap(), std::fs::metadata(&file).unwrap().permissions().mode());
        assert_eq!((first.len(), mode & 0o777), (16, 0o600));
        make(&file).unwrap();
        assert_ne!(read(&file).unwrap(), first);
    }

    #[test]
    fn an_entry_has_the_form_of_an_xauthority_file() {
        let wanted = b"\xff\xff\0\0\0\0\0\x12MIT-MAGIC-COOKIE-1\0\x02ab";
        assert_eq!(entry(b"ab"), wanted);
    }
}
