"""What is in the image, and whether the files around it agree with it. Nothing is started."""

import re
import subprocess
import xml.etree.ElementTree as xml

from podman import IMAGE, ROOT, image_config, podman
from report import Report, equal, has

TREE = ROOT / "container/root"


def inside(script: str) -> str:
    """What a shell in the image says, without its init."""
    return podman("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", IMAGE, "-c", script)


def one_service_tree() -> None:
    # The tree is copied whatever INIT is, and what INIT chooses between doesn't touch it.
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    equal(dockerfile.count("container/root"), 1)
    has(dockerfile, "\nCOPY container/root/ /\n")
    choice = dockerfile[dockerfile.index('RUN case "$INIT" in'):]
    choice = choice[:choice.index("\n\n")]
    has(choice, "s6-overlay)", "debian)")
    for kept in ("services.d", "cont-init.d", "/etc/"):
        assert kept not in choice, f"INIT must not change {kept}"
    # What the image has is what lies in the repository, and nothing else.
    for folder in ("etc/cont-init.d", "etc/services.d"):
        ours = sorted(str(path.relative_to(TREE)) for path in (TREE / folder).rglob("*") if path.is_file())
        equal(inside(f"cd / && find {folder} -type f | LC_ALL=C sort").splitlines(), ours)
        for name in ours:
            equal(inside(f"cat /{name}"), (TREE / name).read_text("utf-8").strip())
    equal(sorted(path.name for path in (TREE / "etc/services.d").iterdir()), ["aikore", "desktops"])
    # s6-overlay reads these formats in all its versions, and its own paths only where it is what runs.
    assert not (TREE / "etc/s6-overlay").exists()
    finish = (TREE / "etc/services.d/aikore/finish").read_text("utf-8")
    has(finish, "/run/s6-linux-init-container-results/exitcode", "/run/s6/basedir/bin/halt", "s6-svscanctl -t /run/service")


def settings_are_told() -> None:
    known = set(re.findall(r"^\s+--([a-z-]+) <", inside("aikore serve --help"), re.MULTILINE))
    names = {"AIKORE_" + flag.upper().replace("-", "_") for flag in known} - {"AIKORE_CONFIG_DIR"}
    assert len(names) > 30, names
    compose = (ROOT / "compose.yaml").read_text("utf-8")
    passed_on = set(re.findall(r"^      (AIKORE_[A-Z_]+): \$\{\1:-\}$", compose, re.MULTILINE))
    equal(sorted(passed_on ^ names), [])
    example = (ROOT / ".env.example").read_text("utf-8")
    told = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    used = set(re.findall(r"\$\{([A-Z_]+)[:-]", compose))
    equal(sorted(told ^ used), [])


def labels_and_health() -> None:
    config = image_config()
    labels = config["Labels"]
    for name in ("title", "description", "licenses", "source", "version", "revision"):
        assert f"org.opencontainers.image.{name}" in labels, name
    equal(labels["org.opencontainers.image.version"], "test")
    equal(config["Config"]["Entrypoint"], ["/init"])
    equal(config["Healthcheck"]["Test"], ["CMD", "/usr/local/bin/aikore", "health"])
    secrets = [entry for entry in config["Config"]["Env"] if re.match(r"[A-Z_]*(PASSWORD|TOKEN|SECRET|KEY)[A-Z_]*=", entry)]
    equal(secrets, [])


def earlier_paths() -> None:
    said = inside(
        "set -e; . /opt/sd-install/versions.env; echo $TORCH_VERSION; ls /opt/sd-install/blueprints/hello.sh; "
        "ls -d /opt/sd-install/scripts/ /home/abc; bash -c 'source /opt/sd-install/functions.sh; type -t sl_folder'"
    )
    has(said, "2.", "/opt/sd-install/blueprints/hello.sh", "/opt/sd-install/scripts/", "/home/abc", "function")


def promised_tools() -> str:
    """What docs/operations.md says is in it."""
    programs = ("git", "git-lfs", "rsync", "python3", "uv", "node", "npm", "ffmpeg", "gcc", "cmake", "ninja", "firefox-esr",
                "Xtigervnc", "openbox", "xterm", "espeak-ng")
    equal(inside(f"for one in {' '.join(programs)}; do command -v $one >/dev/null || echo $one; done"), "")
    said = inside("export HOME=/tmp; node --version; uv --version; python3 -m venv /tmp/v && /tmp/v/bin/python -m pip --version; "
                  "echo 'int main(){return 0;}' | gcc -xc - -o /tmp/a && /tmp/a && echo compiles; ffmpeg -version | head -1")
    has(said, "v2", "uv 0.", "pip ", "compiles", "ffmpeg version")
    return said.splitlines()[-1].split(" Copyright")[0]


def no_other_server() -> None:
    equal(inside("command -v nginx haproxy caddy apache2 || true"), "")
    equal(inside("find / -xdev -iname '*nginx*' -not -path '/proc/*' | grep -v /mime || true"), "")


def scripts_are_clean() -> None:
    scripts = [path for folder in ("container", "tests/container") for path in (ROOT / folder).rglob("*")
               if path.is_file() and path.read_bytes().startswith((b"#!/bin/sh", b"#!/usr/bin/env bash", b"# shellcheck"))]
    assert len(scripts) > 6
    done = subprocess.run(["shellcheck", "-x", *map(str, scripts)], capture_output=True, text=True, check=False, cwd=ROOT)
    equal(done.stdout, "")


def templates_are_well_formed() -> None:
    template = xml.parse(ROOT / "container/unraid/aikore.xml").getroot()
    targets = {config.get("Target") for config in template.iter("Config")}
    for target in ("9000", "/config", "PUID", "PGID", "TZ"):
        assert target in targets, target


def run(report: Report) -> None:
    report.check("both inits use the same service tree", one_service_tree)
    report.check("compose.yaml and .env.example name every setting", settings_are_told)
    report.check("labels, health check, no secrets", labels_and_health)
    report.check("paths of the earlier system", earlier_paths)
    report.check("the tools it promises", promised_tools)
    report.check("no other web server in the image", no_other_server)
    report.check("shellcheck has nothing to say", scripts_are_clean)
    report.check("the Unraid template", templates_are_well_formed)
