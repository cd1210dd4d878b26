"""The engine: containers by `podman`, and by `podman-compose` as a user has them."""

import contextlib
import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

ROOT = Path(os.environ["ROOT"])
WORK = Path(os.environ["WORK"])
IMAGE = "aikore:test"


def podman(*arguments: str, check: bool = True) -> str:
    """Standard output; what went wrong is the exception's text."""
    done = subprocess.run(["podman", *arguments], capture_output=True, text=True, check=False, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"podman {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def free_ports(count: int) -> int:
    """The first of so many free ports in a row, below those that the kernel gives to outgoing connections."""
    for first in range(20000 + os.getpid() % 9000, 32000, count):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    one = stack.enter_context(socket.socket())
                    one.bind(("127.0.0.1", port))
                return first
            except OSError:
                continue
    raise AssertionError("no free ports")


class Container:
    """One container, however it was started."""

    def __init__(self, name: str) -> None:
        self.name = name

    def inspect(self, form: str) -> str:
        return podman("inspect", "--format", form, self.name)

    def port(self) -> int:
        """Where the dashboard is reached from outside."""
        return int(podman("port", self.name, "9000/tcp").splitlines()[0].rpartition(":")[2])

    def log(self) -> str:
        done = subprocess.run(["podman", "logs", self.name], capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr

    def run(self, *command: str, check: bool = True) -> str:
        """A command inside, as root."""
        return podman("exec", self.name, *command, check=check)

    def processes(self) -> List[Dict[str, str]]:
        """What runs inside, but for what lists it: `pid`, `uid`, `gid`, `state`, `command`."""
        lines = self.run("ps", "-eo", "pid=,uid=,gid=,stat=,args=").splitlines()
        keys = ("pid", "uid", "gid", "state", "command")
        all_of_them = [dict(zip(keys, line.split(None, 4))) for line in lines]
        return [one for one in all_of_them if not one.get("command", "").startswith("ps -eo")]

    def process(self, part: str) -> Optional[Dict[str, str]]:
        """The first process whose command line holds this."""
        return next((one for one in self.processes() if part in one.get("command", "")), None)

    def state(self) -> Tuple[str, int]:
        found = self.inspect("{{.State.Status}} {{.State.ExitCode}}").split()
        return found[0], int(found[1])

    def remove(self) -> None:
        podman("rm", "--force", "--time", "5", self.name, check=False)


@contextlib.contextmanager
def started(*options: str) -> Iterator[Container]:
    """A container of the image with these options of `podman run`."""
    container = Container(podman("run", "--detach", *options, IMAGE))
    try:
        yield container
    finally:
        container.remove()


class Compose:
    """compose.yaml with container/compose.cpu.yaml, and what `.env` would hold."""

    def __init__(self, project: str, settings: Dict[str, str]) -> None:
        self.project = project
        self.container = Container(project)
        self.environment = {**os.environ, **settings, "AIKORE_CONTAINER_NAME": project, "AIKORE_IMAGE": IMAGE}

    def __call__(self, *arguments: str) -> str:
        command = [
            str(WORK / "venv/bin/podman-compose"), "--project-name", self.project, "--in-pod", "false",
            "-f", str(ROOT / "compose.yaml"), "-f", str(ROOT / "container/compose.cpu.yaml"), *arguments,
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=180, env=self.environment, cwd=WORK,
        )
        if done.returncode != 0:
            raise AssertionError(f"podman-compose {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout


def image_config() -> Dict[str, Any]:
    return json.loads(podman("image", "inspect", IMAGE))[0]
