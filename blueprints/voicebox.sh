#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Voicebox
# aikore.category = Audio
# aikore.description = A voice studio: clone voices, speak with nine engines, effects, stories with several voices, and transcription.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = root-only
# aikore.ready = http:/health
# aikore.ready_timeout = 600s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.min_vram = 6 GB
# aikore.disk = 10 GB
# aikore.homepage = https://voicebox.sh/
# aikore.license = MIT
# aikore.icon = 🎙️
# aikore.helper = off
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

phase "Fetching Voicebox" 1 6
sync_repo https://github.com/jamiepine/voicebox.git ./app "$(param version)"

phase "Preparing Python" 2 6
ensure_env ./env 3.12

phase "Installing PyTorch" 3 6
install_torch 2.8.0 cu128

phase "Installing packages" 4 6
install_requirements ./app/backend/requirements.txt
# Both insist on an older torch and run with this one.
install_packages --no-deps chatterbox-tts hume-tada
install_wheels

phase "Building the page" 5 6
# Its lock file is Bun's, and Bun comes from npm: of its package for this machine, no script has to run.
if ! command -v bun >/dev/null; then
    export npm_config_progress=false
    package=bun-linux-x64
    if [[ $(uname -m) == aarch64 ]]; then
        package=bun-linux-aarch64
    fi
    ensure_node 20
    mkdir -p ./tools
    echo "{ \"private\": true, \"dependencies\": { \"@oven/$package\": \"^1.3\" } }" >./tools/package.json
    install_node_packages ./tools || die "Bun could not be installed: the lines above say why. Start again to retry."
    export PATH="$PWD/tools/node_modules/@oven/$package/bin:$PATH"
fi
export BUN_INSTALL_CACHE_DIR="${XDG_CACHE_HOME:-$PWD/tools}/bun"
commit=$(git -c safe.directory='*' -C ./app rev-parse HEAD)
if [[ ! -d ./app/frontend || $(cat ./app/frontend/.commit 2>/dev/null) != "$commit" ]]; then
    (
        cd ./app
        bun install --frozen-lockfile --ignore-scripts
        cd ./web
        bun x vite build --outDir ../frontend.part --emptyOutDir
    ) </dev/null
    echo "$commit" >./app/frontend.part/.commit
    rm -rf ./app/frontend
    mv ./app/frontend.part ./app/frontend
fi

phase "Linking outputs" 6 6
mkdir -p ./data "$AIKORE_MODELS_DIR/tts"
# Made once and not for each satellite: all of a family share one database, which finds what was spoken by its place.
if [[ ! -e ./data/generations || ! -L ./data/generations ]]; then
    sl_folder ./data generations "$INSTANCE_OUTPUT_DIR"
fi

launch_args
data=$PWD/data
export HF_HUB_DISABLE_TELEMETRY=1 DO_NOT_TRACK=1
cd ./app
# It answers to the name `localhost` alone. Which names are good, AiKore has decided before a request comes here.
run_app python -c '
import runpy

from starlette.middleware import trustedhost

plain = trustedhost.TrustedHostMiddleware.__init__
trustedhost.TrustedHostMiddleware.__init__ = lambda self, app, **_: plain(self, app, allowed_hosts=["*"])
runpy.run_module("backend.main", run_name="__main__", alter_sys=True)
' --host 127.0.0.1 --port "$WEBUI_PORT" --data-dir "$data" "${LAUNCH_ARGS[@]}"
