#!/usr/bin/env bash
# Tests of the image: builds it with podman, starts it through compose.yaml, and looks at it from outside.
# Ends with `N passed, N failed` and a failure status when something failed.
#
#   AIKORE_TEST_STORE=<folder>   keeps the images there, for a next run that only has to rebuild what changed
#   AIKORE_TEST_HUB=1            takes Debian, Node.js and Rust from Docker Hub instead of making stand-ins
set -euo pipefail
ROOT=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")
export ROOT
# shellcheck source=tests/container/engine.sh
source "$ROOT/tests/container/engine.sh"
# shellcheck source=tests/container/images.sh
source "$ROOT/tests/container/images.sh"

if [[ $(id -u) -ne 0 ]]; then
    echo "the image is built and run as root: sudo make test-container" >&2
    exit 1
fi
"$ROOT/scripts/setup-container-test.sh"

WORK=$(mktemp -d)
STORE=${AIKORE_TEST_STORE:-$WORK/engine}
export WORK
leave() {
    if [[ -n ${AIKORE_TEST_STORE:-} ]]; then
        podman ps --all --quiet | xargs --no-run-if-empty podman rm --force --time 2 >/dev/null 2>&1 || true
    else
        close_engine "$STORE" || true
    fi
    rm -rf -- "$WORK"
}
trap leave EXIT
open_engine "$STORE"

# step NAME COMMAND…: says how long it took, or what it said when it failed.
step() {
    local began=$SECONDS
    if ! "${@:2}" >"$WORK/step.log" 2>&1; then
        cat "$WORK/step.log" >&2
        echo "$1 failed after $((SECONDS - began)) s"
        echo "0 passed, 1 failed"
        exit 1
    fi
    printf '%-28s %4d s\n' "$1" "$((SECONDS - began))"
}

make_compose() {
    python3 -m venv "$WORK/venv" && "$WORK/venv/bin/pip" install --quiet -r "$ROOT/tests/container/requirements.txt"
}

# stand_in IMAGE COMMAND…
stand_in() {
    podman image exists "$HUB/$1" || step "stand-in for $1" "${@:2}"
}

if [[ ${AIKORE_TEST_HUB:-} != 1 ]]; then
    stand_in debian:bookworm-slim make_debian
    stand_in node:22-bookworm-slim make_node
    stand_in rust:1.95-bookworm make_rust
fi
lend_caches
step "the image" make_image
take_back_caches
step "podman-compose" make_compose
podman image inspect aikore:test --format 'image size                   {{.Size}} bytes'

python3 -B "$ROOT/tests/container/checks.py"
