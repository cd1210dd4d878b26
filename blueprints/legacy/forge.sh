#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Forge
# aikore.category = Image
# aikore.description = The first Forge: the A1111 web UI with less memory, for SD 1.5, SDXL and Flux. No longer maintained: Forge Neo goes on with it.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 10 GB
# aikore.homepage = https://github.com/lllyasviel/stable-diffusion-webui-forge
# aikore.license = AGPL-3.0
# aikore.icon = 🔨
# aikore.files = launch_args.txt, settings/config.json, settings/ui-config.json, settings/styles.csv
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.vram = enum, auto, "Memory of the card", options=auto|high|low|none, hint="high keeps models on the card; low and none are for small ones."
# aikore.param.api = bool, false, "API", hint="For other programs, below /sdapi/."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"
# shellcheck source-path=SCRIPTDIR source=../lib/apps/a1111.sh
source "$AIKORE_LIB/apps/a1111.sh"

phase "Fetching Forge" 1 5
sync_repo https://github.com/lllyasviel/stable-diffusion-webui-forge.git ./app "$(param version)"

phase "Preparing Python" 2 5
ensure_env ./env 3.10

phase "Installing PyTorch" 3 5
# It was made for 2.3, which knows no card since the RTX 50 series. It looks through checkpoints itself.
install_torch 2.7.1 cu128 torch torchvision
export TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1

phase "Installing packages" 4 5
webui_older_setuptools
install_requirements ./app/requirements_versions.txt
install_wheels
webui_keep_torch
# The rest is fetched by its launcher.

phase "Linking models and outputs" 5 5
a1111_models embeddings=embeddings
a1111_options
vram=$(param vram auto)
if ! a1111_without_gpu && [[ $vram != auto ]]; then
    OPTIONS+=("--always-$vram-vram")
fi
launch_args
webui_quiet
cd "$RUN"
# Without --listen it stays on 127.0.0.1.
run_app python launch.py --port "$WEBUI_PORT" "${OPTIONS[@]}" "${LAUNCH_ARGS[@]}"
