#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = IOPaint
# aikore.category = Image
# aikore.description = Takes things, people, text and blemishes out of pictures, and paints new ones in; also removes backgrounds and enlarges.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = root-only
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 10s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 7 GB
# aikore.homepage = https://www.iopaint.com/
# aikore.license = Apache-2.0
# aikore.icon = 🩹
# aikore.files = launch_args.txt
# aikore.helper = off
# aikore.param.version = text, 1.6.0, "Version", hint="As PyPI names it."
# aikore.param.model = text, lama, "Model", hint="lama, mat, migan, zits, manga …, or a model of Hugging Face like Sanster/AnyText."
# aikore.param.low-memory = bool, false, "Low memory", hint="Slower, for diffusion models on small cards."
# aikore.param.plugins = bool, true, "Selecting, cutting out, enlarging", hint="Their models are downloaded when the app starts."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Preparing Python" 1 4
# The Pillow that it insists on has no builds for newer ones.
ensure_env ./env 3.11

phase "Installing PyTorch" 2 4
install_torch 2.7.1 cu128 torch torchvision

phase "Installing IOPaint" 3 4
install_packages "iopaint==$(param version 1.6.0)"
install_wheels

phase "Starting" 4 4
# A folder of its own: it loads every checkpoint of its model folder once to find out what it is, and the shared ones
# would take hours. Those of Hugging Face are in $HF_HOME, as for the other apps.
models=$AIKORE_MODELS_DIR/diffusers/iopaint
mkdir -p "$models" "$INSTANCE_OUTPUT_DIR"
device=cpu
if webui_has_gpu; then
    device=cuda
fi
options=(
    --host 127.0.0.1 --port "$WEBUI_PORT" --model "$(param model lama)" --model-dir "$models"
    --output-dir "$INSTANCE_OUTPUT_DIR" --device "$device"
)
if is_on low-memory; then
    options+=(--low-mem --cpu-offload)
fi
if [[ $(param plugins true) == true ]]; then
    options+=(
        --enable-interactive-seg --interactive-seg-device "$device"
        --enable-remove-bg --remove-bg-device "$device" --enable-realesrgan --realesrgan-device "$device"
    )
fi
launch_args
webui_quiet
run_app iopaint start "${options[@]}" "${LAUNCH_ARGS[@]}"
