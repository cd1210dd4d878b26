#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Open WebUI
# aikore.category = Text
# aikore.description = Chat for Ollama and every API like OpenAI's, with documents, web search, voices, tools and users.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/health
# aikore.ready_timeout = 600s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.disk = 6 GB
# aikore.homepage = https://openwebui.com/
# aikore.license = Open WebUI License
# aikore.icon = 🌐
# aikore.param.version = text, , "Version", hint="Like 0.12.4. Empty: the newest when it was installed or updated."
# aikore.param.accounts = bool, true, "Accounts of its own", hint="Off, before the first visit: everybody whom AiKore lets in is its administrator."
# aikore.param.ollama = text, http://127.0.0.1:11434, "Address of Ollama"
# aikore.param.api = text, , "Address of an API like OpenAI's", hint="Like that of a llama.cpp instance, with /v1 at its end."
# aikore.param.api-key = secret, , "Key of that API"
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

phase "Preparing Python" 1 4
ensure_env ./env 3.11

phase "Installing PyTorch" 2 4
# Reads documents and listens; on machines without a GPU the small build for the CPU does.
install_torch '' '' torch

phase "Installing Open WebUI" 3 4
version=$(param version)
install_packages "open-webui${version:+==$version}"
install_wheels

phase "Preparing its data" 4 4
mkdir -p ./data
# Signs the sessions: without a fixed one everybody would have to log in again after each start.
if [[ ! -s ./data/secret-key ]]; then
    (umask 077 && python -c 'import secrets; print(secrets.token_urlsafe(32))' >./data/secret-key)
fi
WEBUI_SECRET_KEY=$(<./data/secret-key) OLLAMA_BASE_URL=$(param ollama http://127.0.0.1:11434)
export WEBUI_SECRET_KEY OLLAMA_BASE_URL DATA_DIR="$PWD/data"
export ENABLE_VERSION_UPDATE_CHECK=false SCARF_NO_ANALYTICS=true DO_NOT_TRACK=true ANONYMIZED_TELEMETRY=false
export HF_HUB_DISABLE_TELEMETRY=1
if [[ $(param accounts true) == false ]]; then
    export WEBUI_AUTH=False
fi
if [[ -n $(param api) ]]; then
    OPENAI_API_BASE_URL=$(param api)
    OPENAI_API_KEY=$(param api-key)
    export OPENAI_API_BASE_URL OPENAI_API_KEY
fi
launch_args
# It keeps small things where it starts.
cd ./data
run_app open-webui serve --host 127.0.0.1 --port "$WEBUI_PORT" "${LAUNCH_ARGS[@]}"
