#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Whisper WebUI
# aikore.category = Audio
# aikore.description = Subtitles from files, videos and the microphone with faster-whisper; speakers told apart, music removed, translation.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 9 GB
# aikore.homepage = https://github.com/jhj0517/Whisper-WebUI
# aikore.license = Apache-2.0
# aikore.icon = 📝
# aikore.files = launch_args.txt, app/configs/default_parameters.yaml
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.engine = enum, faster-whisper, "Engine", options=faster-whisper|whisper|insanely-fast-whisper
# aikore.param.token = secret, , "Hugging Face token", hint="For telling speakers apart; its terms must be accepted at Hugging Face."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Fetching Whisper WebUI" 1 5
sync_repo https://github.com/jhj0517/Whisper-WebUI.git ./app "$(param version)"

phase "Preparing Python" 2 5
ensure_env ./env 3.11

phase "Installing PyTorch" 3 5
# Newer ones lack what pyannote 3 asks torchaudio for.
install_torch 2.8.0 cu128

phase "Installing packages" 4 5
# Whisper's own setup needs what newer setuptools have dropped.
webui_older_setuptools
install_requirements ./app/requirements.txt
install_wheels

phase "Linking models" 5 5
map_models ./app models/Whisper=whisper models/Diarization=whisper/diarization models/NLLB=llm/nllb models/UVR=whisper/uvr
mkdir -p "$INSTANCE_OUTPUT_DIR"
# CTranslate2 looks for the libraries that came with torch, but not there.
for folder in "$VIRTUAL_ENV"/lib/python3*/site-packages/nvidia/{cublas,cudnn}/lib; do
    if [[ -d $folder ]]; then
        export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    fi
done
command -v ffmpeg >/dev/null || warn "ffmpeg is missing on this machine: videos and most audio files can't be read without it"

launch_args
export HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1 GRADIO_SSR_MODE=False
export GRADIO_TEMP_DIR="${TMPDIR:-/tmp}/gradio-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}"
if [[ -n $(param token) ]]; then
    HF_TOKEN=$(param token)
    export HF_TOKEN
fi
cd ./app
run_app python app.py --server_name 127.0.0.1 --server_port "$WEBUI_PORT" --inbrowser false \
    --whisper_type "$(param engine faster-whisper)" --output_dir "$INSTANCE_OUTPUT_DIR" "${LAUNCH_ARGS[@]}"
