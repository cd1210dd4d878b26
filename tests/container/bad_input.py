"""What users do wrong: a plain sentence in the log, and it runs on where it can."""

import os
import socket

from podman import WORK, podman, started
from report import Report, equal, has, until


def ends(box, code: int) -> str:
    """Its log once it has ended by itself with this code."""
    until("its end", lambda: box.state() == ("exited", code), 20)
    return box.log()


def sentence(text: str, part: str) -> None:
    """A line with this, and nothing that only a programmer would understand."""
    has(text, part)
    for noise in ("panicked", "Traceback", "backtrace"):
        assert noise not in text, text


def serves(box) -> None:
    until("the server", lambda: "ready: " in box.log(), 20)


def not_writable() -> None:
    folder = WORK / "read-only"
    folder.mkdir()
    with started("-v", f"{folder}:/config:ro") as box:
        log = ends(box, 2)
        sentence(log, "/config can't be written by user 1000:1000 (it belongs to 0:0, mode 755): mount it without `ro`")
        has(log, "AIKORE_CONFIG_DIR: /config can't be used")


def wrong_user() -> None:
    with started("-e", "PUID=0", "-e", "PGID=staff") as box:
        serves(box)
        sentence(box.log(), "PUID=0 would run every app as root: going on with 1000.")
        has(box.log(), "PGID=staff is not the number of a user or group: going on with 1000.")
        equal(box.process("aikore serve")["uid"], "1000")


def wrong_words() -> None:
    with started("-e", "TZ=Mars/Olympus", "-e", "UMASK=rw", "-e", "AIKORE_TLSS=on") as box:
        serves(box)
        sentence(box.log(), "TZ=Mars/Olympus is no time zone: going on with UTC.")
        has(box.log(), "UMASK=rw is not a mask such as 022", "AIKORE_TLSS is no setting of AiKore")


def bad_setting() -> None:
    with started("-e", "AIKORE_TLS=nonsense") as box:
        log = ends(box, 2)
        sentence(log, "AIKORE_TLS: ")
        equal(log.count("AIKORE_TLS: "), 1)


def port_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with started("--network", "host", "-e", f"AIKORE_LISTEN={address}") as box:
            until("the sentence", lambda: "Another program has this port" in box.log())
            sentence(box.log(), f"can't listen on {address}")
            equal(box.state()[0], "running")
            taken.close()
            serves(box)


def no_gpu() -> None:
    with started() as box:
        serves(box)
        sentence(box.log(), "No GPU in this container: apps run on the CPU where they can")


def half_a_gpu() -> None:
    """A device and its group, but not NVML: as NVIDIA_DRIVER_CAPABILITIES without `utility` leaves it."""
    device = WORK / "device"
    device.touch(mode=0o660)
    os.chmod(device, 0o660)
    os.chown(device, 0, 4242)
    with started("-v", f"{device}:/dev/nvidia0", "-v", f"{device}:/dev/dri/renderD128") as box:
        serves(box)
        sentence(box.log(), "put `utility` into NVIDIA_DRIVER_CAPABILITIES")
        server = box.process("aikore serve")
        groups = next(line for line in box.run("cat", f"/proc/{server['pid']}/status").splitlines() if "Groups:" in line)
        assert "4242" in groups.split(), groups


def little_room() -> None:
    with started("--tmpfs", "/config:size=60m") as box:
        serves(box)
        sentence(box.log(), "MB are free on /config: make room")


def another_init() -> None:
    with started("--init") as box:
        sentence(ends(box, 100), "start without --init and without init: true")


def another_user() -> None:
    with started("--user", "4321") as box:
        sentence(ends(box, 1), "start as root, without `user:`")


def run(report: Report) -> None:
    report.check("a volume that can't be written", not_writable)
    report.check("PUID and PGID that are none", wrong_user)
    report.check("a time zone, a mask and a setting that are none", wrong_words)
    report.check("a bad setting ends the container with code 2", bad_setting)
    report.check("a port that is taken", port_taken)
    report.check("no GPU", no_gpu)
    report.check("a GPU without its management library, and the group of a device", half_a_gpu)
    report.check("little room on the disk", little_room)
    report.check("not process 1", another_init)
    report.check("not root", another_user)
    podman("volume", "prune", "--force", check=False)
