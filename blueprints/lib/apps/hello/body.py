"""Request bodies as streams: by length or chunked, never held in memory."""

from typing import BinaryIO, Iterator, List, Optional

BLOCK = 256 * 1024


class BadBody(ValueError):
    """The request's framing is wrong; the connection cannot be used any further."""


class Body:
    """The body of one request, read once."""

    def __init__(self, stream: BinaryIO, lengths: List[str], codings: List[str]) -> None:
        """`lengths` and `codings` are the values of Content-Length and Transfer-Encoding."""
        self._stream = stream
        self.chunked = bool(codings)
        self.length: Optional[int] = None
        self.done = False
        if codings and (lengths or [value.strip().lower() for value in codings] != ["chunked"]):
            raise BadBody("only a lone 'Transfer-Encoding: chunked' is understood")
        if lengths:
            texts = {value.strip() for text in lengths for value in text.split(",")}
            text = texts.pop()
            if texts or not (text.isascii() and text.isdigit()):
                raise BadBody("Content-Length is not one number")
            self.length = int(text)
        if not self.chunked and not self.length:
            self.done = True

    def blocks(self) -> Iterator[bytes]:
        """The body, piece by piece; BadBody when it ends early or is malformed."""
        if not self.done:
            yield from self._chunks() if self.chunked else self._read(self.length or 0)
            self.done = True

    def drain(self, most: int) -> bool:
        """Read on to the end so that the connection stays usable; False beyond `most` bytes."""
        for block in self.blocks():
            most -= len(block)
            if most < 0:
                return False
        return True

    def _read(self, left: int) -> Iterator[bytes]:
        while left:
            block = self._stream.read1(min(left, BLOCK))  # type: ignore[attr-defined]
            if not block:
                raise BadBody("the body ended early")
            left -= len(block)
            yield block

    def _line(self) -> bytes:
        line = self._stream.readline(8192)
        if not line.endswith(b"\n"):
            raise BadBody("the body ended early")
        return line.rstrip(b"\r\n")

    def _chunks(self) -> Iterator[bytes]:
        while True:
            text = self._line().split(b";", 1)[0].strip()
            if not text or len(text) > 16 or text.strip(b"0123456789abcdefABCDEF"):
                raise BadBody("a chunk size is not a hexadecimal number")
            size = int(text, 16)
            if size == 0:
                break
            yield from self._read(size)
            if self._line():
                raise BadBody("a chunk is longer than it said")
        for _ in range(100):
            if not self._line():
                return
        raise BadBody("too many trailers")
