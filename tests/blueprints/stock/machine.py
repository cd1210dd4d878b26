"""A throw-away machine: repositories, a package index and folders as AiKore gives them to a script."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

from table import Wheel, write_wheel

BLUEPRINTS = pathlib.Path(__file__).resolve().parents[3] / "blueprints"

# Any torch that a blueprint may ask for.
TORCHES = [f"2.{minor}.{patch}" for minor in range(0, 14) for patch in range(0, 4)]

NVIDIA_SMI = """#!/bin/sh
case "$*" in
*-L*) echo "GPU 0: A card of the test (UUID: GPU-0)" ;;
*compute_cap*) echo 8.9 ;;
*) echo "| NVIDIA-SMI 580.00    Driver Version: 580.00    CUDA Version: 13.0 |" ;;
esac
"""


def git(folder, *arguments):
    identity = ["-c", "user.name=stock", "-c", "user.email=stock@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def write_files(folder, files):
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if text.startswith("#!"):
            file.chmod(0o755)


def make_repositories(root, repositories):
    for name, files in repositories.items():
        name, _, ref = name.partition("@")
        folder = root / (name + ".git")
        if not folder.exists():
            folder.mkdir(parents=True)
            git(folder, "init", "--quiet", "--initial-branch=main")
            git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
        if ref and not ref.startswith("v"):
            git(folder, "checkout", "--quiet", "-B", ref)
        write_files(folder, files)
        git(folder, "add", "--all", "--force")
        git(folder, "commit", "--quiet", "--allow-empty", "--message=state")
        if ref.startswith("v"):
            git(folder, "tag", ref)
        git(folder, "checkout", "--quiet", "main")


def make_index(folder):
    for version in TORCHES:
        write_wheel(folder, "torch", Wheel(version + "+stock"))
        write_wheel(folder, "torchaudio", Wheel(version + "+stock"))
    write_wheel(folder, "torchvision", Wheel("0.99.0"))


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


# Of whoever runs this, so that a second run downloads nothing.
CACHE = os.environ.get("XDG_CACHE_HOME") or str(pathlib.Path.home() / ".cache")


class Machine:
    """One app's share of it: an instance, its models, its repositories."""

    def __init__(self, work, index, blueprint, app):
        self.root, self.index, self.app = work / blueprint.replace("/", "-"), index, app
        # Names of instances may have blanks.
        self.name = "My " + blueprint.rsplit("/", 1)[-1]
        self.slug = re.sub("[^a-z0-9]+", "-", self.name.lower())
        self.conf, self.repositories = self.root / "instances" / self.name, self.root / "repositories"
        for folder in (self.conf, self.root / "tmp", self.root / "home", self.root / "bin", self.root / "gpu"):
            folder.mkdir(parents=True)
        shutil.copy(BLUEPRINTS / f"{blueprint}.sh", self.conf / "launch.sh")
        make_repositories(self.repositories, app.repositories)
        for name, wheel in app.packages.items():
            write_wheel(self.index, name, wheel)
        write_files(self.root / "gpu", {"nvidia-smi": NVIDIA_SMI})
        write_files(self.root / "bin", app.programs)
        self.blueprint = blueprint.rsplit("/", 1)[-1]

    def places(self, instance, port):
        # The second one, 8, is a satellite of the first.
        own = self.slug if instance == "7" else self.slug + "-gpu1"
        return {"port": str(port), "out": str(self.root / "outputs" / instance), "conf": str(self.conf), "id": instance,
                "models": str(self.root / "models"), "run": str(self.conf / "runs" / instance), "slug": own,
                "subfolder": f"/instance/{own}/", "tmp": str(self.root / "tmp"), "home": str(self.root / "home"),
                "env": str(self.conf / "env"), "lib": str(BLUEPRINTS / "lib")}

    def environment(self, places, params, gpu, record, proxy):
        """As AiKore sets it: its own one, and what belongs to the instance."""
        foreign = re.compile(r"AIKORE_|GRADIO_|VIRTUAL_ENV|CONDA_|CUDA_|TORCH_|PYTHON|HF_|DISPLAY")
        values = {name: value for name, value in os.environ.items() if not foreign.match(name)}
        path = [str(self.root / "gpu")] * gpu + [str(self.root / "bin"), os.environ["PATH"]]
        values |= {
            "PATH": ":".join(path), "HOME": places["home"], "TMPDIR": places["tmp"], "XDG_CACHE_HOME": CACHE,
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", f"{CACHE}/uv"),
            "WEBUI_PORT": places["port"], "SUBFOLDER": places["subfolder"], "INSTANCE_NAME": self.name,
            "INSTANCE_CONF_DIR": places["conf"], "INSTANCE_OUTPUT_DIR": places["out"], "AIKORE_LIB": places["lib"],
            "AIKORE_MODELS_DIR": places["models"], "BLUEPRINT_ID": self.blueprint, "AIKORE_INSTANCE_ID": places["id"],
            "AIKORE_FAMILY_ID": "7", "AIKORE_RUN_ID": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID", "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_SERVER_PORT": places["port"], "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONUNBUFFERED": "1",
            "PYTHON_VERSION": "{}.{}".format(*sys.version_info), "PYTORCH_INDEX_URL": self.index.as_uri(),
            "UV_INDEX": self.index.as_uri(), "STOCK_RECORD": str(record), "DISPLAY": ":99", "UV_LINK_MODE": "hardlink",
            "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": f"url.{self.repositories.as_uri()}/.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://github.com/", "GIT_CONFIG_KEY_1": "protocol.file.allow",
            "GIT_CONFIG_VALUE_1": "always",
        }
        if "proxy = strip" in (self.conf / "launch.sh").read_text(encoding="utf-8"):
            values["GRADIO_ROOT_PATH"] = places["subfolder"].rstrip("/")
        for name, value in params.items():
            values["AIKORE_PARAM_" + name.upper().replace("-", "_")] = value
        if proxy:
            values.update(https_proxy=proxy, http_proxy=proxy, HTTPS_PROXY=proxy, HTTP_PROXY=proxy, UV_OFFLINE="1")
        return values
