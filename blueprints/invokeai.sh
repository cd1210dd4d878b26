#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = InvokeAI
# aikore.category = Image
# aikore.description = A studio with a canvas: layers, masks, control, boards and workflows, for SD 1.5, SDXL, Flux, Qwen Image and more.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 6 GB
# aikore.disk = 10 GB
# aikore.homepage = https://invoke.ai/
# aikore.license = Apache-2.0
# aikore.icon = 🎨
# aikore.files = invokeai/invokeai.yaml
# aikore.param.version = text, , "Version", hint="Like 6.14.2; before 6.14 it does not work at a path. Empty: the newest when it was installed or updated."
# aikore.param.vram = enum, auto, "Memory of the card", options=auto|low, hint="low puts layers on the card as they are needed, and keeps no second copy in main memory."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Preparing Python" 1 4
ensure_env ./env 3.12

phase "Installing PyTorch" 2 4
install_torch 2.7.1 cu128 torch torchvision

phase "Installing InvokeAI" 3 4
version=$(param version)
install_packages "invokeai${version:+==$version}"
install_wheels

phase "Preparing folders" 4 4
# A database, so a satellite has its own, with models and boards of its own.
INVOKEAI_ROOT=$(webui_own_folder invokeai)
export INVOKEAI_ROOT INVOKEAI_HOST=127.0.0.1 INVOKEAI_PORT="$WEBUI_PORT" INVOKEAI_OUTPUTS_DIR="$INSTANCE_OUTPUT_DIR"
mkdir -p "$INSTANCE_OUTPUT_DIR" "$AIKORE_MODELS_DIR"
if [[ $(param vram auto) == low ]]; then
    export INVOKEAI_ENABLE_PARTIAL_LOADING=true INVOKEAI_KEEP_RAM_COPY_OF_WEIGHTS=false
fi
note "Models that are here already: Model Manager, Scan Folder, $AIKORE_MODELS_DIR, with \"in place\" switched on"
launch_args
webui_quiet
run_app invokeai-web --root "$INVOKEAI_ROOT" "${LAUNCH_ARGS[@]}"
