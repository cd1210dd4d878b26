#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = LM Studio
# aikore.category = Text
# aikore.description = The LM Studio program on a desktop in the browser: find, load and chat with language models, and serve them as an API.
# aikore.persistent_mode = true
# aikore.proxy = strip
# aikore.ready = process
# aikore.ready_timeout = 900s
# aikore.stop_grace = 20s
# aikore.gpu = optional
# aikore.disk = 3 GB
# aikore.homepage = https://lmstudio.ai/
# aikore.license = Proprietary, free to use
# aikore.icon = 🧪
# aikore.files = launch_args.txt
# aikore.helper = off
# aikore.param.version = text, 0.4.23-1, "Version", hint="As its download page writes it."
# aikore.param.source = text, https://installers.lmstudio.ai/linux, "Where it comes from"
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

[[ -n ${DISPLAY:-} ]] ||
    die "LM Studio needs a desktop: switch on \"Run in a desktop on the server\" (Edit), then start again."

version=$(param version 0.4.23-1)
machine=x64
if [[ $(uname -m) == aarch64 ]]; then
    machine=arm64
fi
program=$PWD/versions/$version

phase "Downloading LM Studio" 1 2
clean_env ./versions
if [[ ! -x $program/AppRun ]]; then
    image=$PWD/versions/LM-Studio-$version-$machine.AppImage
    from=$(param source https://installers.lmstudio.ai/linux)
    download "$from/$machine/$version/LM-Studio-$version-$machine.AppImage" "$image" ||
        die "LM Studio $version could not be downloaded: check the version (Edit → Settings of the blueprint)."
    # Unpacked, because mounting it needs rights that a container seldom has.
    chmod +x "$image"
    rm -rf "$program.part"
    mkdir -p "$program.part"
    (cd "$program.part" && "$image" --appimage-extract) >/dev/null </dev/null
    mv "$program.part/squashfs-root" "$program"
    rm -rf "$program.part" "$image"
fi

phase "Linking models" 2 2
# Its settings and chats stay in the instance's folder, not in anybody's home.
export HOME="$PWD/home" XDG_CONFIG_HOME="$PWD/home/.config" XDG_DATA_HOME="$PWD/home/.local/share" DO_NOT_TRACK=1
mkdir -p "$XDG_CONFIG_HOME" "$XDG_DATA_HOME"
map_models "$HOME/.lmstudio" models=llm

missing=$(ldd "$program"/lm-studio 2>/dev/null | awk '/not found/ { print $1 }' | sort -u | xargs) || true
[[ -z $missing ]] ||
    die "LM Studio needs libraries that this machine lacks: $missing. Install their packages, then start again."
launch_args
# Chromium's own sandbox does not work without rights that a container seldom has; shared memory is often too small there.
run_app "$program/AppRun" --no-sandbox --disable-dev-shm-usage "${LAUNCH_ARGS[@]}"
