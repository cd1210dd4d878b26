"""What is served: the page, its files, and small endpoints that show how a request arrives."""

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import Callable, Dict, Tuple
from urllib.parse import urlsplit

import websocket
from log import say
from output import list_files, write_note
from server import Handler

STATIC = Path(__file__).parent / "static"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
# Enough for the page itself and nothing from elsewhere.
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'"
BLOCK = bytes(range(256)) * 256
MOST_TEXT = 4096


def dispatch(request: Handler) -> None:
    """Answer one request."""
    path = request.path_only
    try:
        if path == "/ws":
            serve_websocket(request)
        elif path.startswith("/api/status/"):
            api_status(request)
        elif path.startswith("/api/"):
            methods, function = API.get(path[len("/api/"):], ("", api_missing))
            if methods and request.command not in methods.split():
                request.send_json({"detail": f"use {methods}"}, 405, [("Allow", methods.replace(" ", ", "))])
            else:
                function(request)
        else:
            serve_file(request)
    except ValueError as error:
        if request.status:
            raise
        request.send_json({"detail": str(error)}, 400)
    except OSError as error:
        if request.status or isinstance(error, (ConnectionError, TimeoutError)):
            raise
        request.send_json({"detail": f"the output folder: {error.strerror or error}"}, 500)


def serve_file(request: Handler) -> None:
    """The page and the files beside it."""
    if request.command not in ("GET", "HEAD"):
        request.send_json({"detail": "use GET"}, 405, [("Allow", "GET, HEAD")])
        return
    name = "index.html" if request.path_only == "/" else request.path_only[1:]
    if name not in FILES:
        request.send_json({"detail": "there is nothing here", "path": request.path}, 404)
        return
    kind, data, tag = FILES[name]
    headers = [("ETag", tag), ("Cache-Control", "no-cache"), ("X-Content-Type-Options", "nosniff")]
    if tag in (request.headers.get("If-None-Match") or ""):
        request.send_bytes(b"", kind, 304, headers)
        return
    request.send_bytes(data, kind, 200, [*headers, ("Content-Security-Policy", POLICY)])


def load_files() -> Dict[str, Tuple[str, bytes, str]]:
    """Every static file: type, content, tag."""
    files = {}
    for path in STATIC.iterdir():
        if path.suffix in TYPES:
            data = path.read_bytes()
            tag = '"' + hashlib.sha256(data).hexdigest()[:16] + '"'
            files[path.name] = (TYPES[path.suffix] + "; charset=utf-8", data, tag)
    return files


def digest(request: Handler) -> Tuple[int, str, bytes]:
    """Size, SHA-256 and beginning of the body."""
    size, total, begin = 0, hashlib.sha256(), b""
    for block in request.body.blocks():
        size += len(block)
        total.update(block)
        if len(begin) <= MOST_TEXT:
            begin += block[: MOST_TEXT + 1]
    return size, total.hexdigest(), begin


def api_missing(request: Handler) -> None:
    """Any other path under `/api/`."""
    request.send_json({"detail": "there is nothing here", "path": request.path}, 404)


def api_echo(request: Handler) -> None:
    """The request as it arrived."""
    size, sha256, begin = digest(request)
    body = {"size": size, "sha256": sha256}
    if size <= MOST_TEXT:
        body["text"] = begin.decode("utf-8", "replace")
    headers: Dict[str, str] = {}
    for name, value in request.headers.items():
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    # From the request line: the base class joins slashes at the beginning of `path`.
    target = request.requestline.split()[1]
    path, _, query = target.partition("?")
    request.send_json({
        "method": request.command, "target": target, "path": path, "query": query,
        "version": request.request_version, "headers": headers, "raw_headers": request.headers.items(),
        "body": body, "peer": f"{request.client_address[0]}:{request.client_address[1]}",
    })


def api_env(request: Handler) -> None:
    """AiKore's contract variables, and no others."""
    request.send_json(request.server.settings.contract)


def api_upload(request: Handler) -> None:
    """Takes a body of any size; nothing is kept."""
    began = time.monotonic()
    size, sha256, _ = digest(request)
    seconds = round(time.monotonic() - began, 3)
    request.send_json({"name": request.param("name"), "size": size, "sha256": sha256, "seconds": seconds})


def api_files(request: Handler) -> None:
    """GET lists the output folder, POST writes a small file into it first."""
    folder = request.server.settings.output_dir
    written = write_note(folder, "Written by the Hello page.") if request.command == "POST" else None
    request.send_json({"folder": str(folder), "written": written, "files": list_files(folder)},
                      201 if written else 200)


def api_stream(request: Handler) -> None:
    """`n` lines, `ms` apart."""
    count, pause = request.number("n", 5, 0, 100000), request.number("ms", 100, 0, 60000) / 1000
    write, finish = begin_stream(request, "text/plain; charset=utf-8")
    for number in range(1, count + 1):
        write(f"line {number} of {count}\n".encode())
        if number < count:
            time.sleep(pause)
    finish()


def api_clock(request: Handler) -> None:
    """The time as server-sent events, every `ms`, until the reader leaves."""
    pause = request.number("ms", 1000, 20, 60000) / 1000
    write, _ = begin_stream(request, "text/event-stream")
    if request.command == "HEAD":
        return
    number = 0
    while True:
        number += 1
        write(f"id: {number}\ndata: {time.strftime('%H:%M:%S')}\n\n".encode())
        time.sleep(pause)


