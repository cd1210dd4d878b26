#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = OneTrainer
# aikore.category = Training
# aikore.description = Trains LoRAs, embeddings and whole models for nearly every image model, in a program with windows on a desktop in the browser.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.persistent_mode = true
# aikore.proxy = strip
# aikore.ready = process
# aikore.ready_timeout = 60s
# aikore.stop_grace = 30s
# aikore.gpu = required
# aikore.min_vram = 8 GB
# aikore.disk = 10 GB
# aikore.homepage = https://github.com/Nerogar/OneTrainer
# aikore.license = AGPL-3.0
# aikore.icon = 🏋️
# aikore.files = launch_args.txt
# aikore.helper = off
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.low-memory = bool, false, "Low memory", hint="PyTorch gives memory back more often."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

[[ -n ${DISPLAY:-} ]] ||
    die "OneTrainer needs a desktop: switch on \"Run in a desktop on the server\" (Edit), then start again."

phase "Fetching OneTrainer" 1 5
sync_repo https://github.com/Nerogar/OneTrainer.git ./app "$(param version)"

phase "Preparing Python" 2 5
ensure_env ./env 3.12
# What its own script for Linux opens.
entry=$(sed -nE 's/.*(scripts\/train_ui[a-z0-9_]*\.py).*/\1/p' ./app/start-ui.sh 2>/dev/null | head -n 1)
entry=${entry:-scripts/train_ui.py}
if ! grep -qis pyside6 "./app/$entry" && ! python -c 'import tkinter' 2>/dev/null; then
    die "This Python has no Tk, which OneTrainer's windows need: install the package python3-tk, or choose another" \
        "Python version (Edit), then rebuild the environment."
fi

phase "Installing PyTorch" 3 5
kind=cpu list=requirements-default.txt
if [[ -e /dev/kfd ]]; then
    kind=rocm list=requirements-rocm.txt
elif webui_has_gpu; then
    kind=cuda list=requirements-cuda.txt
else
    note "No GPU found: OneTrainer opens, but training on the CPU takes weeks"
fi
# It is made for one version; which build of that fits depends on this machine. Older versions of it have lists.
torch=$(sed -nE 's/^[[:space:]"]*torch==([0-9.]+).*/\1/p' ./app/pyproject.toml "./app/$list" 2>/dev/null | sort -V | tail -n 1 || true)
install_torch "${torch:-2.12.0}" '' torch torchvision

phase "Installing packages" 4 5
webui_older_setuptools
if grep -qs '^\[project\.optional-dependencies\]' ./app/pyproject.toml; then
    install_packages -e "./app[$kind]"
else
    # Packages from git can't be installed as editable ones by uv, and nobody edits them.
    mkdir -p ./lists
    for name in "$list" requirements-global.txt; do
        sed -E 's/^(-e|--editable)[[:space:]]+git\+/git+/' "./app/$name" >"./lists/$name"
        install_requirements "./lists/$name"
    done
fi
install_wheels

phase "Linking outputs" 5 5
# It writes workspaces and models to fixed places below where it runs, and its dialogs for files begin there.
webui_run_folder ./app workspace models
ln -sfn "$AIKORE_MODELS_DIR" "$RUN/shared-models"
mkdir -p "$RUN/datasets"

launch_args
webui_quiet
if is_on low-memory; then
    export PYTORCH_CUDA_ALLOC_CONF=garbage_collection_threshold:0.6,max_split_size_mb:128
fi
cd "$RUN"
run_app python "$entry" "${LAUNCH_ARGS[@]}"
