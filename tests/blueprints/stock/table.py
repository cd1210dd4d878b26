"""What a file in apps/ says of one blueprint: the app's repositories as far as the script needs them, and what the app
must have been started with.

In expected texts {port}, {out}, {conf}, {models}, {id}, {run}, {subfolder} and {slug} stand for those of the start.
"""

import dataclasses
import pathlib
import re
import zipfile

HERE = pathlib.Path(__file__).parent


def listener(port="--port", host="127.0.0.1", flags="", outputs=(), prefix="/", imports=("iniconfig",)):
    """The text of an entry file. PORT, HOST, PREFIX and OUTPUTS are options (`--port`), variables (`$PORT`) or plain
    texts. FLAGS lists all options the script may use, `--name` or `--name:1` or `--name:*` with so many values. Without
    a port it is a program with windows.
    """
    known = dict(word.rsplit(":", 1) if ":" in word else (word, "0") for word in flags.split())
    settings = {"port": port, "host": host, "prefix": prefix, "flags": known, "outputs": list(outputs),
                "imports": list(imports)}
    return f"SETTINGS = {settings!r}\n\n" + (HERE / "fake_app.py").read_text(encoding="utf-8")


@dataclasses.dataclass
class Case:
    """One more start: with these inputs (and a GPU), the app gets these arguments. `argv` as in App; `extra` instead
    says what comes in addition to App.argv, `without` what is then missing."""

    name: str
    params: dict = dataclasses.field(default_factory=dict)
    argv: list = None
    extra: list = dataclasses.field(default_factory=list)
    without: list = dataclasses.field(default_factory=list)
    env: dict = dataclasses.field(default_factory=dict)
    gpu: bool = False
    online: bool = False
    warns: bool = False
    program: str = None
    cwd: str = None


@dataclasses.dataclass
class App:
    # `owner/name` of a repository: the files in it. `owner/name@ref` is a branch or (v1.2) a tag beside the first one.
    repositories: dict
    # All arguments the app gets at a plain start, in order.
    argv: list
    # Where the app runs, and links it must find there: path → category below the shared models.
    cwd: str = "{conf}/app"
    models: dict = dataclasses.field(default_factory=dict)
    env: dict = dataclasses.field(default_factory=dict)
    # Texts that files of the instance must hold.
    texts: dict = dataclasses.field(default_factory=dict)
    # Packages on the index beside torch: name → Wheel.
    packages: dict = dataclasses.field(default_factory=dict)
    # Programs of the machine: name → text.
    programs: dict = dataclasses.field(default_factory=dict)
    cases: list = dataclasses.field(default_factory=list)
    # Those of launch_args.txt, which come last.
    launch_args: list = dataclasses.field(default_factory=lambda: ["--extra", "a b"])
    # What is another one for a satellite (number 8): expected text → text, in arguments and variables.
    satellite: dict = dataclasses.field(default_factory=dict)
    # Is what listens the process that the script became, or a child of it?
    same_process: bool = True
    params: dict = dataclasses.field(default_factory=dict)
    # For apps that can't do without one: every start has a GPU.
    gpu: bool = False
    # The entry file's name, where there are several.
    program: str = None


@dataclasses.dataclass
class Wheel:
    version: str
    files: dict = dataclasses.field(default_factory=dict)
    scripts: dict = dataclasses.field(default_factory=dict)
    requires: list = dataclasses.field(default_factory=list)


def write_wheel(index, name, wheel):
    """Puts a wheel into a folder that uv reads as a package index."""
    plain = re.sub("[-_.]+", "_", name)
    info = f"{plain}-{wheel.version}.dist-info"
    files = dict(wheel.files) or {f"{plain}/__init__.py": f"__version__ = {wheel.version!r}\n"}
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {wheel.version}\n"
    files[f"{info}/METADATA"] = metadata + "".join(f"Requires-Dist: {need}\n" for need in wheel.requires)
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: stock\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if wheel.scripts:
        lines = "".join(f"{script} = {target}\n" for script, target in wheel.scripts.items())
        files[f"{info}/entry_points.txt"] = "[console_scripts]\n" + lines
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"])
    folder = pathlib.Path(index) / plain.replace("_", "-")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{plain}-{wheel.version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    links = "".join(f'<a href="{found.name.replace("+", "%2B")}">{found.name}</a>\n' for found in sorted(folder.glob("*.whl")))
    (folder / "index.html").write_text(f"<!DOCTYPE html>\n{links}", encoding="utf-8")
