#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Desktop program
# aikore.category = Generic
# aikore.description = Any program with windows, on a desktop of its own that you see in the browser and that stays when you leave.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.persistent_mode = true
# aikore.proxy = strip
# aikore.ready = process
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.disk = 100 MB
# aikore.license = that of the program
# aikore.icon = 🖥️
# aikore.files = launch_args.txt
# aikore.helper = off
# aikore.param.command = text, , "Command", required, hint="Like xterm, /opt/tool/bin/tool, or python main.py in the app's folder."
# aikore.param.source = text, , "Git address or folder", hint="Where the command runs. Empty: the instance's folder."
# aikore.param.ref = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.python = text, , "Python version", hint="Like 3.11. Empty: what the app asks for."
# aikore.param.requirements = text, , "Requirement file", hint="Empty: requirements.txt or pyproject.toml, if the app has one; none: no Python environment."
# aikore.param.packages = text, , "More packages", hint="Names with blanks between them, like pyside6."
# aikore.param.torch = enum, auto, "PyTorch for this machine", options=auto|yes|no, hint="auto: when the app's list names it."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/generic.sh
source "$AIKORE_LIB/apps/generic.sh"

command=$(param command)
generic_needed "$command" Command
[[ -n ${DISPLAY:-} ]] ||
    die "There is no desktop to draw on: switch on \"Run in a desktop on the server\" (Edit), then start again."

clean_env ./env
APP=$PWD LISTS=()
if [[ -n $(param source) ]]; then
    phase "Fetching the app" 1 3
    generic_source "$(param source)" "$(param ref)"
    generic_lists "$(param requirements)"
fi

if ((${#LISTS[@]} > 0)) || [[ -n $(param packages) || $(param torch auto) == yes ]]; then
    phase "Preparing Python" 2 3
    PYTHON_VERSION=${PYTHON_VERSION:-$(param python)}
    ensure_env ./env "$(generic_python)"
    phase "Installing packages" 3 3
    generic_install "$(param torch auto)" "$(param packages)"
fi
generic_launch_args
generic_command "$command"
cd "$APP"
run_app "${RUN[@]}"
