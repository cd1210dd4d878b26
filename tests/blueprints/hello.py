"""Tests of the Hello blueprint: what the app serves, over real sockets."""

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys

from hello_app import BLUEPRINTS, Hello, equal, run_tests


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


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
