#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = ACE-Step 1.5
# aikore.category = Audio
# aikore.description = Songs with lyrics, covers and edits from a description, in seconds; LoRA training included. Models come at the first use.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 12 GB
# aikore.homepage = https://github.com/ace-step/ACE-Step-1.5
# aikore.license = MIT
# aikore.icon = 🎵
# aikore.files = launch_args.txt, app/.env
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.language-model = enum, auto, "Language model", options=auto|on|off, hint="Writes and understands lyrics; auto: when the card has room."
# aikore.param.offload = enum, auto, "Low memory", options=auto|on|off, hint="Keeps in main memory what is not at work."
# aikore.param.load = bool, false, "Load the models at the start", hint="Otherwise a button in the page does."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

phase "Fetching ACE-Step" 1 5
sync_repo https://github.com/ace-step/ACE-Step-1.5.git ./app "$(param version)"

phase "Preparing Python" 2 5
ensure_env ./env 3.11

phase "Installing PyTorch" 3 5
install_torch 2.10.0 cu128

phase "Installing packages" 4 5
# flash-attn has to be compiled for hours where no ready one fits; without it torch's own attention is used. The torch
# that the project asks for, and the places it names, are those of one kind of card.
install_packages --no-sources --without flash-attn,nano-vllm,torch,torchvision,torchaudio -e ./app
install_packages --without flash-attn ./app/acestep/third_parts/nano-vllm
install_wheels

phase "Linking models and outputs" 5 5
mkdir -p "$AIKORE_MODELS_DIR/diffusers/ace-step" "$INSTANCE_OUTPUT_DIR"
export ACESTEP_CHECKPOINTS_DIR="$AIKORE_MODELS_DIR/diffusers/ace-step"
# It writes beside its own package. Each run sees the package in a folder of its own, so that a satellite's songs go
# where they belong.
run=$PWD/runs/${AIKORE_INSTANCE_ID:-$WEBUI_PORT}
mkdir -p "$run"
ln -sfn "$PWD/app/acestep" "$run/acestep"
ln -sfn "$ACESTEP_CHECKPOINTS_DIR" "$run/checkpoints"
if [[ -f ./app/.env ]]; then
    ln -sfn "$PWD/app/.env" "$run/.env"
fi
sl_folder "$run" gradio_outputs "$INSTANCE_OUTPUT_DIR"

options=(--server-name 127.0.0.1 --port "$WEBUI_PORT" --language en --allowed-path "$INSTANCE_OUTPUT_DIR")
case $(param language-model auto) in
on) options+=(--init_llm true) ;;
off) options+=(--init_llm false) ;;
esac
case $(param offload auto) in
on) options+=(--offload_to_cpu true --offload_dit_to_cpu true) ;;
off) options+=(--offload_to_cpu false) ;;
esac
if is_on load; then
    options+=(--init_service true)
fi
launch_args
export PYTHONPATH="$run${PYTHONPATH:+:$PYTHONPATH}" HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 GRADIO_SSR_MODE=False
export GRADIO_TEMP_DIR="${TMPDIR:-/tmp}/gradio-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}"
cd "$run"
run_app python -m acestep.acestep_v15_pipeline "${options[@]}" "${LAUNCH_ARGS[@]}"
