#!/usr/bin/env bash
# Installs what the tests need and a developer's machine may lack.
set -euo pipefail
# shellcheck source=scripts/packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

need curl curl
need git git
need openssl openssl
need pebble pebble
need prlimit util-linux
need python3 python3
need shellcheck shellcheck
[[ -x /usr/bin/chromium ]] || missing+=(chromium)
# The screenshots need a font with every sign the dashboard shows.
fc-list 2>/dev/null | grep -q DejaVu || missing+=(fonts-dejavu-core fontconfig)

install_missing
demand cargo node npm python3 curl git openssl pebble prlimit setpriv shellcheck /usr/bin/chromium
