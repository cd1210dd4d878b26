#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Streamlit app
# aikore.category = Generic
# aikore.description = Any Streamlit app from a git address or a folder: its packages, its port and its path are taken care of.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = preserve
# aikore.ready = http:/_stcore/health
# aikore.ready_timeout = 600s
# aikore.gpu = optional
# aikore.disk = 600 MB
# aikore.homepage = https://streamlit.io/
# aikore.license = that of the app
# aikore.icon = 👑
# aikore.files = launch_args.txt, app/.streamlit/config.toml
# aikore.helper = off
# aikore.param.source = text, , "Git address or folder", required, hint="https://…, or a folder of this machine."
# aikore.param.ref = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.entry = text, , "Entry file", hint="Like streamlit_app.py. Empty: it is looked for."
# aikore.param.arguments = text, , "Arguments", hint="For the app. Options of Streamlit itself belong into launch_args.txt."
# aikore.param.python = text, , "Python version", hint="Like 3.11. Empty: what the app asks for."
# aikore.param.requirements = text, , "Requirement file", hint="Empty: requirements.txt or pyproject.toml; none: nothing."
# aikore.param.packages = text, , "More packages", hint="Names with blanks between them, like streamlit==1.50.0 plotly."
# aikore.param.torch = enum, auto, "PyTorch for this machine", options=auto|yes|no, hint="auto: when the app's list names it."
# aikore.param.outputs = text, , "Folder of results", hint="In the app's folder; it becomes a link to the instance's outputs."
# aikore.param.watch = bool, false, "Follow changes of its files", hint="Pages show what is changed in the app's folder at once."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/generic.sh
source "$AIKORE_LIB/apps/generic.sh"

generic_needed "$(param source)" "Git address or folder"

phase "Fetching the app" 1 3
generic_source "$(param source)" "$(param ref)"
generic_entry "$(param entry)" streamlit_app.py app.py main.py Home.py home.py Main.py 🏠_Home.py
[[ $ENTRY != '-m '* ]] || die "Streamlit starts from a file: give one as \"Entry file\" ($generic_where)."
generic_outputs "$(param outputs)"
generic_words "$(param arguments)"
generic_launch_args

phase "Preparing Python" 2 3
PYTHON_VERSION=${PYTHON_VERSION:-$(param python)}
ensure_env ./env "$(generic_python)"

phase "Installing packages" 3 3
generic_lists "$(param requirements)"
generic_install "$(param torch auto)" "$(param packages)"
if ! generic_has streamlit; then
    version=$(generic_card sdk_version)
    install_packages "streamlit${version:+==$version}"
fi

watcher=none
if is_on watch; then
    watcher=auto
fi
export DO_NOT_TRACK=1
cd "$APP"
run_app python -m streamlit run "$ENTRY" \
    --server.address=127.0.0.1 \
    --server.port="$WEBUI_PORT" \
    --server.baseUrlPath="$SUBFOLDER" \
    --server.headless=true \
    --server.fileWatcherType="$watcher" \
    --browser.gatherUsageStats=false \
    "${LAUNCH_ARGS[@]}" -- "${WORDS[@]}"
