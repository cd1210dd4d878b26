#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = ComfyUI
# aikore.category = Image
# aikore.description = Pictures, videos, sound and 3D from graphs of nodes: every new model first, and thousands of custom nodes.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 9 GB
# aikore.homepage = https://www.comfy.org/
# aikore.license = GPL-3.0
# aikore.icon = 🧩
# aikore.files = launch_args.txt, extra_model_paths.yaml, user/__manager/config.ini
# aikore.param.version = text, , "Branch, tag or commit", hint="Like v0.4.0. Empty: the main branch."
# aikore.param.manager = bool, true, "ComfyUI-Manager", hint="Installs custom nodes and models from the page."
# aikore.param.vram = enum, auto, "Memory of the card", options=auto|high|low|none|cpu, hint="high keeps models on the card, low and none are for small ones, cpu does without."
# aikore.param.preview = enum, auto, "Preview while it works", options=auto|taesd|latent2rgb|none
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Fetching ComfyUI" 1 6
sync_repo https://github.com/comfyanonymous/ComfyUI.git ./ComfyUI "$(param version)"
knows() { grep -qF -- "\"$1\"" ./ComfyUI/comfy/cli_args.py; }

phase "Preparing Python" 2 6
ensure_env ./env 3.12

phase "Installing PyTorch" 3 6
install_torch

phase "Installing packages" 4 6
install_requirements ./ComfyUI/requirements.txt
options=()
if [[ $(param manager true) == true ]]; then
    if knows --enable-manager; then
        install_requirements ./ComfyUI/manager_requirements.txt
        options+=(--enable-manager)
    else
        warn "this version of ComfyUI is older than the manager that comes with it: it starts without"
    fi
fi
install_wheels

phase "Installing what custom nodes need" 5 6
# One whose list can't be installed is missing in the page; the others work.
for list in ./ComfyUI/custom_nodes/*/requirements.txt; do
    if [[ -f $list && $list != *.disabled/* ]]; then
        install_requirements "$list" || warn "the custom node $(basename "$(dirname "$list")") lacks packages"
    fi
done
webui_keep_torch

phase "Linking models and outputs" 6 6
# Of several folders for one kind the last one gets what is downloaded in the page.
map_models --yaml ./extra_model_paths.yaml \
    checkpoints=stable-diffusion loras=lora vae=vae vae_approx=vae_approx embeddings=embeddings upscale_models=upscale \
    clip_vision=clip_vision text_encoders=clip text_encoders=t5 text_encoders=text_encoders controlnet=controlnet \
    diffusion_models=unet hypernetworks=hypernetwork diffusers=diffusers gligen=gligen style_models=style_models \
    audio_encoders=audio_encoders
# Custom nodes look for these below ComfyUI itself.
map_models ./ComfyUI models/insightface=insightface models/facexlib=facexlib models/LLM=llm
# Workflows, settings and pictures to start from are common to satellites; ComfyUI empties `temp` at every start.
run=$PWD/runs/${AIKORE_INSTANCE_ID:-$WEBUI_PORT}
mkdir -p ./input ./user "$run" "$INSTANCE_OUTPUT_DIR"
options+=(
    --listen 127.0.0.1 --port "$WEBUI_PORT" --disable-auto-launch
    --extra-model-paths-config "$PWD/extra_model_paths.yaml"
    --output-directory "$INSTANCE_OUTPUT_DIR" --input-directory "$PWD/input"
    --temp-directory "$run" --user-directory "$PWD/user"
    --preview-method "$(param preview auto)"
    # In MB; videos are larger than what it allows by itself.
    --max-upload-size 8192
)
if knows --database-url; then
    options+=(--database-url "sqlite:///$run/comfyui.db")
fi
vram=$(param vram auto)
if [[ $vram != cpu ]] && ! webui_has_gpu; then
    note "No GPU found: ComfyUI runs on the CPU, which is slow"
    vram=cpu
fi
case $vram in
high) options+=(--highvram) ;;
low) options+=(--lowvram) ;;
none) options+=(--novram) ;;
cpu) options+=(--cpu) ;;
esac
launch_args
webui_quiet
cd ./ComfyUI
run_app python main.py "${options[@]}" "${LAUNCH_ARGS[@]}"