def begin_stream(request: Handler, kind: str) -> Tuple[Callable[[bytes], None], Callable[[], None]]:
    """Send the head of a stream; returns how to write a piece and how to end it."""
    chunked = request.request_version == "HTTP/1.1"
    if not chunked:
        request.close_connection = True
    coding = [("Transfer-Encoding", "chunked")] if chunked else []
    request.start(200, [("Content-Type", kind), ("Cache-Control", "no-store"), *coding])
    if not chunked:
        return request.write, lambda: None
    return (lambda data: request.write(b"%x\r\n%s\r\n" % (len(data), data))), (lambda: request.write(b"0\r\n\r\n"))


def api_bytes(request: Handler) -> None:
    """`n` bytes: 0, 1, 2 … 255, 0, 1 …"""
    left = request.number("n", 1024 * 1024, 0, 1 << 40)
    request.start(200, [("Content-Type", "application/octet-stream"), ("Content-Length", str(left))])
    while left and request.command != "HEAD":
        block = BLOCK[: min(left, len(BLOCK))]
        request.write(block)
        left -= len(block)


def api_delay(request: Handler) -> None:
    """An answer that takes `ms` to begin."""
    pause = request.number("ms", 1000, 0, 600000)
    time.sleep(pause / 1000)
    request.send_json({"ms": pause})


def api_status(request: Handler) -> None:
    """An answer with any final status."""
    text = request.path_only[len("/api/status/"):]
    if not (text.isascii() and text.isdigit() and 200 <= int(text[:4]) <= 599):
        raise ValueError("the status must be from 200 to 599")
    request.send_json({"status": int(text)}, int(text))


def api_redirect(request: Handler) -> None:
    """A redirect `to` a path, or to an address of this very app; nowhere else."""
    to, status = request.param("to", "/"), request.number("code", 302, 300, 399)
    own = {request.headers.get("Host"), request.headers.get("X-Forwarded-Host")}
    own.add(f"127.0.0.1:{request.server.settings.port}")
    if not to.isascii() or not to.isprintable() or "\\" in to or " " in to or urlsplit(to).netloc not in own | {""}:
        raise ValueError("'to' must be a path, or an address of this app")
    if urlsplit(to).scheme not in ("", "http", "https"):
        raise ValueError("'to' must be a path, or an address of this app")
    request.send_json({"to": to}, status, [("Location", to)])


def api_exit(request: Handler) -> None:
    """Ends the app with `code`, for tests of what AiKore makes of it; off unless HELLO_ALLOW_EXIT=1."""
    if not request.server.settings.allow_exit:
        request.send_json({"detail": "start with HELLO_ALLOW_EXIT=1 to allow this"}, 403)
        return
    code = request.number("code", 0, 0, 255)
    request.send_json({"code": code})
    say("yellow", "exit", f"asked to exit with code {code}")
    threading.Timer(0.05, os._exit, (code,)).start()


def serve_websocket(request: Handler) -> None:
    """Echoes every message; `?clock=MS` also sends the time as text."""
    clock = request.number("clock", 0, 0, 60000)
    if request.command != "GET" or (request.headers.get("Sec-WebSocket-Version") or "13").strip() != "13":
        request.send_json({"detail": "use a websocket, version 13"}, 426,
                          [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")])
        return
    if not request.headers.get("Upgrade"):
        request.send_json({"detail": "use a websocket"}, 426, [("Upgrade", "websocket"), ("Connection", "Upgrade")])
        return
    answer = [("Upgrade", "websocket"), ("Connection", "Upgrade"),
              ("Sec-WebSocket-Accept", websocket.accept_key(request.headers))]
    chosen = websocket.subprotocol(request.headers)
    request.start(101, answer + ([("Sec-WebSocket-Protocol", chosen)] if chosen else []))
    request.close_connection = True
    request.connection.settimeout(None)
    socket = websocket.WebSocket(request.rfile, request.connection)
    request.server.websockets.add(socket)
    gone = threading.Event()
    if clock:
        threading.Thread(target=tick, args=(socket, clock / 1000, gone), daemon=True).start()
    try:
        while True:
            message = socket.receive()
            if message is None:
                return
            socket.send(*message)
    except websocket.Failure as failure:
        socket.close(failure.code, str(failure))
    finally:
        gone.set()
        request.server.websockets.remove(socket)


def tick(socket: websocket.WebSocket, pause: float, gone: threading.Event) -> None:
    """Send the time until the websocket is gone."""
    try:
        while not gone.is_set():
            socket.send(websocket.TEXT, time.strftime("clock %H:%M:%S").encode())
            gone.wait(max(pause, 0.02))
    except OSError:
        pass


READ = "GET HEAD"
API: Dict[str, Tuple[str, Callable[[Handler], None]]] = {
    "echo": ("", api_echo), "env": (READ, api_env), "upload": ("POST PUT", api_upload),
    "files": ("GET HEAD POST", api_files), "stream": (READ, api_stream), "clock": (READ, api_clock),
    "bytes": (READ, api_bytes), "delay": ("GET HEAD POST", api_delay), "redirect": ("GET HEAD POST", api_redirect),
    "exit": ("GET POST", api_exit),
}
FILES = load_files()
