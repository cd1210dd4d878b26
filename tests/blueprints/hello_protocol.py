"""Tests of the Hello blueprint: HTTP/1.1 and websockets to the letter, up to the end."""

import http.client
import os
import re
import sys
import time

from hello_app import Hello, equal, run_tests
from websocket_client import Client


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


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
