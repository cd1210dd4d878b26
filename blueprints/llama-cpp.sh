#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = llama.cpp
# aikore.category = Text
# aikore.description = The llama.cpp server: fast chat with GGUF models, its own page and an API like OpenAI's. Models of models/llm are loaded when they are asked for.
# aikore.venv_path = ./builds
# aikore.proxy = preserve
# aikore.ready = http:/health
# aikore.ready_timeout = 900s
# aikore.gpu = optional
# aikore.disk = 500 MB
# aikore.homepage = https://github.com/ggml-org/llama.cpp
# aikore.license = MIT
# aikore.icon = 🦙
# aikore.files = launch_args.txt
# aikore.helper = off
# aikore.param.version = text, , "Build", hint="Like b11434. Empty: the newest when it was installed or updated."
# aikore.param.engine = enum, auto, "Runs on", options=auto|cuda|vulkan|cpu, hint="cuda is compiled here and needs nvcc, cmake and a compiler; the others are downloaded."
# aikore.param.model = text, , "Model", hint="A file below models/llm, or a repository like ggml-org/gemma-3-4b-it-GGUF. Empty: chosen in the page."
# aikore.param.context = int, 0, "Context length", min=0, max=10000000, hint="0: the model's own."
# aikore.param.models = int, 1, "Models loaded at once", min=1, max=32
# aikore.param.releases = text, https://github.com/ggml-org/llama.cpp/releases/download, "Where builds come from"
### AIKORE-METADATA-END ###
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"

where='Edit → Settings of the blueprint'
repository=https://github.com/ggml-org/llama.cpp.git

phase "Choosing a build" 1 3
engine=$(param engine auto)
has_nvidia() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU '; }
has_vulkan() { [[ -n $(find /dev/dri -name 'renderD*' -print -quit 2>/dev/null) ]] || has_nvidia; }
can_build() { command -v nvcc >/dev/null && command -v cmake >/dev/null && command -v c++ >/dev/null; }
if [[ $engine == auto ]]; then
    if has_nvidia && can_build; then
        engine=cuda
    elif has_vulkan && { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q 'libvulkan\.so\.1'; then
        engine=vulkan
    else
        engine=cpu
        if has_nvidia; then
            warn "there is a GPU, but neither nvcc, cmake and a compiler, nor Vulkan (libvulkan1): llama.cpp runs on the CPU"
        fi
    fi
fi
if [[ $engine == cuda ]] && ! can_build; then
    die "To compile for CUDA, nvcc (the CUDA toolkit), cmake and a C++ compiler are needed on this machine. Install them," \
        "or choose another engine ($where)."
fi

# The build that was taken stays. An update begins without this folder, as named in the header; AiKore keeps it.
clean_env ./builds
build=$(param version)
if [[ -z $build && -f ./builds/build.txt ]]; then
    build=$(<./builds/build.txt)
fi
if [[ -z $build ]]; then
    # The last one may still be without its files.
    build=$(GIT_TERMINAL_PROMPT=0 git ls-remote --tags --refs "$repository" 'b[0-9]*' </dev/null |
        sed -n 's|.*refs/tags/||p' | sort -V | tail -n 2 | head -n 1) || true
    [[ -n $build ]] ||
        die "The newest build could not be asked for: check the network, or give one as \"Build\" ($where)."
fi
note "llama.cpp $build for $engine"

phase "Installing llama.cpp" 2 3
home=$PWD/builds/$build-$engine
if [[ ! -x $home/llama-server ]]; then
    rm -rf "$home.part"
    mkdir -p "$home.part"
    if [[ $engine == cuda ]]; then
        sync_repo "$repository" ./source "$build"
        phase "Compiling for CUDA (takes a while, once)"
        cmake -S ./source -B ./source/build -DCMAKE_BUILD_TYPE=Release -DGGML_CUDA=ON -DLLAMA_BUILD_TESTS=OFF \
            -DLLAMA_BUILD_EXAMPLES=OFF -DBUILD_SHARED_LIBS=OFF </dev/null
        cmake --build ./source/build --target llama-server -j "$(nproc)" </dev/null
        cp ./source/build/bin/llama-server "$home.part/"
    else
        machine=x64
        if [[ $(uname -m) == aarch64 ]]; then
            machine=arm64
        fi
        if [[ $engine == vulkan ]]; then
            machine=vulkan-$machine
        fi
        archive=llama-$build-bin-ubuntu-$machine.tar.gz
        releases=$(param releases https://github.com/ggml-org/llama.cpp/releases/download)
        download "$releases/$build/$archive" "./builds/$archive" ||
            die "The build $build for $engine could not be had: choose another build or engine ($where)."
        tar -xzf "./builds/$archive" -C "$home.part" --strip-components=1
        rm -f "./builds/$archive"
    fi
    [[ -x $home.part/llama-server ]] || die "The build $build for $engine holds no llama-server: choose another one."
    rm -rf "$home"
    mv "$home.part" "$home"
fi
echo "$build" >./builds/build.txt

phase "Looking for models" 3 3
models=$AIKORE_MODELS_DIR/llm
mkdir -p "$models"
options=(--host 127.0.0.1 --port "$WEBUI_PORT" --api-prefix "${SUBFOLDER%/}")
model=$(param model)
if [[ -z $model ]]; then
    options+=(--models-dir "$models" --models-max "$(param models 1)")
elif [[ -f $models/$model ]]; then
    options+=(--model "$models/$model")
elif [[ -f $model ]]; then
    options+=(--model "$model")
elif [[ $model =~ ^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+(:[A-Za-z0-9._-]+)?$ && $model != *.gguf ]]; then
    options+=(--hf-repo "$model")
else
    die "There is no model $model in $models. There are: $(cd "$models" && find . -name '*.gguf' -printf '%P, ' | head -c 2000)" \
        "choose one ($where), or leave it empty."
fi
if [[ $(param context 0) != 0 ]]; then
    options+=(--ctx-size "$(param context)")
fi
launch_args
export LLAMA_CACHE="$models"
run_app "$home/llama-server" "${options[@]}" "${LAUNCH_ARGS[@]}"
