#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = JupyterLab
# aikore.category = Tools
# aikore.description = Notebooks, terminals and files in the browser, opened in the instance's output folder.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = preserve
# aikore.ready = http:/api
# aikore.ready_timeout = 300s
# aikore.gpu = optional
# aikore.disk = 400 MB
# aikore.homepage = https://jupyter.org/
# aikore.license = BSD-3-Clause
# aikore.icon = 📓
# aikore.helper = off
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

phase "Preparing Python" 1 3
ensure_env ./env ">=3.10"

phase "Installing JupyterLab" 2 3
install_requirements "$AIKORE_LIB/apps/jupyterlab.requirements.txt"
# Packages of your own for the notebooks: list them in requirements.txt in the instance's folder.
if [[ -f requirements.txt ]]; then
    install_requirements requirements.txt
fi

phase "Starting" 3 3
# Settings live in the instance's folder, not in anybody's home. What belongs to one run only is kept per
# instance, because satellites share this folder.
own=$PWD/jupyter/${AIKORE_INSTANCE_ID:-$WEBUI_PORT}
export JUPYTER_CONFIG_DIR="$PWD/jupyter/config" JUPYTER_DATA_DIR="$PWD/jupyter/data"
export JUPYTER_RUNTIME_DIR="$own/runtime" JUPYTERLAB_WORKSPACES_DIR="$own/workspaces"
export JUPYTERLAB_SETTINGS_DIR="$JUPYTER_CONFIG_DIR/settings" IPYTHONDIR="$PWD/jupyter/ipython"
export JUPYTER_PLATFORM_DIRS=0 DO_NOT_TRACK=1
mkdir -p "$INSTANCE_OUTPUT_DIR" "$JUPYTER_CONFIG_DIR/labconfig" "$JUPYTER_RUNTIME_DIR" "$JUPYTERLAB_WORKSPACES_DIR"

# No question about news at the first visit. Yours to change afterwards.
overrides=$JUPYTER_CONFIG_DIR/labconfig/default_setting_overrides.json
if [[ ! -e $overrides ]]; then
    cat >"$overrides" <<'JSON'
{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}}
JSON
fi

options=(
    --no-browser
    --ServerApp.ip=127.0.0.1
    --ServerApp.port="$WEBUI_PORT"
    --ServerApp.port_retries=0
    --ServerApp.base_url="$SUBFOLDER"
    --ServerApp.root_dir="$INSTANCE_OUTPUT_DIR"
    # AiKore's door asks who is there; on loopback nobody else comes in. It forwards the visitor's own Host.
    --IdentityProvider.token=
    --PasswordIdentityProvider.hashed_password=
    --ServerApp.allow_remote_access=True
    --ServerApp.trust_xheaders=True
    --ServerApp.terminals_enabled=True
    --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
    --LabApp.news_url=None
)
if [[ $(id -u) == 0 ]]; then
    options+=(--allow-root)
fi
launch_args
# Terminals open where the notebooks are.
cd "$INSTANCE_OUTPUT_DIR"
run_app python -m jupyterlab "${options[@]}" "${LAUNCH_ARGS[@]}"
