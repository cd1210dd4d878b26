import atexit
import pathlib
import shutil
import tempfile

from table import App, listener

# Stands in for the image: unpacks itself, as every AppImage can.
PROGRAM = "#!/usr/bin/env python3\n" + listener(port="", flags="--no-sandbox --disable-dev-shm-usage --extra:1", imports=())
IMAGE = f"""#!/bin/sh
[ "$1" = --appimage-extract ] || exit 1
mkdir squashfs-root
cat >squashfs-root/AppRun <<'PROGRAM'
{PROGRAM}PROGRAM
chmod +x squashfs-root/AppRun
"""

RELEASES = pathlib.Path(tempfile.mkdtemp(prefix="stock-releases-"))
atexit.register(shutil.rmtree, RELEASES, ignore_errors=True)
for machine in ("x64", "arm64"):
    (RELEASES / machine / "0.4.0-1").mkdir(parents=True)
    (RELEASES / machine / "0.4.0-1" / f"LM-Studio-0.4.0-1-{machine}.AppImage").write_text(IMAGE, encoding="utf-8")

APP = App(
    repositories={},
    argv=["--no-sandbox", "--disable-dev-shm-usage"],
    cwd="{conf}",
    params={"source": RELEASES.as_uri(), "version": "0.4.0-1"},
    models={"home/.lmstudio/models": "llm"},
    env={"HOME": "{conf}/home"},
)
