#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = kohya_ss
# aikore.category = Training
# aikore.description = A page for Kohya's sd-scripts: LoRAs, DreamBooth and finetuning for Stable Diffusion, SDXL and FLUX, and tools around them.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.stop_grace = 30s
# aikore.gpu = required
# aikore.min_vram = 8 GB
# aikore.disk = 12 GB
# aikore.homepage = https://github.com/bmaltais/kohya_ss
# aikore.license = Apache-2.0
# aikore.icon = 🎓
# aikore.files = launch_args.txt, config.toml
# aikore.param.version = text, , "Branch, tag or commit", hint="Like v25.2.1. Empty: the main branch."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Fetching kohya_ss" 1 5
sync_repo https://github.com/bmaltais/kohya_ss.git ./app "$(param version)"
knows() { grep -qF -- "\"$1\"" ./app/kohya_gui.py; }

phase "Preparing Python" 2 5
python=$(grep -m 1 -oE '^3\.[0-9]+' ./app/.python-version 2>/dev/null || true)
ensure_env ./env "${python:-3.11}"

phase "Installing PyTorch" 3 5
linux=./app/requirements_linux.txt
torch=$(sed -nE 's/.*\btorch==([0-9]+\.[0-9]+\.[0-9]+).*/\1/p' "$linux" 2>/dev/null | head -n 1)
build=$(sed -nE 's/.*\btorch==[0-9.]+\+(cu[0-9]+).*/\1/p' "$linux" 2>/dev/null | head -n 1)
install_torch "${torch:-2.7.0}" "${build:-cu128}" torch torchvision
webui_has_gpu || note "No GPU found: the page opens, but training on the CPU takes weeks"

phase "Installing packages" 4 5
# Its lists are for its own installer: several packages in a line, with options of pip behind them. One a line here, and
# without torch and the trainer's own folder.
mkdir -p ./lists
for list in requirements requirements_linux; do
    if [[ -f ./app/$list.txt ]]; then
        sed -E 's/(^|[[:space:]])#.*//; s/[[:space:]]--(extra-)?index-url[ =][^ ]+//g; /^[[:space:]]*-/d' "./app/$list.txt" |
            sed -E '/[;@]/!s/[[:space:]]+([A-Za-z])/\n\1/g' | { grep -vE '^(torch|torchvision|torchaudio)([^a-z-]|$)' || true; } \
            >"./lists/$list.txt"
    fi
done
cat ./lists/requirements_linux.txt >>./lists/requirements.txt 2>/dev/null || true
install_requirements ./lists/requirements.txt
install_packages --no-deps -e ./app/sd-scripts
install_wheels

phase "Linking models and outputs" 5 5
webui_run_folder ./app outputs
mkdir -p ./data ./configs "$RUN/logs"
for name in data configs; do
    ln -sfn "$PWD/$name" "$RUN/$name"
done
ln -sfn "$AIKORE_MODELS_DIR" "$RUN/shared-models"
if [[ ! -e config.toml ]]; then
    cat >config.toml <<'TOML'
# Where the page's fields begin. Other keys: see app/config example.toml. Folders are seen from that of the run.
[model]
models_dir = "./shared-models/stable-diffusion"
train_data_dir = "./data"

[folders]
output_dir = "./outputs"
reg_data_dir = "./data/reg"
logging_dir = "./logs"

[configuration]
config_dir = "./configs"

[advanced]
vae_dir = "./shared-models/vae"
TOML
fi
options=(--listen 127.0.0.1 --server_port "$WEBUI_PORT" --headless)
if knows --config; then
    options+=(--config "$PWD/config.toml")
fi
# It would install what it finds missing, and more.
if knows --noverify; then
    options+=(--noverify)
fi
if knows --root_path; then
    options+=(--root_path "${SUBFOLDER%/}")
fi
launch_args
webui_quiet
# Its button for TensorBoard would open that to the whole network.
export WANDB_MODE=offline TF_CPP_MIN_LOG_LEVEL=3 TENSORBOARD_HOST=127.0.0.1
cd "$RUN"
run_app python kohya_gui.py "${options[@]}" "${LAUNCH_ARGS[@]}"
