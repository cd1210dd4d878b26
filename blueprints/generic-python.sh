#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Python app
# aikore.category = Generic
# aikore.description = Any web app in Python (NiceGUI, Flask, FastAPI, Dash …) from a git address or a folder, started by a command of yours.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.gpu = optional
# aikore.disk = 500 MB
# aikore.homepage = https://www.python.org/
# aikore.license = that of the app
# aikore.icon = 🐍
# aikore.files = launch_args.txt
# aikore.helper = auto
# aikore.param.source = text, , "Git address or folder", required, hint="https://…, or a folder of this machine."
# aikore.param.ref = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.command = text, , "Start command", hint="In the app's folder, like: uvicorn app:app --host 127.0.0.1 --port $WEBUI_PORT. Empty: its main.py, app.py …"
# aikore.param.python = text, , "Python version", hint="Like 3.11. Empty: what the app asks for."
# aikore.param.requirements = text, , "Requirement file", hint="Empty: requirements.txt or pyproject.toml; none: nothing."
# aikore.param.packages = text, , "More packages", hint="Names with blanks between them, like nicegui uvicorn[standard]."
# aikore.param.torch = enum, auto, "PyTorch for this machine", options=auto|yes|no, hint="auto: when the app's list names it."
# aikore.param.outputs = text, , "Folder of results", hint="In the app's folder; it becomes a link to the instance's outputs."
### AIKORE-METADATA-END ###
# How the app is reached at its path is said above, in `aikore.proxy`, and can be changed in this copy: `strip` cuts the
# path off, and a helper in the pages mends absolute addresses. An app with an option for its base path wants
# `preserve`, and the option with "$SUBFOLDER" in the command. If neither works, `root-only` leads from the path to the
# instance's own port.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/generic.sh
source "$AIKORE_LIB/apps/generic.sh"

generic_needed "$(param source)" "Git address or folder"

phase "Fetching the app" 1 3
generic_source "$(param source)" "$(param ref)"
command=$(param command)
if [[ -z $command ]]; then
    generic_entry '' main.py app.py server.py run.py webui.py
    command="python $(printf '%q' "$ENTRY")"
fi
generic_launch_args
generic_outputs "$(param outputs)"

phase "Preparing Python" 2 3
PYTHON_VERSION=${PYTHON_VERSION:-$(param python)}
ensure_env ./env "$(generic_python)"

phase "Installing packages" 3 3
generic_lists "$(param requirements)"
generic_install "$(param torch auto)" "$(param packages)"

# Names under which apps look for an address to listen on.
export HOST=127.0.0.1 PORT="$WEBUI_PORT" FLASK_RUN_HOST=127.0.0.1 FLASK_RUN_PORT="$WEBUI_PORT"
export UVICORN_HOST=127.0.0.1 UVICORN_PORT="$WEBUI_PORT" DO_NOT_TRACK=1 HF_HUB_DISABLE_TELEMETRY=1
generic_command "$command"
cd "$APP"
run_app "${RUN[@]}"
