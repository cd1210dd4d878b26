import atexit
import io
import pathlib
import shutil
import tarfile
import tempfile

from table import App, Case, listener

FLAGS = """--host:1 --port:1 --api-prefix:1 --models-dir:1 --models-max:1 --model:1 --hf-repo:1 --ctx-size:1 --extra:1"""

# The builds that are downloaded.
RELEASES = pathlib.Path(tempfile.mkdtemp(prefix="stock-releases-"))
atexit.register(shutil.rmtree, RELEASES, ignore_errors=True)
SERVER = "#!/usr/bin/env python3\n" + listener(host="--host", flags=FLAGS, prefix="--api-prefix", imports=()).replace("SETTINGS", "SETTINGS", 1)
for build in ("b100", "b101", "b102"):
    (RELEASES / build).mkdir()
    with tarfile.open(RELEASES / build / f"llama-{build}-bin-ubuntu-x64.tar.gz", "w:gz") as archive:
        data = SERVER.encode()
        entry = tarfile.TarInfo(f"llama-{build}/llama-server")
        entry.size, entry.mode = len(data), 0o755
        archive.addfile(entry, io.BytesIO(data))

BASE = ["--host", "127.0.0.1", "--port", "{port}", "--api-prefix", "/instance/{slug}"]

APP = App(
    repositories={
        "ggml-org/llama.cpp": {"README.md": "0\n"},
        "ggml-org/llama.cpp@vother": {"README.md": "1\n"},
    },
    argv=[*BASE, "--models-dir", "{models}/llm", "--models-max", "1"],
    cwd="{conf}",
    params={"releases": RELEASES.as_uri(), "version": "b101"},
    env={"LLAMA_CACHE": "{models}/llm"},
    texts={"{conf}/builds/build.txt": "b101"},
    cases=[
        Case("a repository as the model", {"model": "someone/tiny-GGUF:Q4", "context": "4096"},
             argv=[*BASE, "--hf-repo", "someone/tiny-GGUF:Q4", "--ctx-size", "4096"]),
    ],
)
