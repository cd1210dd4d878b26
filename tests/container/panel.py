"""A browser's and a script's way to the server in a container."""

import http.client
import json
import re
import sys
from typing import Any, Dict, Optional, Tuple

from podman import ROOT, Container
from report import equal, until

sys.path.insert(0, str(ROOT / "tests/blueprints"))
from websocket_client import Client as WebSocket  # noqa: E402 pylint: disable=wrong-import-position

PASSWORD = "a horse, a battery, a staple"


class Panel:
    """The dashboard of a container, at the port that it has outside."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.port = container.port()
        self.cookie = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: Any = None, port: Optional[int] = None, host: str = "",
    ) -> Tuple[int, bytes]:
        """One request, as a page of the same origin makes it."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        fields: Dict[str, str] = {"Origin": self.origin} if method != "GET" else {}
        if self.cookie:
            fields["Cookie"] = self.cookie
        if host:
            fields["Host"] = host
        data = None
        if body is not None:
            fields["Content-Type"] = "application/json"
            data = json.dumps(body)
        try:
            connection.request(method, path, data, fields)
            answer = connection.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie" and value.startswith("aikore_session="):
                    self.cookie = value.partition(";")[0]
            return answer.status, answer.read()
        finally:
            connection.close()

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """A call that must succeed."""
        status, data = self.ask(method, f"/api/{path}", body)
        assert 200 <= status < 300, f"{method} /api/{path}: {status} {data.decode()}"
        return json.loads(data) if data else None

    def healthy(self) -> bool:
        return self.ask("GET", "/healthz") == (200, b'{"status":"ok"}')

    def set_up(self) -> None:
        """The first visit: by the link in the log."""
        link = until("the setup link", lambda: re.search(r"/setup\?token=([\w-]{43})", self.container.log()))
        body = {"token": link.group(1), "password": PASSWORD}
        assert self.ask("POST", "/api/auth/setup", {**body, "token": "x" * 43})[0] == 403
        assert self.ask("POST", "/api/auth/setup", body)[0] == 204
        assert self.ask("POST", "/api/auth/setup", body)[0] == 403, "the link is good for once"

    def log_in(self) -> None:
        self.cookie = ""
        assert self.ask("GET", "/api/instances/")[0] == 401
        assert self.ask("POST", "/api/auth/login", {"password": "wrong"})[0] == 401
        assert self.ask("POST", "/api/auth/login", {"password": PASSWORD})[0] == 204
        assert self.ask("GET", "/api/instances/")[0] == 200

    def instance(self, name: str) -> Dict[str, Any]:
        return next(one for one in self.api("GET", "instances/") if one["name"] == name)

    def reach(self, name: str, status: str, patience: float = 30.0) -> Dict[str, Any]:
        """The instance once it has this status."""
        def there() -> Any:
            one = self.instance(name)
            assert one["status"] == status, f"{one['status']}: {one['reason']}"
            return one
        return until(f"{name} {status}", there, patience)

    def create(self, name: str, blueprint: str, **more: Any) -> Dict[str, Any]:
        one = self.api("POST", "instances/", {"name": name, "base_blueprint": blueprint, **more})
        self.api("POST", f"instances/{one['id']}/start")
        return self.reach(name, "started")

    def talk(self, path: str) -> None:
        """A websocket to Hello that echoes."""
        change = {"Host": f"127.0.0.1:{self.port}", "Origin": self.origin, "Cookie": self.cookie}
        with WebSocket(self.port, path, change) as socket:
            assert socket.status == 101, socket.status
            socket.send(1, b"through the container")
            equal(socket.receive(), (1, b"through the container"))
