//! The PROXY protocol, versions 1 and 2: a balancer in front says first whose connection it is.

use std::io;
use std::net::SocketAddr;

use proxy_header::{ParseConfig, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest header of version 1, line end included.
const LONGEST_LINE: usize = 107;

/// What version 2 may add about the connection is of no use here; more than this is no balancer.
const LONGEST_EXTRA: usize = 4096;

/// Reads the header and nothing behind it. `None`: the balancer speaks for itself, as its health checks do.
///
/// # Errors
/// There is no such header; the connection is of no use.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let mut header = vec![stream.read_u8().await?];
    match header.first() {
        Some(b'P') => {
            while !header.ends_with(b"\r\n") && header.len() < LONGEST_LINE {
                header.push(stream.read_u8().await?);
            }
        }
        Some(b'\r') => {
            let mut fixed = [0; 15];
            stream.read_exact(&mut fixed).await?;
            header.extend(fixed);
            let extra = usize::from(u16::from_be_bytes([fixed[13], fixed[14]]));
            if extra > LONGEST_EXTRA {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let end = header.len();
            header.resize(end + extra, 0);
            stream.read_exact(header.get_mut(end..).unwrap_or_default()).await?;
        }
        _ => return Err(io::ErrorKind::InvalidData.into()),
    }
    let config = ParseConfig { include_tlvs: false, ..ParseConfig::default() };
    let (parsed, _) = ProxyHeader::parse(&header, config).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(parsed.proxied_address().map(|address| address.source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(bytes: &[u8]) -> (Option<Option<String>>, usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut rest = bytes;
        let read = runtime.block_on(read(&mut rest)).ok();
        (read.map(|address| address.map(|address| address.to_string())), rest.len())
    }

    #[test]
    fn both_versions_and_nothing_behind_them() {
        let one = b"PROXY TCP4 10.0.0.1 10.0.0.2 52953 443\r\nGET / HTTP/1.1\r\n";
        assert_eq!(header(one), (Some(Some("10.0.0.1:52953".to_owned())), 16));
        assert_eq!(header(b"PROXY UNKNOWN\r\nx"), (Some(None), 1));
        let mut two = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\x01\x0a\0\0\x02\xce\xd9\x01\xbb".to_vec();
        two.extend(b"\x16\x03");
        assert_eq!(header(&two), (Some(Some("10.0.0.1:52953".to_owned())), 2));
        let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0x";
        assert_eq!(header(local), (Some(None), 1));
    }

    #[test]
    fn what_is_none() {
        let endless = [b"PROXY ".to_vec(), vec![b'x'; 200]].concat();
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"",
            b"PROXY TCP4 1 2\r\n",
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
            &endless,
        ] {
            assert_eq!(header(bytes).0, None, "{bytes:?}");
        }
    }
}
