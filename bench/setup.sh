#!/usr/bin/env bash
# Installs what `make bench` compares with and a developer's machine may lack.
set -euo pipefail
# shellcheck source=scripts/packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/packages.sh"

# Debian keeps servers where only root looks by default.
PATH="$PATH:/usr/sbin:/sbin"

need nginx nginx-light
need haproxy haproxy
need wrk wrk
need h2load nghttp2-client
need openssl openssl
need taskset util-linux

install_missing
# Debian starts servers as it installs them. These two are here to be started by the comparison, and only then.
if command -v systemctl >/dev/null && [[ -d /run/systemd/system ]]; then
    for service in nginx haproxy; do
        if [[ " ${missing[*]} " == *" $service"* ]]; then
            as_root systemctl disable --now "$service"
        fi
    done
fi
demand nginx haproxy wrk h2load openssl taskset
