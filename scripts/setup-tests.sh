#!/usr/bin/env bash
# Installs what the tests need and a developer's machine may lack. A tool that can't be had fails the run.
set -euo pipefail

missing=()
need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

need curl curl
need git git
need openssl openssl
need pebble pebble
need python3 python3
need shellcheck shellcheck
[[ -x /usr/bin/chromium ]] || missing+=(chromium)
# The screenshots need a font with every sign the dashboard shows.
fc-list 2>/dev/null | grep -q DejaVu || missing+=(fonts-dejavu-core fontconfig)

if ((${#missing[@]})); then
    echo "installing: ${missing[*]}"
    as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null || { echo "these are missing, and only root can install them: ${missing[*]}" >&2; exit 1; }
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

for command in cargo node npm python3 curl git openssl pebble shellcheck /usr/bin/chromium; do
    command -v "$command" >/dev/null || { echo "$command is needed and missing" >&2; exit 1; }
done
