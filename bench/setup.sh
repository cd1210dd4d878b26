#!/usr/bin/env bash
# Installs what `make bench` compares with and a developer's machine may lack. A tool that can't be had fails the run.
set -euo pipefail

# Debian keeps servers where only root looks by default.
PATH="$PATH:/usr/sbin:/sbin"

missing=()
need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

need nginx nginx-light
need haproxy haproxy
need wrk wrk
need h2load nghttp2-client
need openssl openssl
need taskset util-linux

if ((${#missing[@]})); then
    echo "installing: ${missing[*]}"
    as_root=()
    if [[ $(id -u) -ne 0 ]]; then
        command -v sudo >/dev/null || { echo "these are missing, and only root can install them: ${missing[*]}" >&2; exit 1; }
        as_root=(sudo)
    fi
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    # Debian starts servers as it installs them. These two are here to be started by the comparison, and only then.
    if command -v systemctl >/dev/null && [[ -d /run/systemd/system ]]; then
        for service in nginx haproxy; do
            if [[ " ${missing[*]} " == *" $service"* ]]; then
                "${as_root[@]}" systemctl disable --now "$service"
            fi
        done
    fi
fi

for command in nginx haproxy wrk h2load openssl taskset; do
    command -v "$command" >/dev/null || { echo "$command is needed and missing" >&2; exit 1; }
done
