# shellcheck shell=bash
# Tiny wheels, and an index of them in a folder, for the tests of packages.

CACHE=${AIKORE_TESTS_CACHE:-$(mktemp -d)}
trap '[[ -n ${AIKORE_TESTS_CACHE:-} ]] || rm -rf -- "$CACHE"' EXIT
export XDG_CACHE_HOME=$CACHE UV_CACHE_DIR=$CACHE/uv
unset PYTHON_VERSION TORCH_VERSION CUDA_VERSION PYTORCH_INDEX_URL AIKORE_LOCK VIRTUAL_ENV CONDA_PREFIX UV_OFFLINE

# make_wheels FOLDER: wheels as the lines of standard input say, `name|version|requirement|…`, and a page of links each.
make_wheels() {
    python3 - "$1" 3<&0 <<'PYTHON'
import os, sys, zipfile

root = sys.argv[1]
for line in os.fdopen(3):
    name, version, *requirements = line.strip().split("|")
    folder, info = os.path.join(root, name.replace("_", "-")), "%s-%s.dist-info" % (name, version)
    os.makedirs(folder, exist_ok=True)
    files = {
        name + ".py": "VERSION = %r\n" % version,
        info + "/METADATA": "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
        + "".join("Requires-Dist: %s\n" % requirement for requirement in requirements),
        info + "/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[info + "/RECORD"] = "".join("%s,,\n" % path for path in [*files, info + "/RECORD"])
    with zipfile.ZipFile(os.path.join(folder, "%s-%s-py3-none-any.whl" % (name, version)), "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    with open(os.path.join(folder, "index.html"), "w") as page:
        wheels = [path for path in sorted(os.listdir(folder)) if path.endswith(".whl")]
        page.write("<!DOCTYPE html><html><body>%s</body></html>" % "".join(
            '<a href="%s">%s</a>' % (path.replace("+", "%2B"), path) for path in wheels))
PYTHON
}

# The torches of a build, as torch's own index has them.
make_torch_index() {
    make_wheels "$1" <<TEXT
torch|1.0
torch|2.8.0+$2
torch|2.9.1+$2
torch|2.11.0+$2
torchvision|0.23.0+$2|torch==2.8.0
torchvision|0.24.1+$2|torch==2.9.1
torchvision|0.26.0+$2|torch==2.11.0
torchaudio|2.8.0+$2|torch==2.8.0
torchaudio|2.9.1+$2|torch==2.9.1
torchaudio|2.11.1+$2
TEXT
}

# An index of torch and an environment that uses it.
make_torch() {
    make_torch_index index cu128
    PYTORCH_INDEX_URL=file://$PWD/index
    export PYTORCH_INDEX_URL
    ensure_env >/dev/null
}

# The installed versions of packages.
versions() {
    python - "$@" <<'PYTHON'
import importlib.metadata as it, sys
have = {str(d.metadata["Name"]).lower(): d.version for d in it.distributions()}
print(" ".join("%s=%s" % (name, have.get(name, "-")) for name in sys.argv[1:]))
PYTHON
}

cut_network() { export UV_OFFLINE=1 PIP_NO_INDEX=1 https_proxy=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9; }
