#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Ultimate TTS Studio
# aikore.category = Audio
# aikore.description = A dozen speech engines in one page (Chatterbox, Kokoro, F5, IndexTTS, Higgs, VibeVoice …), voice cloning, audiobooks.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 8 GB
# aikore.disk = 15 GB
# aikore.homepage = https://github.com/SUP3RMASS1VE/Ultimate-TTS-Studio-SUP3R-Edition
# aikore.license = MIT
# aikore.icon = 🗣️
# aikore.files = launch_args.txt
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Fetching Ultimate TTS Studio" 1 5
sync_repo https://github.com/SUP3RMASS1VE/Ultimate-TTS-Studio-SUP3R-Edition.git ./app "$(param version)"

phase "Preparing Python" 2 5
ensure_env ./env 3.10

phase "Installing PyTorch" 3 5
install_torch 2.7.0 cu128

phase "Installing packages" 4 5
# pyaudio plays on the server's own loudspeaker and needs its headers, deepspeed a compiler for CUDA: neither is needed
# for what is heard in the browser.
webui_older_setuptools
install_requirements --without pyaudio,deepspeed ./app/requirements.txt
install_packages --no-deps voxcpm WeTextProcessing
install_wheels

phase "Linking models and outputs" 5 5
map_models ./app checkpoints=tts/ultimate-tts
# Satellites write to folders of their own.
webui_run_folder ./app outputs

launch_args
webui_quiet
export WANDB_MODE=disabled
cd "$RUN"
# It has no options for its address: the same help as for any Gradio app.
run_app python "$AIKORE_LIB/apps/generic_gradio.py" launch.py "${LAUNCH_ARGS[@]}"
