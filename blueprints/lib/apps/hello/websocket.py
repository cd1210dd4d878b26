"""The server side of RFC 6455, as far as an echo needs it."""

import base64
import binascii
import hashlib
import socket
import struct
import threading
from typing import BinaryIO, Mapping, Optional, Tuple

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MOST = 16 * 1024 * 1024
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Failure(Exception):
    """The peer broke a rule; `code` goes into our close frame."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def _tokens(value: Optional[str]) -> list:
    return [token.strip() for token in (value or "").split(",") if token.strip()]


def accept_key(headers: Mapping[str, str]) -> str:
    """The answer to the handshake's key; ValueError says what is wrong with the handshake."""
    if "websocket" not in [token.lower() for token in _tokens(headers.get("Upgrade"))]:
        raise ValueError("Upgrade is not 'websocket'")
    if "upgrade" not in [token.lower() for token in _tokens(headers.get("Connection"))]:
        raise ValueError("Connection does not name 'Upgrade'")
    key = (headers.get("Sec-WebSocket-Key") or "").strip()
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            raise ValueError
    except (binascii.Error, ValueError):
        raise ValueError("Sec-WebSocket-Key is not 16 bytes in Base64") from None
    return base64.b64encode(hashlib.sha1(key.encode("ascii") + GUID).digest()).decode("ascii")


def subprotocol(headers: Mapping[str, str]) -> Optional[str]:
    """The one we speak, when the client offers it."""
    return "echo" if "echo" in _tokens(headers.get("Sec-WebSocket-Protocol")) else None


def unmask(data: bytes, mask: bytes) -> bytes:
    """XOR with the repeated mask, as one big number."""
    size = len(data)
    pattern = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(pattern, "big")).to_bytes(size, "big")


class WebSocket:
    """One open websocket. One thread receives; any thread may send."""

    def __init__(self, reader: BinaryIO, connection: socket.socket) -> None:
        self._reader = reader
        self._connection = connection
        self._lock = threading.Lock()
        self._closed = False

    def send(self, kind: int, data: bytes) -> None:
        """Send one whole message or control frame; OSError when the peer is gone."""
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", 0x80 | kind, size)
        elif size < 65536:
            head = struct.pack("!BBH", 0x80 | kind, 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 127, size)
        with self._lock:
            if self._closed:
                return
            self._closed = kind == CLOSE
            self._connection.sendall(head + data)

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame, unless one was sent."""
        self.send(CLOSE, struct.pack("!H", code) + reason.encode("utf-8")[:123])

    def receive(self) -> Optional[Tuple[int, bytes]]:
        """The next whole message, None when the peer closed; control frames are answered here."""
        kind, parts, total = 0, [], 0
        while True:
            final, code, data = self._frame(MOST - total)
            if code == CLOSE:
                self._answer_close(data)
                return None
            if code == PING:
                self.send(PONG, data)
            elif code in (TEXT, BINARY, 0):
                if (code == 0) != bool(kind):
                    raise Failure(1002, "a continuation is out of place")
                kind = kind or code
                parts.append(data)
                total += len(data)
                if final:
                    return kind, self._whole(kind, b"".join(parts))
            elif code != PONG:
                raise Failure(1002, f"unknown opcode {code}")

    @staticmethod
    def _whole(kind: int, data: bytes) -> bytes:
        if kind == TEXT:
            try:
                data.decode("utf-8")
            except UnicodeDecodeError:
                raise Failure(1007, "text is not UTF-8") from None
        return data

    def _answer_close(self, data: bytes) -> None:
        if not data:
            self.send(CLOSE, b"")
            return
        code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else 0
        if not (code in (1000, 1001, 1002, 1003, *range(1007, 1015)) or 3000 <= code <= 4999):
            raise Failure(1002, "not a close code")
        self._whole(TEXT, data[2:])
        self.send(CLOSE, data[:2])

    def _exactly(self, size: int) -> bytes:
        data = self._reader.read(size)
        if len(data) < size:
            raise ConnectionError("the peer went away")
        return data

    def _frame(self, room: int) -> Tuple[bool, int, bytes]:
        first, second = self._exactly(2)
        final, code, size = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70:
            raise Failure(1002, "reserved bits are set")
        if not second & 0x80:
            raise Failure(1002, "a client's frames must be masked")
        if code >= 8 and (not final or size > 125):
            raise Failure(1002, "a control frame must be short and whole")
        if size == 126:
            size = struct.unpack("!H", self._exactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self._exactly(8))[0]
        if size > room and code < 8:
            raise Failure(1009, f"messages are limited to {MOST} bytes")
        mask = self._exactly(4)
        return final, code, unmask(self._exactly(size), mask)
