#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Gradio app
# aikore.category = Generic
# aikore.description = Any Gradio app from a git address or a folder, Hugging Face Spaces included: its packages, its port and its path are taken care of.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.gpu = optional
# aikore.disk = 1 GB
# aikore.homepage = https://www.gradio.app/
# aikore.license = that of the app
# aikore.icon = 🧩
# aikore.files = launch_args.txt
# aikore.helper = auto
# aikore.param.source = text, , "Git address or folder", required, hint="https://…, also of a Hugging Face Space, or a folder of this machine."
# aikore.param.ref = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.entry = text, , "Entry file", hint="Like app.py, or -m package. Empty: it is looked for."
# aikore.param.arguments = text, , "Arguments", hint="For the app; $WEBUI_PORT, $INSTANCE_OUTPUT_DIR and $AIKORE_MODELS_DIR are filled in."
# aikore.param.python = text, , "Python version", hint="Like 3.11. Empty: what the app asks for."
# aikore.param.requirements = text, , "Requirement file", hint="Empty: requirements.txt or pyproject.toml; none: nothing."
# aikore.param.packages = text, , "More packages", hint="Names with blanks between them, like gradio==5.29.1 soundfile."
# aikore.param.torch = enum, auto, "PyTorch for this machine", options=auto|yes|no, hint="auto: when the app's list names it."
# aikore.param.outputs = text, , "Folder of results", hint="In the app's folder; it becomes a link to the instance's outputs."
# aikore.param.port = bool, true, "Use AiKore's port whatever the app says", hint="Off only for apps that take their port from the arguments."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/generic.sh
source "$AIKORE_LIB/apps/generic.sh"

generic_needed "$(param source)" "Git address or folder"

phase "Fetching the app" 1 3
generic_source "$(param source)" "$(param ref)"
generic_entry "$(param entry)" app.py main.py webui.py gradio_app.py demo.py launch.py server.py run.py
generic_words "$(param arguments)"
generic_launch_args
generic_outputs "$(param outputs)"

phase "Preparing Python" 2 3
PYTHON_VERSION=${PYTHON_VERSION:-$(param python)}
ensure_env ./env "$(generic_python)"

phase "Installing packages" 3 3
generic_lists "$(param requirements)"
generic_install "$(param torch auto)" "$(param packages)"
if ! generic_has gradio; then
    # A Space says its Gradio's version beside its list.
    version=$(generic_card sdk_version)
    install_packages "gradio${version:+==$version}"
fi
if [[ -f $APP/$ENTRY ]] && grep -qE '^\s*(import|from) spaces\b' "$APP/$ENTRY" && ! generic_has spaces; then
    install_packages spaces
fi

export GRADIO_TEMP_DIR="${TMPDIR:-/tmp}/gradio-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}"
export GRADIO_SSR_MODE=False HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1
cd "$APP"
start=(python)
if [[ $(param port true) == true ]]; then
    start+=("$AIKORE_LIB/apps/generic_gradio.py")
fi
if [[ $ENTRY == '-m '* ]]; then
    start+=(-m "${ENTRY#-m }")
else
    start+=("$ENTRY")
fi
run_app "${start[@]}" "${WORDS[@]}" "${LAUNCH_ARGS[@]}"
