#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Hello
# aikore.category = Demo
# aikore.description = A small web page of AiKore's own, to see at once that everything works. Needs no network and no GPU, and starts in under a second.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 20s
# aikore.stop_grace = 5s
# aikore.gpu = none
# aikore.disk = 1 MB
# aikore.license = MIT OR Apache-2.0
# aikore.icon = 👋
# aikore.helper = off
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

command -v python3 >/dev/null || die "python3 is missing on this machine: install it, then start again"
# It reads WEBUI_PORT by itself. -B: nothing is written beside the app, its folder is shared and may be read-only.
exec python3 -B "$AIKORE_LIB/apps/hello"
