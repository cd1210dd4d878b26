#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = AI Toolkit
# aikore.category = Training
# aikore.description = Ostris' trainer of LoRAs for the newest image and video models, with datasets, a queue of jobs and samples in its page.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = root-only
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 30s
# aikore.gpu = required
# aikore.min_vram = 12 GB
# aikore.disk = 14 GB
# aikore.homepage = https://github.com/ostris/ai-toolkit
# aikore.license = MIT
# aikore.icon = 🧰
# aikore.files = launch_args.txt
# aikore.helper = off
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.token = secret, , "Hugging Face token", hint="For models whose terms must be accepted there. The page's settings have a field for it too."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Fetching AI Toolkit" 1 6
sync_repo https://github.com/ostris/ai-toolkit.git ./app "$(param version)"

phase "Preparing Python" 2 6
ensure_env ./env 3.12

phase "Installing PyTorch" 3 6
# Its list names none; its instructions say which one it is tested with, and some packages fit only that.
told=$(grep -hoE 'torch==[0-9.]+.*' ./app/README.md | head -n 1 || true)
torch=$(sed -nE 's/^torch==([0-9]+\.[0-9]+\.[0-9]+).*/\1/p' <<<"$told")
build=$(sed -nE 's/.*\/(cu[0-9]+).*/\1/p' <<<"$told")
install_torch "${torch:-2.9.1}" "${build:-cu128}"
webui_has_gpu || note "No GPU found: the page opens, but training needs one"

phase "Installing packages" 4 6
install_requirements ./app/requirements.txt
install_wheels

phase "Building the page" 5 6
export NEXT_TELEMETRY_DISABLED=1 CHECKPOINT_DISABLE=1
ensure_node 20
install_node_packages ./app/ui
# Only when the code is another one than the last time: it takes minutes.
commit=$(git -c safe.directory='*' -C ./app rev-parse HEAD)
built=./app/ui/node_modules/.aikore-built
if [[ $(cat "$built" 2>/dev/null) != "$commit" ]]; then
    (cd ./app/ui && npm run update_db && npm run build) </dev/null ||
        die "The page of AI Toolkit could not be built: the lines above say why. Start again to retry."
    echo "$commit" >"$built"
fi

phase "Linking models and outputs" 6 6
export MODELS_PATH="$AIKORE_MODELS_DIR/diffusers/ai-toolkit"
mkdir -p "$MODELS_PATH" ./app/datasets
# Made once and not for each satellite: they have one list of jobs, which remembers where each of them writes.
if [[ ! -L ./app/output ]]; then
    sl_folder ./app output "$INSTANCE_OUTPUT_DIR"
fi

command -v ffmpeg >/dev/null || note "ffmpeg is missing on this machine: videos and sound can't be read without it"
launch_args
webui_quiet
if [[ -n $(param token) ]]; then
    HF_TOKEN=$(param token)
    export HF_TOKEN
fi
cd ./app/ui
# What starts the jobs. One of them for all satellites, or a job would be started twice; when its instance stops,
# another one's goes on. Jobs don't inherit the lock: they outlive it.
(
    exec 9>.aikore-worker.lock
    flock 9 2>/dev/null || true
    while :; do
        node dist/cron/worker.js 9>&- || true
        sleep 5
    done
) &
# Not by the app's own server for files, which listens to the whole network. Jobs find the active Python by PATH.
run_app node node_modules/next/dist/bin/next start --hostname 127.0.0.1 --port "$WEBUI_PORT" "${LAUNCH_ARGS[@]}"
