import atexit
import io
import pathlib
import shutil
import tarfile
import tempfile

from table import App, Case, listener

FLAGS = """--config:1 --auth:1 --bind-addr:1 --user-data-dir:1 --extensions-dir:1 --session-socket:1 --abs-proxy-base-path:1
--disable-telemetry --disable-update-check --disable-getting-started-override --extra:1"""

# The folder comes last and is no option.
SETTINGS, REST = listener(flags=FLAGS, port="$WEBUI_PORT", imports=()).split("\n", 1)
REST = REST.replace("parsed(sys.argv[1:], settings", "parsed(sys.argv[1:-1], settings")
RELEASES = pathlib.Path(tempfile.mkdtemp(prefix="stock-releases-"))
atexit.register(shutil.rmtree, RELEASES, ignore_errors=True)
(RELEASES / "v4.1.2").mkdir()
for machine in ("amd64", "arm64"):
    with tarfile.open(RELEASES / f"v4.1.2/code-server-4.1.2-linux-{machine}.tar.gz", "w:gz") as archive:
        data = ("#!/usr/bin/env python3\n" + SETTINGS + "\n" + REST).encode()
        entry = tarfile.TarInfo(f"code-server-4.1.2-linux-{machine}/bin/code-server")
        entry.size, entry.mode = len(data), 0o755
        archive.addfile(entry, io.BytesIO(data))

BASE = ["--config", "{conf}/config.yaml", "--auth", "none", "--bind-addr", "127.0.0.1:{port}", "--user-data-dir", "{conf}/data",
        "--extensions-dir", "{conf}/extensions", "--session-socket", "{tmp}/code-server-{id}.sock", "--abs-proxy-base-path",
        "/instance/{slug}", "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"]

APP = App(
    repositories={},
    argv=[*BASE, "{out}"],
    cwd="{conf}",
    params={"releases": RELEASES.as_uri(), "version": "4.1.2"},
    # The folder stays the last word.
    launch_args=[],
    cases=[Case("another folder", {"folder": "/usr"}, argv=[*BASE, "/usr"])],
)
