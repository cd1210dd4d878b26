"""A websocket client for tests: raw frames, so that wrong ones can be sent too."""

import base64
import os
import socket
import struct
from typing import Dict, Optional, Tuple


class Client:
    """One connection; `status` and `headers` tell how the handshake went."""

    def __init__(self, port: int, path: str = "/ws", change: Optional[Dict[str, str]] = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        fields = {
            "Host": "x", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(b"0123456789abcdef").decode(), **(change or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{head}\r\n".encode())
        self.reader = self.socket.makefile("rb")
        self.status = int(self.reader.readline().split()[1])
        self.headers: Dict[str, str] = {}
        for line in iter(self.reader.readline, b"\r\n"):
            name, _, value = line.decode().partition(":")
            self.headers[name.lower()] = value.strip()

    def send(self, code: int, data: bytes, final: bool = True, masked: bool = True, length: int = -1) -> None:
        """Send a frame; `length` lies about the size."""
        size = len(data) if length < 0 else length
        flag = 0x80 if masked else 0
        head = bytes([(0x80 if final else 0) | code])
        if size < 126:
            head += bytes([flag | size])
        elif size < 65536:
            head += struct.pack("!BH", flag | 126, size)
        else:
            head += struct.pack("!BQ", flag | 127, size)
        mask = os.urandom(4) if masked else b""
        body = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data)) if masked else data
        self.socket.sendall(head + mask + body)

    def receive(self) -> Tuple[int, bytes]:
        """The next frame: opcode and content."""
        first, size = self.reader.read(2)
        if size == 126:
            size = struct.unpack("!H", self.reader.read(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", self.reader.read(8))[0]
        return first & 0x0F, self.reader.read(size)

    def close_code(self) -> int:
        """The code of the close frame that must come next."""
        code, data = self.receive()
        assert code == 8, f"expected a close frame, got opcode {code}"
        return struct.unpack("!H", data[:2])[0] if data else 0

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.close()
        self.socket.close()
