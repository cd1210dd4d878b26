"""The Hello app as AiKore starts it, and what its tests share."""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Tuple

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


def run_tests(namespace: Dict[str, Callable[..., None]]) -> int:
    """Run every `test_…` of a module; those that take an argument share one running app. 1 when one failed."""
    failed = 0
    hello = Hello()
    for name, test in sorted(namespace.items()):
        if not name.startswith("test_"):
            continue
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
