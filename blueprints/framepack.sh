#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = FramePack
# aikore.category = Video
# aikore.description = Long videos from a picture and a prompt, with 6 GB of video memory. The Studio edition adds a queue, LoRAs and prompts with times.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 3600s
# aikore.stop_grace = 20s
# aikore.gpu = required
# aikore.min_vram = 6 GB
# aikore.disk = 10 GB
# aikore.homepage = https://github.com/lllyasviel/FramePack
# aikore.license = Apache-2.0
# aikore.icon = 🎞️
# aikore.files = launch_args.txt
# aikore.param.edition = enum, original, "Edition", options=original|f1|studio, hint="f1 is the original's other model, for more motion."
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

webui_needs_gpu FramePack
edition=$(param edition original)
repository=https://github.com/lllyasviel/FramePack.git app=./app entry=demo_gradio.py
case $edition in
f1) entry=demo_gradio_f1.py ;;
studio) repository=https://github.com/FP-Studio/FramePack-Studio.git app=./studio entry=studio.py ;;
esac

phase "Fetching FramePack" 1 5
sync_repo "$repository" "$app" "$(param version)"

phase "Preparing Python" 2 5
ensure_env ./env 3.10

phase "Installing PyTorch" 3 5
install_torch 2.7.1 cu128

phase "Installing packages" 4 5
# One list for both editions: it counts as another one when the edition is changed.
mkdir -p ./lists
cp "$app/requirements.txt" ./lists/
install_requirements ./lists/requirements.txt
install_wheels

phase "Linking models and outputs" 5 5
# Its 30 GB and more of models come at the first start, into the cache that all instances share.
sl_folder "$app" hf_download "${HF_HOME:-$AIKORE_MODELS_DIR/diffusers/huggingface}"
map_models "$app" loras=lora
webui_run_folder "$app" outputs
launch_args
webui_quiet
cd "$RUN"
run_app python "$entry" --server 127.0.0.1 --port "$WEBUI_PORT" "${LAUNCH_ARGS[@]}"
