#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Forge Neo
# aikore.category = Image
# aikore.description = The web UI that A1111 users know, for today's models: SDXL, Flux, Qwen Image, Z-Image, Wan and more, with little memory.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 10 GB
# aikore.homepage = https://github.com/Haoming02/sd-webui-forge-classic
# aikore.license = AGPL-3.0
# aikore.icon = ⚒️
# aikore.files = launch_args.txt, settings/config.json, settings/ui-config.json, settings/styles.csv
# aikore.param.version = text, neo, "Branch, tag or commit", hint="classic is the older one, for SD 1.5 and SDXL."
# aikore.param.vram = enum, auto, "Memory of the card", options=auto|high|low|none, hint="high keeps models on the card; low and none are for small ones."
# aikore.param.attention = enum, pytorch, "Attention", options=pytorch|sage|flash|xformers, hint="The others are installed in addition and can be faster."
# aikore.param.api = bool, false, "API", hint="For other programs, below /sdapi/."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/a1111.sh
source "$AIKORE_LIB/apps/a1111.sh"

phase "Fetching Forge" 1 5
sync_repo https://github.com/Haoming02/sd-webui-forge-classic.git ./app "$(param version neo)"
launcher=./app/modules/launch_utils.py
python=$(sed -nE 's/.*minor == ([0-9]+).*/3.\1/p' "$launcher" | head -n 1)

phase "Preparing Python" 2 5
ensure_env ./env "${python:-3.13}"
ensure_uv

phase "Installing PyTorch" 3 5
read -r torch cuda <<<"$(webui_named_torch "$launcher")" || true
install_torch "${torch:-2.9.1}" "${cuda:-cu130}" torch torchvision

phase "Installing packages" 4 5
# Its launcher would do this too, one after the other. What is left for it are extensions.
webui_older_setuptools
read -r -a gradio <<<"$(sed -nE 's/.*"GRADIO_PACKAGE", "([^"]+)".*/\1/p' "$launcher")" || true
if ((${#gradio[@]} > 0)); then
    install_packages "${gradio[@]}"
fi
install_requirements ./app/requirements.txt
install_wheels
webui_keep_torch

phase "Linking models and outputs" 5 5
a1111_models models/embeddings=embeddings
a1111_options
OPTIONS+=(--uv)
for option in "--ckpt-dirs unet" "--text-encoder-dirs clip" "--text-encoder-dirs t5"; do
    if a1111_knows "${option% *}"; then
        OPTIONS+=("${option% *}" "$AIKORE_MODELS_DIR/${option#* }")
        mkdir -p "$AIKORE_MODELS_DIR/${option#* }"
    fi
done
vram=$(param vram auto)
if ! a1111_without_gpu && [[ $vram != auto ]]; then
    if a1111_knows --always-low-vram; then
        OPTIONS+=("--always-$vram-vram")
    else
        OPTIONS+=("--${vram}vram")
    fi
fi
if [[ $(param attention pytorch) != pytorch ]]; then
    OPTIONS+=("--$(param attention)")
fi
launch_args
webui_quiet
cd "$RUN"
# Without --listen it stays on 127.0.0.1.
run_app python launch.py --port "$WEBUI_PORT" "${OPTIONS[@]}" "${LAUNCH_ARGS[@]}"
