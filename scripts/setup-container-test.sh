#!/usr/bin/env bash
# Installs what `make test-container` needs: an engine that builds and runs images, and what makes a Debian to build on.
set -euo pipefail
# shellcheck source=scripts/packages.sh
source "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

need podman podman
need runc runc
need conmon conmon
need mmdebstrap mmdebstrap
need python3 python3
need shellcheck shellcheck
need iptables iptables
# The desktop in the image is looked at with it.
[[ -x /usr/bin/chromium ]] || missing+=(chromium)
# For `podman run --init`.
[[ -x /usr/libexec/podman/catatonit ]] || missing+=(catatonit)
[[ -x /usr/lib/podman/netavark ]] || missing+=(netavark)
[[ -x /usr/lib/podman/aardvark-dns ]] || missing+=(aardvark-dns)

install_missing
demand podman runc conmon mmdebstrap python3 shellcheck iptables node /usr/bin/chromium
