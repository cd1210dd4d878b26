#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Fooocus
# aikore.category = Image
# aikore.description = Pictures from a prompt with hardly a switch: styles, variations, upscaling, inpainting and image prompts with SDXL.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 15 GB
# aikore.homepage = https://github.com/lllyasviel/Fooocus
# aikore.license = GPL-3.0
# aikore.icon = 🌅
# aikore.files = launch_args.txt, config.txt
# aikore.param.edition = enum, original, "Edition", options=original|1-up, hint="1-up is a fork with more switches."
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.preset = text, , "Preset", hint="Like anime, realistic, lightning or pony_v6. Empty: the default one."
# aikore.param.vram = enum, auto, "Memory of the card", options=auto|high|normal|low|no
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

repository=https://github.com/lllyasviel/Fooocus.git app=./app
if [[ $(param edition original) == 1-up ]]; then
    repository=https://github.com/mashb1t/Fooocus.git app=./app-1-up
fi

phase "Fetching Fooocus" 1 5
sync_repo "$repository" "$app" "$(param version)"

phase "Preparing Python" 2 5
ensure_env ./env 3.10

phase "Installing PyTorch" 3 5
# It was made for 2.1, which knows no card since the RTX 50 series; its own models are older than what 2.6 forbids.
install_torch 2.7.1 cu128 torch torchvision
export TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1

phase "Installing packages" 4 5
webui_older_setuptools
# One list for both editions: it counts as another one when the edition is changed.
mkdir -p ./lists
cp "$app/requirements_versions.txt" ./lists/
install_requirements ./lists/requirements_versions.txt
install_wheels
webui_keep_torch

phase "Linking models and outputs" 5 5
map_models "$app" models/checkpoints=stable-diffusion models/loras=lora models/embeddings=embeddings models/vae=vae \
    models/vae_approx=vae_approx models/upscale_models=upscale models/controlnet=controlnet \
    models/clip_vision=clip_vision
mkdir -p "$INSTANCE_OUTPUT_DIR"
# It reads its settings from the environment too. The file keeps folders of the last run, which may be another one's.
export config_path="$PWD/config.txt" path_outputs="$INSTANCE_OUTPUT_DIR"
options=(--listen 127.0.0.1 --port "$WEBUI_PORT" --disable-in-browser --disable-analytics
    --output-path "$INSTANCE_OUTPUT_DIR" --temp-path "${TMPDIR:-/tmp}/fooocus-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}")
if [[ -n $(param preset) ]]; then
    options+=(--preset "$(param preset)")
fi
vram=$(param vram auto)
if ! webui_has_gpu; then
    note "No GPU found: Fooocus runs on the CPU, which takes many minutes for a picture"
    options+=(--always-cpu)
elif [[ $vram != auto ]]; then
    options+=("--always-$vram-vram")
fi
launch_args
webui_quiet
cd "$app"
run_app python launch.py "${options[@]}" "${LAUNCH_ARGS[@]}"
