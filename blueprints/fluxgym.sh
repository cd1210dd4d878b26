#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = FluxGym
# aikore.category = Training
# aikore.description = Trains LoRAs for Flux from a handful of pictures, with 12 GB of video memory: upload, caption, start.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 30s
# aikore.gpu = required
# aikore.min_vram = 12 GB
# aikore.disk = 12 GB
# aikore.homepage = https://github.com/cocktailpeanut/fluxgym
# aikore.license = MIT
# aikore.icon = 🏃
# aikore.files = app/models.yaml
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.scripts = text, sd3, "Branch of the training scripts", hint="Of kohya-ss/sd-scripts."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

webui_needs_gpu FluxGym

phase "Fetching FluxGym and its training scripts" 1 5
sync_repo https://github.com/cocktailpeanut/fluxgym.git ./app "$(param version)"
sync_repo https://github.com/kohya-ss/sd-scripts.git ./app/sd-scripts "$(param scripts sd3)"

phase "Preparing Python" 2 5
ensure_env ./env 3.10

phase "Installing PyTorch" 3 5
install_torch 2.7.1 cu128

phase "Installing packages" 4 5
# Both lists at once, so that they fit each other. The scripts are used where they lie, and the newest Diffusers, which
# the page itself does not need, would break them. What the page is made with is no longer what newest means.
mkdir -p ./lists
{
    sed -E '/^-e /d; /diffusers\.git/d' ./app/sd-scripts/requirements.txt ./app/requirements.txt
    printf '%s\n' gradio==4.44.1 'fastapi<0.116' 'starlette<0.46'
} >./lists/requirements.txt
install_requirements ./lists/requirements.txt
install_wheels

phase "Linking models and outputs" 5 5
map_models ./app models/unet=unet models/clip=text_encoders models/vae=vae
mkdir -p ./app/datasets
webui_run_folder ./app outputs
launch_args
webui_quiet
export PYTHONPATH="$PWD/app/sd-scripts${PYTHONPATH:+:$PYTHONPATH}"
cd "$RUN"
# Address, port and prefix come from GRADIO_SERVER_NAME, _PORT and GRADIO_ROOT_PATH.
run_app python app.py "${LAUNCH_ARGS[@]}"
