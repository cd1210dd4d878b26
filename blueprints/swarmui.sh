#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = SwarmUI
# aikore.category = Image
# aikore.description = A page for everybody in front of ComfyUI, which is installed with it: simple at first, with its graphs when you want them.
# aikore.venv_type = python
# aikore.venv_path = ./env
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 900s
# aikore.stop_grace = 30s
# aikore.gpu = optional
# aikore.min_vram = 4 GB
# aikore.disk = 11 GB
# aikore.homepage = https://swarmui.net/
# aikore.license = MIT
# aikore.icon = 🐝
# aikore.files = launch_args.txt, data/Settings.fds, data/Backends.fds
# aikore.param.version = text, , "Branch, tag or commit", hint="Empty: the main branch."
# aikore.param.comfyui = text, , "Branch, tag or commit of ComfyUI", hint="Empty: the main branch."
# aikore.param.dotnet = text, https://builds.dotnet.microsoft.com/dotnet, "Where .NET comes from", hint="If this machine does not have it."
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/webui.sh
source "$AIKORE_LIB/apps/webui.sh"

phase "Fetching SwarmUI and ComfyUI" 1 6
sync_repo https://github.com/mcmonkeyprojects/SwarmUI.git ./app "$(param version)"
sync_repo https://github.com/comfyanonymous/ComfyUI.git ./app/dlbackend/ComfyUI "$(param comfyui)"

phase "Preparing .NET" 2 6
net=$(sed -nE 's|.*<TargetFramework>net([0-9]+\.[0-9]+)<.*|\1|p' ./app/src/SwarmUI.csproj | head -n 1)
net=${net:-8.0}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
export DOTNET_CLI_HOME="$PWD/dotnet/home" NUGET_PACKAGES="${XDG_CACHE_HOME:-$PWD/dotnet}/nuget"
mkdir -p "$DOTNET_CLI_HOME" "$NUGET_PACKAGES"
if ! { command -v dotnet >/dev/null && dotnet --list-sdks 2>/dev/null | grep -q "^$net\."; }; then
    sdk=$PWD/dotnet/sdk-$net
    if [[ ! -x $sdk/dotnet ]]; then
        machine=x64
        if [[ $(uname -m) == aarch64 ]]; then
            machine=arm64
        fi
        from=$(param dotnet https://builds.dotnet.microsoft.com/dotnet)
        rm -rf "$sdk.part" ./dotnet/latest.version
        mkdir -p "$sdk.part"
        download "$from/Sdk/$net/latest.version" ./dotnet/latest.version || die "The version of .NET could not be asked for: check the network."
        version=$(tr -cd '0-9A-Za-z.-' <./dotnet/latest.version)
        download "$from/Sdk/$version/dotnet-sdk-$version-linux-$machine.tar.gz" ./dotnet/sdk.tar.gz ||
            die ".NET $version could not be downloaded: check the network, or install the package dotnet-sdk-$net."
        tar -xzf ./dotnet/sdk.tar.gz -C "$sdk.part"
        rm -f ./dotnet/sdk.tar.gz
        mv -T "$sdk.part" "$sdk"
    fi
    export DOTNET_ROOT="$sdk" PATH="$sdk:$PATH"
fi

phase "Building SwarmUI" 3 6
# Where its own script looks too. It asks for a new build itself when an extension was added in the page.
built=./app/src/bin
commit=$(git -c safe.directory='*' -C ./app rev-parse HEAD)
if [[ ! -f $built/live_release/SwarmUI.dll || -f $built/must_rebuild || $(cat $built/last_build 2>/dev/null) != "$commit" ]]; then
    mkdir -p "$built"
    rm -rf "$built/new"
    dotnet build ./app/src/SwarmUI.csproj --configuration Release -o "$built/new" </dev/null ||
        die "SwarmUI could not be built: the lines above say why. Start again to retry, or choose another version."
    rm -rf "$built/live_release"
    mv -T "$built/new" "$built/live_release"
    echo "$commit" >"$built/last_build"
    rm -f "$built/must_rebuild"
fi

phase "Preparing Python for ComfyUI" 4 6
ensure_env ./env 3.12
install_torch

phase "Installing packages" 5 6
install_requirements ./app/dlbackend/ComfyUI/requirements.txt
install_wheels
webui_keep_torch

phase "Linking models and outputs" 6 6
map_models ./app Models/Stable-Diffusion=stable-diffusion Models/Lora=lora Models/VAE=vae Models/Embeddings=embeddings \
    Models/controlnet=controlnet Models/clip=clip Models/text_encoders=text_encoders Models/clip_vision=clip_vision \
    Models/diffusion_models=unet Models/upscale_models=upscale Models/style_models=style_models
webui_run_folder ./app Output
# A database is in it, so a satellite has its own.
data=$(webui_own_folder data)
if [[ ! -e $data/Settings.fds ]]; then
    # Its page for the installation is answered already. Updates are asked for in AiKore.
    printf '%s\n' 'IsInstalled: true' 'LaunchMode: none' 'Maintenance:' $'\tCheckForUpdates: false' 'Network:' \
        $'\tPortCanChange: false' 'Paths:' $'\tAppendUserNameToOutputPath: false' >"$data/Settings.fds"
fi
if [[ ! -e $data/Backends.fds ]]; then
    printf '%s\n' '0:' $'\ttype: comfyui_selfstart' $'\ttitle: ComfyUI' $'\tenabled: true' $'\tsettings:' \
        $'\t\tStartScript: dlbackend/ComfyUI/main.py' $'\t\tExtraArgs: --cpu' $'\t\tAutoUpdate: false' \
        $'\t\tGPU_ID: 0' >"$data/Backends.fds"
fi
if webui_has_gpu; then
    sed -i '/^[[:space:]]*ExtraArgs: --cpu$/d' "$data/Backends.fds"
else
    note "No GPU found: ComfyUI runs on the CPU, which is slow"
fi
options=(--launch_mode none --host 127.0.0.1 --port "$WEBUI_PORT" --data_dir "$data"
    --settings_file "$data/Settings.fds" --backends_file "$data/Backends.fds")
launch_args
webui_quiet
cd "$RUN"
run_app dotnet src/bin/live_release/SwarmUI.dll "${options[@]}" "${LAUNCH_ARGS[@]}"
