"""Thirty thousand files of a wrong owner: the server does not wait for them, and they are mended all the same."""

import datetime
import http.client
import os
import shutil
import threading
import time
from pathlib import Path

from podman import WORK, Container, free_ports, podman, started
from report import Report, equal, has, until

FILES = 30_000
UID, GID = 1234, 1235


def fill(config: Path) -> None:
    """An instance's folder of root's, and models and outputs of somebody else's."""
    for name in ("instances/big", "models/lora", "outputs/big"):
        (config / name).mkdir(parents=True)
    for number in range(FILES):
        if number % 500 == 0:
            folder = config / f"instances/big/part{number // 500}/deep"
            folder.mkdir(parents=True)
        (folder / f"file{number}").touch()
    (config / "outside").symlink_to("/etc/shadow")
    for name in ("models/lora/theirs.safetensors", "outputs/big/theirs.png"):
        (config / name).touch()
        os.chown(config / name, 4321, 4321)


def answered_at(port: int, patience: float) -> float:
    """When the first byte came, by the clock of the machine."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return time.time()
        except OSError:
            time.sleep(0.005)
        finally:
            connection.close()
    return float("inf")


def began_at(container: Container) -> float:
    text = container.inspect("{{.State.StartedAt}}")
    date, clock = text.split()[:2]
    clock, _, fraction = clock.partition(".")
    moment = datetime.datetime.fromisoformat(f"{date} {clock}+00:00")
    assert "+0000" in text, text
    return moment.timestamp() + float(f"0.{fraction or 0}")


def owners(folder: Path) -> set:
    return {(entry.lstat().st_uid, entry.lstat().st_gid) for entry in [folder, *folder.rglob("*")]}


def first_byte(config: Path) -> str:
    """Three tries, each with all files of a wrong owner: the machine may be busy with something else."""
    took = []
    for _ in range(3):
        for entry in [config / "instances", *(config / "instances").rglob("*")]:
            os.chown(entry, 0, 0, follow_symlinks=False)
        shutil.rmtree(config / "run", ignore_errors=True)
        port = free_ports(1)
        seen = []
        watcher = threading.Thread(target=lambda p=port: seen.append(answered_at(p, 30)))
        watcher.start()
        with started("-p", f"127.0.0.1:{port}:9000", "-v", f"{config}:/config", "-e", f"PUID={UID}", "-e", f"PGID={GID}") as box:
            watcher.join()
            took.append(seen[0] - began_at(box))
            until("the files to be mended", lambda: owners(config / "instances") == {(UID, GID)}, 60, 0.5)
            has(box.log(), f"files in /config to {UID}:{GID}, in the background")
        if took[-1] < 1:
            break
    assert min(took) < 1, took
    return f"{min(took):.2f} s"


def only_what_is_wrong(config: Path) -> None:
    equal(owners(config / "models/lora/theirs.safetensors"), {(4321, 4321)})
    equal(owners(config / "outputs/big/theirs.png"), {(4321, 4321)})
    equal({(config / "outside").lstat().st_uid, os.stat("/etc/shadow").st_uid}, {UID, 0})
    # A second start finds nothing to do, and does not even look at all of them.
    with started("-v", f"{config}:/config", "-e", f"PUID={UID}", "-e", f"PGID={GID}") as box:
        until("the server", lambda: "ready: " in box.log())
        assert "in the background" not in box.log()


def run(report: Report) -> None:
    config = WORK / "thirty-thousand"
    fill(config)
    report.check(f"first byte within a second, with {FILES} files to mend", lambda: first_byte(config))
    report.check("only what is wrong is mended, models and outputs never", lambda: only_what_is_wrong(config))
    podman("ps", check=False)
    shutil.rmtree(config, ignore_errors=True)
