#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = SD.Next
# aikore.category = Image
# aikore.description = One page for pictures and videos with nearly every model that Diffusers knows, from SD 1.5 to Flux, Qwen Image and Wan.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 10 GB
# aikore.homepage = https://github.com/vladmandic/sdnext
# aikore.license = Apache-2.0
# aikore.icon = 🖌️
# aikore.files = launch_args.txt, settings/config.json, settings/ui-config.json
# aikore.param.version = text, , "Branch, tag or commit", hint="dev is the one for testers. Empty: the main branch."
# aikore.param.vram = enum, auto, "Memory of the card", options=auto|medium|low, hint="medium keeps one part of a model on the card, low one layer after the other."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Fetching SD.Next" 1 5
sync_repo https://github.com/vladmandic/sdnext.git ./app "$(param version)"
knows() { grep -qE -- "[\"']$1[\"']" ./app/installer.py ./app/modules/cmd_args.py 2>/dev/null; }

phase "Preparing Python" 2 5
ensure_env ./env 3.12
ensure_uv

phase "Installing PyTorch" 3 5
read -r torch cuda <<<"$(webui_named_torch ./app/installer.py)" || true
install_torch "${torch:-2.9.1}" "${cuda:-cu128}" torch torchvision

phase "Installing packages" 4 5
# Its own installer looks after them: at the first start, after an update, and when an extension has changed.
install_wheels
webui_keep_torch

phase "Linking models and outputs" 5 5
map_models ./app models/Stable-diffusion=stable-diffusion models/Diffusers=diffusers models/VAE=vae models/Lora=lora \
    models/embeddings=embeddings models/UNET=unet models/Text-encoder=text_encoders models/ESRGAN=upscale \
    models/control/controlnet=controlnet
mkdir -p ./settings ./app/extensions
webui_run_folder ./app outputs
options=(
    --server-name 127.0.0.1 --port "$WEBUI_PORT" --subpath "${SUBFOLDER%/}"
    --config "$PWD/settings/config.json" --ui-config "$PWD/settings/ui-config.json"
    --allowed-paths "$INSTANCE_OUTPUT_DIR" "$PWD/app"
)
# An update is asked for in AiKore, which can take it back.
for option in --uv --skip-git; do
    if knows "$option"; then
        options+=("$option")
    fi
done
case $(param vram auto) in
medium) options+=(--medvram) ;;
low) options+=(--lowvram) ;;
esac
launch_args
webui_quiet
cd "$RUN"
run_app python launch.py "${options[@]}" "${LAUNCH_ARGS[@]}"
