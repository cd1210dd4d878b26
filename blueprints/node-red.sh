#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Node-RED
# aikore.category = Tools
# aikore.description = Flows of messages put together in the browser: webhooks, timers, MQTT, home automation, and calls of other apps' APIs.
# aikore.venv_path = ./app
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 300s
# aikore.gpu = none
# aikore.disk = 250 MB
# aikore.homepage = https://nodered.org/
# aikore.license = Apache-2.0
# aikore.icon = 🔀
# aikore.files = data/settings.js, launch_args.txt
# aikore.param.version = text, latest, "Version", hint="Like 5, or 5.0.7; latest: the newest when it was installed or updated."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

phase "Preparing Node.js" 1 2
export npm_config_progress=false
ensure_node 22

phase "Installing Node-RED" 2 2
# An update begins without ./app, as named in the header, and so with the newest version; AiKore keeps the one before.
clean_env ./app
wanted="{ \"private\": true, \"dependencies\": { \"node-red\": \"$(param version latest)\" } }"
mkdir -p ./app ./data
if [[ ! -f ./app/package.json || $(<./app/package.json) != "$wanted" ]]; then
    printf '%s\n' "$wanted" >./app/package.json
    # What it said belongs to the version of before.
    rm -f ./app/package-lock.json
fi
install_node_packages ./app --loglevel=error ||
    die "Node-RED could not be installed: the lines above say why. Start again to retry."
# Flows, their passwords and nodes that are installed in the page are in ./data.
[[ -f ./data/settings.js ]] || cp ./app/node_modules/node-red/settings.js ./data/settings.js

launch_args
export DO_NOT_TRACK=1
# Without what it asks and tells whoever opens it first.
run_app node ./app/node_modules/node-red/red.js --port "$WEBUI_PORT" --userDir ./data \
    -D uiHost=127.0.0.1 -D editorTheme.tours=false --no-telemetry "${LAUNCH_ARGS[@]}"
