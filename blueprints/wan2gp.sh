#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Wan2GP
# aikore.category = Video
# aikore.description = Videos, pictures and speech with little video memory: Wan, LTX, Hunyuan Video, Qwen Image, Flux and many more in one page.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = required
# aikore.min_vram = 6 GB
# aikore.disk = 14 GB
# aikore.homepage = https://github.com/deepbeepmeep/Wan2GP
# aikore.license = WanGP Community License
# aikore.icon = 🎬
# aikore.files = launch_args.txt, config/wgp_config.json
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.profile = enum, auto, "Memory profile", options=auto|1|2|3|4|4.5|5, hint="1: much main and video memory … 5: little of both. auto: as chosen in the page."
# aikore.param.attention = enum, auto, "Attention", options=auto|sdpa|sage|sage2|flash, hint="What is not installed can be brought as a wheel. auto: as chosen in the page."
# aikore.param.compile = bool, false, "Compile models", hint="Faster after the first run."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

webui_needs_gpu Wan2GP

phase "Fetching Wan2GP" 1 5
sync_repo https://github.com/deepbeepmeep/Wan2GP.git ./app "$(param version)"
knows() { grep -qF -- "\"$1\"" ./app/wgp.py ./app/shared/cli_args.py 2>/dev/null; }

phase "Preparing Python" 2 5
ensure_env ./env 3.11

phase "Installing PyTorch" 3 5
# Not 2.8 and 2.9, which need much more memory for what it does.
install_torch 2.10.0 cu130

phase "Installing packages" 4 5
webui_older_setuptools
install_requirements ./app/requirements.txt
install_wheels
webui_keep_torch

phase "Linking models and outputs" 5 5
map_models ./app ckpts=diffusers/wan2gp loras=lora
mkdir -p ./app/settings ./app/finetunes
webui_run_folder ./app outputs
options=(--server-name 127.0.0.1 --server-port "$WEBUI_PORT")
if knows --config; then
    # It keeps the waiting queue too, so a satellite has its own.
    options+=(--config "$(webui_own_folder config)")
fi
if [[ $(param profile auto) != auto ]]; then
    options+=(--profile "$(param profile)")
fi
if [[ $(param attention auto) != auto ]]; then
    options+=(--attention "$(param attention)")
fi
if is_on compile; then
    options+=(--compile)
fi
launch_args
webui_quiet
cd "$RUN"
run_app python wgp.py "${options[@]}" "${LAUNCH_ARGS[@]}"
