import atexit
import io
import pathlib
import shutil
import tarfile
import tempfile

from table import App, Case, listener

FLAGS = "--launch_mode:1 --host:1 --port:1 --data_dir:1 --settings_file:1 --backends_file:1 --extra:1"

# Stands in for .NET: builds by copying, and runs what was built.
DOTNET = """#!/usr/bin/env python3
import os
import pathlib
import sys

if sys.argv[1] == "--list-sdks":
    print("8.0.999 [/nowhere]")
elif sys.argv[1] == "build":
    folder = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
    folder.mkdir(parents=True)
    source = pathlib.Path(sys.argv[2]).with_name("app.py").read_text()
    (folder / "SwarmUI.dll").write_text(source)
else:
    os.execvp("python3", ["python3", *sys.argv[1:]])
"""


def sdk():
    """An archive of it, laid out as its makers do."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="stock-dotnet-"))
    atexit.register(shutil.rmtree, folder)
    (folder / "Sdk/8.0").mkdir(parents=True)
    (folder / "Sdk/8.0/latest.version").write_text("8.0.999\n")
    (folder / "Sdk/8.0.999").mkdir()
    for machine in ("x64", "arm64"):
        with tarfile.open(folder / f"Sdk/8.0.999/dotnet-sdk-8.0.999-linux-{machine}.tar.gz", "w:gz") as archive:
            member = tarfile.TarInfo("./dotnet")
            member.size, member.mode = len(DOTNET), 0o755
            archive.addfile(member, io.BytesIO(DOTNET.encode()))
    return folder.as_uri()


APP = App(
    repositories={
        "mcmonkeyprojects/SwarmUI": {
            "src/SwarmUI.csproj": "<Project><PropertyGroup><TargetFramework>net8.0</TargetFramework></PropertyGroup></Project>\n",
            "src/app.py": listener(host="--host", flags=FLAGS, outputs=["Output/raw"]),
            "launchtools/readme.txt": "",
            ".gitignore": "/dlbackend\n/Models\n/src/bin\n/Output\n",
        },
        "comfyanonymous/ComfyUI": {"main.py": "", "requirements.txt": "torch\niniconfig==2.0.0\n"},
    },
    programs={"dotnet": "#!/bin/sh\necho 6.0.100\n"},
    params={"dotnet": sdk()},
    argv=["--launch_mode", "none", "--host", "127.0.0.1", "--port", "{port}", "--data_dir", "{conf}/data",
          "--settings_file", "{conf}/data/Settings.fds", "--backends_file", "{conf}/data/Backends.fds"],
    satellite={f"{{conf}}/data{path}": f"{{conf}}/data-8{path}" for path in ("", "/Settings.fds", "/Backends.fds")},
    cwd="{run}",
    models={"Models/Stable-Diffusion": "stable-diffusion", "Models/Lora": "lora", "Models/diffusion_models": "unet"},
    texts={"{conf}/data/Settings.fds": "IsInstalled: true\n", "{conf}/data/Backends.fds": "StartScript: dlbackend/ComfyUI/main.py\n"},
    env={"PIP_CONSTRAINT": "{tmp}/aikore-held-{id}.txt", "DOTNET_CLI_TELEMETRY_OPTOUT": "1"},
    cases=[Case("with a GPU", gpu=True)],
)
