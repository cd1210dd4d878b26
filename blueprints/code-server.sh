#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = code-server
# aikore.category = Tools
# aikore.description = Visual Studio Code in the browser, opened in the instance's output folder: editor, terminals, extensions.
# aikore.proxy = strip
# aikore.ready = http:/healthz
# aikore.ready_timeout = 300s
# aikore.gpu = none
# aikore.disk = 700 MB
# aikore.homepage = https://coder.com/docs/code-server
# aikore.license = MIT
# aikore.icon = 🧑‍💻
# aikore.files = launch_args.txt, data/User/settings.json
# aikore.helper = off
# aikore.param.version = text, 4.139.1, "Version"
# aikore.param.folder = path, , "Folder to open", hint="Empty: the instance's outputs."
# aikore.param.releases = text, https://github.com/coder/code-server/releases/download, "Where it comes from"
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

version=$(param version 4.139.1) version=${version#v}
machine=amd64
if [[ $(uname -m) == aarch64 ]]; then
    machine=arm64
fi
program=$PWD/versions/$version

phase "Installing code-server" 1 1
clean_env ./versions
# The release brings its own Node.js; npm's would have to be compiled, with headers that only root can install.
if [[ ! -x $program/bin/code-server ]]; then
    name=code-server-$version-linux-$machine
    releases=$(param releases https://github.com/coder/code-server/releases/download)
    download "$releases/v$version/$name.tar.gz" "./versions/$name.tar.gz" ||
        die "code-server $version could not be downloaded: check the version (Edit → Settings of the blueprint)."
    rm -rf "$program.part"
    mkdir -p "$program.part"
    tar -xzf "./versions/$name.tar.gz" -C "$program.part" --strip-components=1
    mv "$program.part" "$program"
    rm -f "./versions/$name.tar.gz"
fi

mkdir -p ./data ./extensions "$INSTANCE_OUTPUT_DIR"
# AiKore's door asks who is there; a password of its own would be a second one.
[[ -f ./config.yaml ]] || echo 'auth: none' >./config.yaml
unset PASSWORD HASHED_PASSWORD VSCODE_IPC_HOOK_CLI
launch_args
# Terminals open in the folder too. The socket is of one run: satellites share the rest.
run_app "$program/bin/code-server" --config "$PWD/config.yaml" --auth none --bind-addr "127.0.0.1:$WEBUI_PORT" \
    --user-data-dir "$PWD/data" --extensions-dir "$PWD/extensions" \
    --session-socket "${TMPDIR:-/tmp}/code-server-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}.sock" \
    --abs-proxy-base-path "${SUBFOLDER%/}" --disable-telemetry --disable-update-check --disable-getting-started-override \
    "${LAUNCH_ARGS[@]}" "$(param folder "$INSTANCE_OUTPUT_DIR")"
