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
# What desktops are made of, and what is put on them and looked at.
need Xtigervnc tigervnc-standalone-server
need openbox openbox
need xterm xterm
need xclip xclip
# The pictures of the pages are drawn with this font on every machine (tests/browser/support/fonts.conf).
[[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf ]] || missing+=(fonts-dejavu-core fontconfig)

install_missing
demand cargo node npm python3 curl git openssl pebble prlimit setpriv shellcheck /usr/bin/chromium Xtigervnc openbox xterm xclip
