"""HTTP/1.1 over threads: framing and keep-alive. What is served it is told: see `routes.py`."""

import json
import socket
import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Iterable, List, Optional, Tuple
from urllib.parse import parse_qsl, urlsplit

from body import BadBody, Body
from connections import Websockets
from log import clean, say, say_request
from settings import Settings

# An unread body up to this size is read away after an error, to keep the connection usable.
MOST_DRAINED = 1024 * 1024

Headers = Iterable[Tuple[str, str]]


class HelloServer(ThreadingHTTPServer):
    """Listens on loopback only: who comes from outside comes through AiKore's door."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, settings: Settings, answer: "Callable[[Handler], None]") -> None:
        """`answer` is called with each request."""
        self.settings = settings
        self.answer = answer
        self.websockets = Websockets()
        super().__init__(("127.0.0.1", settings.port), Handler)

    def server_bind(self) -> None:
        """Bind without asking the name service who we are, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away is no error; anything else is one line, never a traceback of many."""
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError)):
            say("red", "error", f"{type(error).__name__}: {error}")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: HelloServer
    protocol_version = "HTTP/1.1"
    server_version = "Hello"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 600

    body: Body
    path_only: str
    query: List[Tuple[str, str]]

    def setup(self) -> None:
        """Notice dead peers of connections that are quiet for long."""
        super().setup()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def _serve(self) -> None:
        self.started, self.status, self.sent = time.monotonic(), 0, 0
        try:
            self._dispatch()
        except BadBody as error:
            self.close_connection = True
            if not self.status:
                self.send_json({"detail": str(error)}, 400)
        except (ConnectionError, TimeoutError):
            self.close_connection = True
        finally:
            say_request(self.status or 499, self.command, self.path, self.sent, time.monotonic() - self.started)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _dispatch(self) -> None:
        self.body = Body(
            self.rfile, self.headers.get_all("Content-Length", []), self.headers.get_all("Transfer-Encoding", [])
        )
        try:
            parts = urlsplit(self.path)
            self.query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
        except ValueError:
            raise BadBody("the address cannot be read") from None
        self.path_only = parts.path
        base = self.server.settings.base
        if base and self.path_only.startswith(base + "/"):
            self.path_only = self.path_only[len(base):]
        elif base:
            self.path_only = "/-"  # Outside of what this app serves.
        self.server.answer(self)
        if not self.body.done and not self.close_connection and not self.body.drain(MOST_DRAINED):
            self.close_connection = True

    def param(self, name: str, default: str = "") -> str:
        """A query parameter."""
        return dict(self.query).get(name, default)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A query parameter that is a number within limits; ValueError says what it must be."""
        text = self.param(name, str(default))
        if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
            raise ValueError(f"{name} must be a number from {least} to {most}")
        return int(text)

    def start(self, status: int, headers: Headers) -> None:
        """Send the head of an answer."""
        self.status = status
        self.send_response_only(status, None if status in HTTPStatus._value2member_map_ else "Unknown")
        self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def write(self, data: bytes) -> None:
        """Send a piece of the body, unless only the head was asked for."""
        if self.command != "HEAD":
            self.wfile.write(data)
            self.sent += len(data)

    def send_bytes(self, data: bytes, kind: str, status: int = 200, headers: Headers = ()) -> None:
        """Send a whole answer."""
        bare = status in (204, 304)
        own = [] if bare else [("Content-Type", kind), ("Content-Length", str(len(data)))]
        self.start(status, [*own, *headers])
        if not bare:
            self.write(data)

    def send_json(self, value: Any, status: int = 200, headers: Headers = ()) -> None:
        """Send a value as JSON."""
        data = json.dumps(value, ensure_ascii=False).encode("utf-8") + b"\n"
        self.send_bytes(data, "application/json; charset=utf-8", status, [("Cache-Control", "no-store"), *headers])

    def send_error(self, code: int, message: Optional[str] = None, explain: Optional[str] = None) -> None:
        """The base class calls this for requests that it cannot read."""
        self.started, self.sent = time.monotonic(), 0
        self.close_connection = True
        if not hasattr(self, "command") or self.command is None:
            self.command = ""
        self.send_json({"detail": clean(message or "the request cannot be read")}, int(code))
        say_request(int(code), self.command or "-", getattr(self, "path", "-"), self.sent, 0)

    def log_message(self, *args: Any) -> None:
        """Requests are logged when they are answered, see `_serve`."""
