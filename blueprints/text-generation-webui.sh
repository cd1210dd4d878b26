#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Text generation web UI
# aikore.category = Text
# aikore.description = Chat, notebook and API for local language models: llama.cpp, ExLlamaV3 and Transformers, with LoRA training.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 6 GB
# aikore.disk = 12 GB
# aikore.homepage = https://github.com/oobabooga/text-generation-webui
# aikore.license = AGPL-3.0
# aikore.icon = 💬
# aikore.files = launch_args.txt, app/user_data/settings.yaml
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.small = bool, false, "llama.cpp alone", hint="A small installation without PyTorch: no Transformers, no ExLlama, no training."
# aikore.param.model = text, , "Model to load at the start", hint="A file or folder of models/llm. Empty: chosen in the page."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

step=0 steps=5
if is_on small; then
    steps=4
fi
next() { phase "$1" $((++step)) "$steps"; }

next "Fetching the web UI"
sync_repo https://github.com/oobabooga/text-generation-webui.git ./app "$(param version)"

# What its own installer takes: its ready-made packages fit exactly these.
installer() { sed -nE 's/^'"$1"' *= *"([0-9.]+)".*/\1/p' ./app/one_click.py 2>/dev/null | head -n 1; }
python=$(installer PYTHON_VERSION) torch=$(installer TORCH_VERSION)

next "Preparing Python"
ensure_env ./env "${python:-3.13}"

gpu=cpu_only
if command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU '; then
    gpu=nvidia
elif [[ -e /dev/kfd ]]; then
    gpu=amd
fi

options=()
if is_on small; then
    kind=portable
    options+=(--portable)
else
    kind=full
    next "Installing PyTorch"
    install_torch "${torch:-2.9.1}" cu128 torch
    if [[ $gpu == cpu_only ]]; then
        options+=(--cpu)
    fi
fi

next "Installing packages"
list=./app/requirements/$kind/requirements.txt
if [[ $gpu != nvidia && -f ./app/requirements/$kind/requirements_$gpu.txt ]]; then
    list=./app/requirements/$kind/requirements_$gpu.txt
fi
install_requirements "$list"
install_wheels

next "Linking models"
map_models ./app user_data/models=llm

if [[ -n $(param model) ]]; then
    options+=(--model "$(param model)")
fi
launch_args
export HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 WANDB_MODE=disabled
export GRADIO_TEMP_DIR="${TMPDIR:-/tmp}/gradio-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}"
cd ./app
# Without --listen it stays on 127.0.0.1.
run_app python server.py --listen-port "$WEBUI_PORT" --subpath "${SUBFOLDER%/}" "${options[@]}" "${LAUNCH_ARGS[@]}"
