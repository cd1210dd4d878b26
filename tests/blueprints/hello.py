"""Tests of the Hello blueprint: start it as AiKore does, then use it over real sockets."""

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from websocket_client import Client

BLUEPRINTS = Path(__file__).resolve().parents[2] / "blueprints"


class Hello:
    """A running instance in a folder of its own."""

    def __init__(self, **env: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.output = Path(self.folder.name) / "outputs" / "h"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        env = {
            "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "INSTANCE_NAME": "Mein Gerät",
            "INSTANCE_OUTPUT_DIR": str(self.output), "SUBFOLDER": "/instance/h/", "WEBUI_PORT": str(self.port),
            "AIKORE_LIB": str(BLUEPRINTS / "lib"), "NOT_FOR_EVERYBODY": "secret", **env,
        }
        began = time.monotonic()
        self.process = subprocess.Popen(
            ["bash", str(BLUEPRINTS / "hello.sh")], cwd=self.folder.name, env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() - began > 10:
                    raise AssertionError(f"did not start: {self.stop()[1]}") from None
                time.sleep(0.01)
        self.took = time.monotonic() - began

    def get(self, path: str, method: str = "GET", body: Any = None, headers: Optional[Dict[str, str]] = None,
            **options: Any) -> Tuple[http.client.HTTPResponse, bytes]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, body, headers or {}, **options)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response, data

    def json(self, path: str, *arguments: Any, **options: Any) -> Any:
        """The answer as JSON."""
        return json.loads(self.get(path, *arguments, **options)[1])

    def raw(self, data: bytes) -> bytes:
        """Send bytes, return all that comes back until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def stop(self, number: int = signal.SIGTERM) -> Tuple[int, str, float]:
        """Ask for the end: exit code, log, seconds."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        log = self.process.communicate(timeout=10)[0].decode()
        return self.process.returncode, log, time.monotonic() - began


def equal(left: Any, right: Any) -> None:
    """Fail unless both are equal."""
    assert left == right, f"{left!r} is not {right!r}"


def test_starts_within_a_second(hello: Hello) -> None:
    assert hello.took < 1.0, f"took {hello.took:.2f} s"
    names = [path.name for path in hello.output.iterdir()]
    assert names and re.fullmatch(r"hello-\d{8}-\d{6}\.txt", names[0]), names


def test_page_and_its_files_are_relative(hello: Hello) -> None:
    response, page = hello.get("/")
    equal(response.status, 200)
    assert b'<link rel="stylesheet" href="hello.css">' in page
    for name, kind in {"hello.css": "text/css", "hello.js": "text/javascript", "icon.svg": "image/svg+xml"}.items():
        response, data = hello.get("/" + name)
        equal((response.status, response.headers.get_content_type()), (200, kind))
        assert b"http://" not in data.replace(b"http://www.w3.org/2000/svg", b""), name
        again, _ = hello.get("/" + name, headers={"If-None-Match": response.headers["ETag"]})
        equal(again.status, 304)
    assert not re.search(rb'(href|src)="/', page)
    equal(hello.get("/nothing")[0].status, 404)
    equal(hello.get("/../routes.py")[0].status, 404)
    equal(hello.get("/", "POST")[0].status, 405)


def test_echo_tells_the_request_as_it_came(hello: Hello) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", hello.port, timeout=10)
    connection.putrequest("PUT", "/api/echo?a=1&a=%2F&b", skip_accept_encoding=True)
    for name, value in (("X-One", "1"), ("X-One", "2"), ("Content-Length", "3")):
        connection.putheader(name, value)
    connection.endheaders(b"abc")
    value = json.loads(connection.getresponse().read())
    equal((value["method"], value["target"], value["query"]), ("PUT", "/api/echo?a=1&a=%2F&b", "a=1&a=%2F&b"))
    equal(value["headers"]["x-one"], "1, 2")
    equal([value for name, value in value["raw_headers"] if name == "X-One"], ["1", "2"])
    equal(value["body"], {"size": 3, "sha256": hashlib.sha256(b"abc").hexdigest(), "text": "abc"})
    answer = hello.raw(b"GET /api/echo?//x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b'"target": "/api/echo?//x"' in answer


def test_keeps_connections_and_answers_pipelined_requests(hello: Hello) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", hello.port, timeout=10)
    for body in (None, b"x" * 5000, iter([b"ab", b"c"])):
        connection.request("POST", "/api/status/404", body, encode_chunked=not isinstance(body, (bytes, type(None))),
                           headers={} if isinstance(body, (bytes, type(None))) else {"Transfer-Encoding": "chunked"})
        used = connection.sock
        response = connection.getresponse()
        response.read()
        equal((response.status, connection.sock is used), (404, True))
    one = b"GET /api/env HTTP/1.1\r\nHost: x\r\n\r\n"
    equal(hello.raw(one * 3).count(b"HTTP/1.1 200 OK"), 3)


def test_head_has_no_body(hello: Hello) -> None:
    for path in ("/", "/api/env", "/api/bytes?n=100", "/api/stream?n=2&ms=0", "/api/echo"):
        connection = http.client.HTTPConnection("127.0.0.1", hello.port, timeout=10)
        for _ in range(2):
            connection.request("HEAD", path)
            response = connection.getresponse()
            equal((response.status, response.read()), (200, b""))


def test_streams_arrive_as_they_are_made(hello: Hello) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", hello.port, timeout=10)
    began = time.monotonic()
    connection.request("GET", "/api/stream?n=3&ms=150")
    response = connection.getresponse()
    equal(response.readline(), b"line 1 of 3\n")
    assert time.monotonic() - began < 0.14
    equal(response.read(), b"line 2 of 3\nline 3 of 3\n")
    assert time.monotonic() - began > 0.29
    equal(hello.raw(b"GET /api/stream?n=1 HTTP/1.0\r\n\r\n").split(b"\r\n\r\n")[1], b"line 1 of 1\n")
    connection.request("GET", "/api/clock?ms=50")
    response = connection.getresponse()
    equal(response.headers["Content-Type"], "text/event-stream")
    equal([response.readline()[:6] for _ in range(4)], [b"id: 1\n", b"data: ", b"\n", b"id: 2\n"])


def test_bytes_and_uploads_of_size(hello: Hello) -> None:
    data = hello.get("/api/bytes?n=3000001")[1]
    equal(data, (bytes(range(256)) * 11719)[:3000001])
    body = os.urandom(1 << 20)
    digest = hashlib.sha256(body * 20).hexdigest()
    value = hello.json("/api/upload?name=a%20b", "POST", body * 20)
    equal((value["name"], value["size"], value["sha256"]), ("a b", 20 << 20, digest))
    value = hello.json("/api/upload", "PUT", iter([body] * 20), {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    equal((value["size"], value["sha256"]), (20 << 20, digest))
    answer = hello.raw(b"POST /api/upload HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), answer[:80]


def test_status_redirect_and_bad_parameters(hello: Hello) -> None:
    for status in (200, 204, 304, 418, 503, 599):
        equal(hello.get(f"/api/status/{status}")[0].status, status)
    own = f"http://127.0.0.1:{hello.port}/x"
    for to in ("/x", "x?y=1", own):
        equal(hello.get(f"/api/redirect?to={to.replace('?', '%3F')}&code=307")[0].headers["Location"], to)
    for to in ("//evil.example/", "https://evil.example/x", "/%0d%0aX:1", "/%5cevil.example", "javascript:x"):
        equal(hello.get(f"/api/redirect?to={to}")[0].status, 400)
    for path in ("/api/status/199", "/api/status/x", "/api/stream?n=-1", "/api/bytes?n=x", "/api/stream?ms=9999999"):
        equal(hello.get(path)[0].status, 400)
    equal(hello.get("/api/upload")[0].status, 405)


def test_env_is_the_contract_only(hello: Hello) -> None:
    value = hello.json("/api/env")
    equal((value["INSTANCE_NAME"], value["SUBFOLDER"]), ("Mein Gerät", "/instance/h/"))
    assert not {"PATH", "HOME", "NOT_FOR_EVERYBODY"} & set(value)


def test_writes_and_lists_output_files(hello: Hello) -> None:
    value = hello.json("/api/files", "POST")
    equal(value["folder"], str(hello.output))
    assert (hello.output / value["written"]).read_text("utf-8").startswith("Written by")
    assert value["written"] in [file["name"] for file in hello.json("/api/files")["files"]]


def test_exit_is_off(hello: Hello) -> None:
    equal(hello.get("/api/exit?code=3")[0].status, 403)


def test_websocket_echoes(hello: Hello) -> None:
    with Client(hello.port, change={"Sec-WebSocket-Protocol": "other, echo"}) as client:
        equal((client.status, client.headers["sec-websocket-accept"]), (101, "BACScCJPNqyz+UBoqMH89VmURoA="))
        equal(client.headers["sec-websocket-protocol"], "echo")
        for code, data in ((1, "grüß dich".encode()), (2, os.urandom(200)), (2, os.urandom(70000)), (1, b"")):
            client.send(code, data)
            equal(client.receive(), (code, data))
        client.send(1, b"one ", final=False)
        client.send(9, b"ping")
        equal(client.receive(), (10, b"ping"))
        client.send(0, b"two", final=False)
        client.send(10, b"unasked")
        client.send(0, b"")
        equal(client.receive(), (1, b"one two"))
        client.send(8, b"\x0f\xa0bye")
        equal(client.receive(), (8, b"\x0f\xa0"))
        equal(client.reader.read(), b"")
    with Client(hello.port, "/ws?clock=50") as client:
        assert client.receive()[1].startswith(b"clock ")


def test_websocket_refuses_what_breaks_the_rules(hello: Hello) -> None:
    wrong = {
        1002: [(1, b"x", True, False, -1), (0, b"x", True, True, -1), (3, b"", True, True, -1),
               (9, b"x" * 126, True, True, -1), (0x41, b"x", True, True, -1), (8, b"\x03\xee", True, True, -1)],
        1007: [(1, b"\xff\xfe", True, True, -1)],
        1009: [(2, b"", True, True, 1 << 40)],
    }
    for code, frames in wrong.items():
        for frame in frames:
            with Client(hello.port) as client:
                client.send(*frame)
                equal(client.close_code(), code)
    with Client(hello.port, change={"Sec-WebSocket-Version": "8"}) as client:
        equal((client.status, client.headers["sec-websocket-version"]), (426, "13"))
    for change in ({"Sec-WebSocket-Key": "short"}, {"Connection": "keep-alive"}, {"Upgrade": "h2c"}):
        with Client(hello.port, change=change) as client:
            equal(client.status, 400)


def test_survives_malformed_requests(hello: Hello) -> None:
    wrong = [
        b"garbage\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n", b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"y" * 70000 + b"\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n",
        b"POST /api/upload HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/upload HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /api/upload HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/upload HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST /api/upload HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/upload HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", b"GET http://[ HTTP/1.1\r\n\r\n",
    ]
    for request in wrong:
        try:
            answer = hello.raw(request)
        except ConnectionError:
            continue  # Closed while we were still sending: fine as well.
        assert re.search(rb"HTTP/1.1 [45]\d\d ", answer[:20]) or b'"detail"' in answer, (request[:60], answer[:100])
    equal(hello.raw(b""), b"")
    equal(hello.get("/")[0].status, 200)


def test_zz_stops_cleanly_with_everything_open(hello: Hello) -> None:
    client = Client(hello.port)
    stream = http.client.HTTPConnection("127.0.0.1", hello.port, timeout=10)
    stream.request("GET", "/api/clock")
    stream.getresponse().readline()
    code, log, seconds = hello.stop()
    equal(code, 0)
    assert seconds < 1, seconds
    equal(client.close_code(), 1001)
    assert "\x1b[32m" in log and "Traceback" not in log and "asked to stop" in log, log
    assert "\x16" not in log, "control characters of a request reached the log"


def test_exit_ends_with_the_code_when_allowed() -> None:
    hello = Hello(HELLO_ALLOW_EXIT="1")
    equal(hello.json("/api/exit?code=3"), {"code": 3})
    equal(hello.process.wait(5), 3)
    hello.stop()


def test_base_path_is_for_preserve_mode() -> None:
    hello = Hello(HELLO_BASE_PATH="/instance/h/")
    equal([hello.get(path)[0].status for path in ("/instance/h/", "/instance/h/api/env", "/", "/api/env")],
          [200, 200, 404, 404])
    equal(hello.stop(signal.SIGINT)[0], 0)


def test_says_why_it_cannot_start() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for value, text in (("x", "not a port number"), (str(port), "Address already in use")):
            result = subprocess.run(
                ["bash", str(BLUEPRINTS / "hello.sh")], capture_output=True, text=True, check=False, timeout=10,
                env={**os.environ, "AIKORE_LIB": str(BLUEPRINTS / "lib"), "WEBUI_PORT": value},
            )
            equal(result.returncode, 1)
            assert text in result.stdout and "Traceback" not in result.stdout + result.stderr, result


def main() -> int:
    """Run every test; those that take an argument share one running app."""
    failed = 0
    hello = Hello()
    tests = sorted((name, test) for name, test in globals().items() if name.startswith("test_"))
    for name, test in tests:
        title = name[len("test_"):].replace("zz_", "")
        try:
            test(*[hello][: test.__code__.co_argcount])
            print(f"ok - hello_{title}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAIL - hello_{title}\n" + "\n".join("    " + line for line in traceback.format_exc().splitlines()),
                  flush=True)
    hello.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
