"""A life of the container as its user has it: `up`, setup, an instance by all ways in, a crash, `stop`, `start`, `down`."""

import re
import subprocess
from pathlib import Path

from panel import Panel
from podman import ROOT, WORK, Compose, free_ports, podman
from report import Report, equal, has, until

UID, GID = 1234, 1235
# Public ports: one for each instance of this life.
POOL = 6

# An app that takes a second to say goodbye, with children that do so too.
POLITE = """#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Polite
# aikore.ready = http:/
### AIKORE-METADATA-END ###
child() { trap 'sleep 0.5; echo child >>"$INSTANCE_OUTPUT_DIR/farewell"; exit 0' TERM; while :; do sleep 0.1; done; }
child &
python3 -m http.server --bind 127.0.0.1 "$WEBUI_PORT" &
trap 'sleep 1; echo app >>"$INSTANCE_OUTPUT_DIR/farewell"; kill %2; exit 0' TERM
while :; do sleep 0.1; done
"""

SHELL = """#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Shell
# aikore.ready = process
# aikore.persistent_mode = true
### AIKORE-METADATA-END ###
exec xterm -geometry 120x40+0+0 -e bash --norc
"""


class Life:
    """The steps, in their order; each goes on where the one before it ended."""

    def __init__(self) -> None:
        self.config = WORK / "config"
        (self.config / "custom_blueprints").mkdir(parents=True)
        (self.config / "custom_blueprints/polite.sh").write_text(POLITE)
        (self.config / "custom_blueprints/shell.sh").write_text(SHELL)
        self.pool = free_ports(POOL)
        self.compose = Compose("aikore-test", {
            "HOST_ADDRESS": "127.0.0.1:", "HOST_PORT": "", "HOST_CONFIG": str(self.config),
            "AIKORE_INSTANCE_PORT_RANGE": f"{self.pool}-{self.pool + POOL - 1}", "PUID": str(UID), "PGID": str(GID),
            "UMASK": "027", "TZ": "Asia/Tokyo",
        })
        self.box = self.compose.container
        self.panel: Panel

    def up(self) -> None:
        self.compose("up", "--detach")
        self.panel = Panel(self.box)
        until("the server", self.panel.healthy)

    def health(self) -> None:
        podman("healthcheck", "run", self.box.name)
        equal(self.box.run("aikore", "health"), "ok")

    def login(self) -> None:
        self.panel.set_up()
        self.panel.log_in()

    def three_ways(self) -> None:
        hello = self.panel.create("Hello", "hello.sh")
        port = int(re.search(r":(\d+)/", hello["urls"]["port"]).group(1))
        assert self.pool <= port < self.pool + POOL, port
        for way, answer in {
            "path": self.panel.ask("GET", "/instance/hello/api/env"),
            "port": self.panel.ask("GET", "/api/env", port=port),
        }.items():
            equal((way, answer[0]), (way, 200))
            has(answer[1].decode(), '"/instance/hello/"')
        # A name shares no cookie with the dashboard: a program comes with a token.
        token = self.panel.api("POST", "auth/tokens", {"name": "by name", "scopes": ["manage"]})["token"]
        name = f"hello.localhost:{self.panel.port}"
        equal(self.panel.ask("GET", f"/api/env?aikore_token={token}", host=name)[0] in (200, 302, 303), True)
        self.by_name(name, token)

    def by_name(self, name: str, token: str) -> None:
        import http.client  # pylint: disable=import-outside-toplevel
        connection = http.client.HTTPConnection("127.0.0.1", self.panel.port, timeout=10)
        connection.request("GET", "/api/env", headers={"Host": name, "Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        equal(answer.status, 200)
        has(answer.read().decode(), '"Hello"')
        connection.close()

    def websocket(self) -> None:
        self.panel.talk("/instance/hello/ws")

    def identity(self) -> None:
        ours = ("aikore serve", "aikore shim", "apps/hello", "s6-svscan /run/aikore/desktops")
        for part in ours:
            process = self.box.process(part)
            assert process, f"no {part}"
            equal((part, process["uid"], process["gid"]), (part, str(UID), str(GID)))
        app = self.box.process("apps/hello")
        has(self.box.run("cat", f"/proc/{app['pid']}/status"), "Umask:\t0027")
        files = [path for path in self.config.rglob("*") if not path.is_symlink()]
        assert any(path.name == "aikore.db" for path in files)
        strangers = [path for path in files if (path.stat().st_uid, path.stat().st_gid) != (UID, GID)]
        equal(strangers, [])
        equal(self.box.run("date", "+%Z"), "JST")

    def processes(self) -> str:
        allowed = ("s6-svscan", "s6-supervise aikore", "s6-supervise desktops", "/usr/local/bin/aikore serve",
                   "s6-svscan /run/aikore/desktops", "aikore shim", "/proc/self/exe shim", "python3 -B ")
        running = [process["command"] for process in self.box.processes()]
        strangers = [command for command in running if not any(part in command for part in allowed)]
        equal(strangers, [])
        return f"{len(running)} processes"

    def crash(self) -> str:
        app, server = self.box.process("apps/hello"), self.box.process("aikore serve")
        self.box.run("kill", "-9", server["pid"])
        def next_one() -> bool:
            found = self.box.process("aikore serve")
            return bool(found) and found["pid"] != server["pid"] and self.panel.healthy()
        until("the next server", next_one)
        self.panel.reach("Hello", "started")
        equal(self.box.process("apps/hello")["pid"], app["pid"])
        equal(self.panel.ask("GET", "/instance/hello/api/env")[0], 200)
        self.panel.talk("/instance/hello/ws")
        return f"the app is still process {app['pid']}"

    def desktop(self) -> str:
        """A shell on a screen of its own, seen and typed into by Chromium; its X server is s6's, and outlives the server."""
        shell = self.panel.create("Shell", "shell.sh")
        equal(shell["desktop"]["engine"], "tigervnc")
        screen = self.box.process("Xtigervnc")
        equal((screen["uid"], screen["gid"]), (str(UID), str(GID)))
        parent = self.box.run("ps", "-o", "ppid=", "-p", screen["pid"]).strip()
        has(self.box.run("ps", "-o", "args=", "-p", parent), "s6-supervise")
        self.type_into("shell", "typed")
        server = self.box.process("aikore serve")
        self.box.run("kill", "-9", server["pid"])
        until("the next server", lambda: self.box.process("aikore serve")["pid"] != server["pid"] and self.panel.healthy())
        until("the desktop", lambda: self.panel.reach("Shell", "started")["desktop"])
        equal(self.box.process("Xtigervnc")["pid"], screen["pid"])
        self.type_into("shell", "typed-again")
        self.panel.api("POST", f"instances/{shell['id']}/stop?wait=true")
        until("the end of all its parts", lambda: not self.box.process("Xtigervnc") and not self.box.process("xterm"))
        equal(self.box.run("ls", "/run/aikore/desktops"), "")
        self.panel.reach("Hello", "started")
        return f"display {shell['desktop']['display']}"

    def kiosk(self) -> None:
        """A web UI on a desktop: the image's Firefox shows it there, whoever looks."""
        one = self.panel.create("Kiosk", "hello.sh", persistent_mode=True)
        def is_shown() -> bool:
            log = self.panel.api("GET", f"instances/{one['id']}/logs")["content"]
            return "GET /hello.js" in log and self.box.process("firefox-esr --no-remote") is not None
        until("the page in Firefox", is_shown, 60)
        firefox = self.box.process("firefox-esr --no-remote")
        equal((firefox["uid"], firefox["gid"]), (str(UID), str(GID)))
        self.panel.api("POST", f"instances/{one['id']}/stop?wait=true")
        until("the end of Firefox", lambda: not self.box.process("firefox-esr") and not self.box.process("Xtigervnc"))

    def type_into(self, slug: str, name: str) -> None:
        line = f"touch $INSTANCE_OUTPUT_DIR/{name}"
        command = ["node", str(ROOT / "tests/container/see_desktop.mjs"), f"{self.panel.origin}/instance/{slug}/",
                   self.panel.cookie, line]
        def typed() -> bool:
            # A window needs a moment to have the keys.
            subprocess.run(command, check=True, timeout=60)
            return (self.config / "outputs/Shell" / name).exists()
        until(f"{name} to arrive", typed, 90)

    def hand_over(self) -> None:
        app, server = self.box.process("apps/hello"), self.box.process("aikore serve")
        self.box.run("aikore", "handover")
        until("the next server", lambda: self.box.process("aikore serve")["pid"] != server["pid"] and self.panel.healthy())
        self.panel.reach("Hello", "started")
        equal(self.box.process("apps/hello")["pid"], app["pid"])

    def no_zombies(self) -> None:
        # An orphan whose parent is gone before it ends: process 1 has to take it.
        self.box.run("sh", "-c", "(sleep 0.2 &) ; (sh -c 'sleep 0.3 & exit' &)")
        hello = self.panel.instance("Hello")
        self.panel.api("POST", f"instances/{hello['id']}/restart")
        self.panel.reach("Hello", "started")
        until("no zombies", lambda: not [one for one in self.box.processes() if one["state"].startswith("Z")], 10)

    def stop(self) -> None:
        self.panel.create("Polite", "polite.sh")
        self.panel.create("Resting", "hello.sh")
        self.panel.api("POST", f"instances/{self.panel.instance('Resting')['id']}/stop?wait=true")
        self.panel.reach("Resting", "stopped")
        podman("stop", "--time", "45", self.box.name)
        equal(self.box.state(), ("exited", 0))
        has(self.box.log(), "stopping", "stopped")
        said = (self.config / "outputs/Polite/farewell").read_text().split()
        equal(sorted(said), ["app", "child"])

    def start_again(self) -> None:
        podman("start", self.box.name)
        self.panel.port = self.box.port()
        until("the server", self.panel.healthy)
        for name in ("Hello", "Polite"):
            self.panel.reach(name, "started")
        self.panel.reach("Resting", "stopped")
        equal(self.panel.ask("GET", "/instance/hello/api/env")[0], 200)

    def down(self) -> None:
        self.compose("down")
        equal(podman("ps", "--all", "--quiet", "--filter", f"name={self.box.name}"), "")
        assert Path(self.config / "aikore.db").exists()


def run(report: Report) -> None:
    life = Life()
    steps = {
        "compose up, and it answers": life.up, "health": life.health, "setup link and login": life.login,
        "Hello by path, public port and host name": life.three_ways, "a websocket": life.websocket,
        "PUID, PGID, UMASK and TZ": life.identity, "the processes that are expected": life.processes,
        "kill -9: the instance lives on": life.crash, "hand-over: the instance lives on": life.hand_over,
        "a desktop, typed into in Chromium, outlives the server": life.desktop,
        "a web UI on a desktop, in Firefox": life.kiosk,
        "no zombies": life.no_zombies, "stop: exit code 0, children ended with grace": life.stop,
        "start: what was wanted runs again": life.start_again, "compose down": life.down,
    }
    for name, step in steps.items():
        if not report.check(name, step, lambda: life.box.log()[-4000:]) and step == life.up:
            break
    life.box.remove()
