#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = SillyTavern
# aikore.category = Text
# aikore.description = Chats with characters, for many language models' APIs: character cards, worlds, group chats, extensions.
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 300s
# aikore.gpu = none
# aikore.disk = 800 MB
# aikore.homepage = https://sillytavern.app/
# aikore.license = AGPL-3.0
# aikore.icon = 🍻
# aikore.files = config.yaml, launch_args.txt
# aikore.param.version = text, release, "Branch, tag or commit", hint="release, staging, or a version."
# aikore.param.source = text, https://github.com/SillyTavern/SillyTavern.git, "Where it comes from"
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

phase "Preparing Node.js" 1 3
export npm_config_progress=false
ensure_node 20

phase "Fetching SillyTavern" 2 3
sync_repo "$(param source https://github.com/SillyTavern/SillyTavern.git)" ./app "$(param version release)"

phase "Installing packages" 3 3
clean_env ./app/node_modules
install_node_packages ./app --omit=dev --loglevel=error ||
    die "SillyTavern's packages could not be installed: the lines above say why. Start again to retry."

# Characters and chats live beside the app, not in it.
mkdir -p ./data
# AiKore's door asks who is there, and everybody else comes from 127.0.0.1 as it seems; these win over config.yaml.
export SILLYTAVERN_LISTEN=false SILLYTAVERN_WHITELISTMODE=false SILLYTAVERN_BROWSERLAUNCH_ENABLED=false
export SILLYTAVERN_HEARTBEATINTERVAL=0 NODE_ENV=production DO_NOT_TRACK=1
launch_args
home=$PWD
cd ./app
run_app node server.js --configPath "$home/config.yaml" --dataRoot "$home/data" --port "$WEBUI_PORT" "${LAUNCH_ARGS[@]}"
