#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Gradio demo
# aikore.category = Demo
# aikore.description = Text, image, streamed chat, upload and queue in one Gradio page, without a model. Shows that Gradio apps work here.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 300s
# aikore.gpu = none
# aikore.disk = 300 MB
# aikore.homepage = https://www.gradio.app/
# aikore.license = Apache-2.0
# aikore.icon = 🎛️
# aikore.helper = off
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

phase "Preparing Python" 1 3
ensure_venv ./env ">=3.10"

phase "Installing Gradio" 2 3
install_requirements "$AIKORE_LIB/apps/gradio-demo.requirements.txt"

phase "Starting" 3 3
export GRADIO_TEMP_DIR="${TMPDIR:-/tmp}/gradio-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}"
export GRADIO_SSR_MODE=False HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_OFFLINE=1 DO_NOT_TRACK=1
phase_done
exec python "$AIKORE_LIB/apps/gradio_demo.py"
