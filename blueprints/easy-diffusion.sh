#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Easy Diffusion
# aikore.category = Image
# aikore.description = A simple page for Stable Diffusion 1.5 and SDXL: a queue of tasks, styles to click on, inpainting and upscaling.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = root-only
# aikore.ready = http:/
# aikore.ready_timeout = 1800s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 9 GB
# aikore.homepage = https://easydiffusion.github.io/
# aikore.license = CreativeML OpenRAIL-M
# aikore.icon = 🪄
# aikore.files = launch_args.txt, easydiffusion/config.yaml
# aikore.param.version = text, , "Branch, tag or commit", hint="beta is the one for testers. Empty: the main branch."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Fetching Easy Diffusion" 1 5
sync_repo https://github.com/easydiffusion/easydiffusion.git ./app "$(param version)"

phase "Preparing Python" 2 5
ensure_env ./env 3.10

phase "Installing PyTorch" 3 5
install_torch 2.7.1 cu128 torch torchvision

phase "Installing packages" 4 5
# What its own installer would bring, which wants conda for it. It looks through checkpoints itself.
webui_older_setuptools
export TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1
mkdir -p ./lists
python "$AIKORE_LIB/apps/easy_diffusion.py" packages ./app/scripts/check_modules.py >./lists/requirements.txt
install_requirements ./lists/requirements.txt
install_wheels
webui_keep_torch

phase "Linking models" 5 5
# The folder that its installer makes. Settings and plugins are in it, so a satellite has its own.
root=$(webui_own_folder easydiffusion)
mkdir -p "$root/stable-diffusion" "$INSTANCE_OUTPUT_DIR"
ln -sfn "$PWD/app/ui" "$root/ui"
ln -sfn "$PWD/app/scripts" "$root/scripts"
map_models "$root" models/stable-diffusion=stable-diffusion models/vae=vae models/lora=lora \
    models/hypernetwork=hypernetwork models/embeddings=embeddings models/controlnet=controlnet \
    models/realesrgan=upscale models/text-encoder=text_encoders
python "$AIKORE_LIB/apps/easy_diffusion.py" settings "$root/config.yaml" "$INSTANCE_OUTPUT_DIR"
launch_args
webui_quiet
export SD_UI_PATH="$root/ui" SD_UI_BIND_PORT="$WEBUI_PORT" SD_UI_BIND_IP=127.0.0.1 WANDB_MODE=disabled
cd "$root/stable-diffusion"
run_app python -m uvicorn main:server_api --app-dir "$SD_UI_PATH" --host 127.0.0.1 --port "$WEBUI_PORT" \
    --log-level error --no-access-log "${LAUNCH_ARGS[@]}"
