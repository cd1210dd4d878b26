#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Empty script
# aikore.category = Generic
# aikore.description = A script to fill in, for apps that no other blueprint fits. Everything that a blueprint can say and do is shown in it.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 300s
# aikore.gpu = optional
# aikore.disk = 1 MB
# aikore.license = MIT OR Apache-2.0
# aikore.icon = 📄
### AIKORE-METADATA-END ###
# The lines above say what AiKore has to know: how requests reach the app (`proxy`: strip, preserve or root-only), how one
# sees that it is up (`ready`: http:/path, tcp, log:<regex> or process), where its environment is. An input of the form:
#   aikore.param.version = text, , "Version", hint="Empty: the newest."     (as a line of the header, with # before it)
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

# 1. Where your app comes from.
repository=''
[[ -n $repository ]] || die "This script is empty: open the instance's editor, fill in launch.sh and start again."

# 2. How it is installed and started: make this fit your app.
phase "Fetching the app" 1 3
sync_repo "$repository" ./app

phase "Preparing Python" 2 3
ensure_env ./env 3.12

phase "Installing packages" 3 3
install_torch
install_requirements ./app/requirements.txt
map_models ./app models/checkpoints=stable-diffusion models/loras=lora

# Arguments of launch_args.txt in the instance's folder.
launch_args
cd ./app
run_app python app.py --host 127.0.0.1 --port "$WEBUI_PORT" --output "$INSTANCE_OUTPUT_DIR" "${LAUNCH_ARGS[@]}"
