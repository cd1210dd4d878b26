#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = FaceFusion
# aikore.category = Video
# aikore.description = Swaps, restores, ages and edits faces in pictures and videos, syncs lips to sound, and enlarges or colours frames.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 6 GB
# aikore.homepage = https://facefusion.io/
# aikore.license = OpenRAIL-AS
# aikore.icon = 🎭
# aikore.files = launch_args.txt, facefusion.ini
# aikore.param.version = text, , "Branch, tag or commit", hint="Like 3.5.0. Empty: the main branch."
# aikore.param.memory = enum, strict, "Memory of the card", options=strict|moderate|tolerant, hint="strict frees a model as soon as it is not needed; tolerant keeps all, which is faster."
# aikore.param.threads = int, , "Threads", min=1, max=32, hint="Frames worked on at once. Empty: what the app takes itself."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

# It does not start without them, and says less about why.
for program in curl ffmpeg; do
    command -v "$program" >/dev/null || die "FaceFusion needs $program, which this machine lacks: install it, then start again."
done

phase "Fetching FaceFusion" 1 4
sync_repo https://github.com/facefusion/facefusion.git ./app "$(param version)"

phase "Preparing Python" 2 4
ensure_env ./env 3.12

phase "Installing packages" 3 4
# The list has the runtime for the CPU. Its own installer says which one for NVIDIA's cards goes with it; the newest of
# that series, because not each of them is there for every system.
runtime() {
    local found
    found=$(sed -nE "s/.*'$1'[],:) =(]+'onnxruntime(-gpu)?', *'([0-9]+\.[0-9]+).*/\2/p" ./app/facefusion/installer.py | head -n 1)
    printf '%s.0\n' "${found:-1.24}"
}
install_requirements --without onnxruntime,onnxruntime-gpu ./app/requirements.txt
if [[ ! -e /dev/kfd ]] && webui_has_gpu; then
    install_packages "onnxruntime-gpu[cuda,cudnn]~=$(runtime cuda)"
elif ! { compgen -G "$VIRTUAL_ENV/lib/python3*/site-packages/onnxruntime_gpu-*" >/dev/null; }; then
    # The one for cards runs without a card too: one that is away for one start changes nothing.
    install_packages "onnxruntime~=$(runtime default)"
fi
install_wheels

phase "Linking models" 4 4
map_models ./app .assets/models=insightface/facefusion
if [[ ! -e facefusion.ini && -f app/facefusion.ini ]]; then
    cp app/facefusion.ini facefusion.ini
fi
run=$PWD/runs/${AIKORE_INSTANCE_ID:-$WEBUI_PORT}
temporary=${TMPDIR:-/tmp}/facefusion-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}
mkdir -p "$run/jobs" "$temporary" "$INSTANCE_OUTPUT_DIR"
# The runtime looks for CUDA's libraries, which came as packages, where the system keeps its own.
for folder in "$VIRTUAL_ENV"/lib/python3*/site-packages/nvidia/*/lib; do
    if [[ -d $folder ]]; then
        export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
    fi
done
options=(
    --config-path "$PWD/facefusion.ini" --jobs-path "$run/jobs" --temp-path "$temporary"
    --output-path "$INSTANCE_OUTPUT_DIR" --video-memory-strategy "$(param memory strict)"
)
if [[ -n $(param threads) ]]; then
    options+=(--execution-thread-count "$(param threads)")
fi
launch_args
webui_quiet
# Address, port and prefix come from GRADIO_SERVER_NAME, _PORT and GRADIO_ROOT_PATH.
cd ./app
run_app python facefusion.py run "${options[@]}" "${LAUNCH_ARGS[@]}"
