# shellcheck shell=bash
# What the blueprints of image, video and training apps share. Sourced after functions.sh.

# webui_has_gpu: is there a card that torch can compute on?
webui_has_gpu() {
    [[ -e /dev/kfd ]] || { command -v nvidia-smi >/dev/null && timeout 20 nvidia-smi -L 2>/dev/null | grep -q '^GPU '; }
}

# webui_needs_gpu APP: stop before gigabytes are downloaded for nothing.
webui_needs_gpu() {
    webui_has_gpu || die "$1 can't run without a GPU, and none answers on this machine (nvidia-smi -L shows none)." \
        "Give this machine or container access to one, then start again."
}

# webui_named_torch FILE...: print the newest torch that an app's own installer names, and its build: `2.9.1 cu128`.
webui_named_torch() {
    cat -- "$@" 2>/dev/null | grep -oE '\btorch==[0-9.]+\+cu[0-9]+' | sort -V | tail -n 1 | sed -E 's/torch==(.*)\+/\1 /'
}

# webui_quiet: no reports to anybody, no second server, and temporary files apart from those of other instances.
webui_quiet() {
    export DO_NOT_TRACK=1 HF_HUB_DISABLE_TELEMETRY=1 GRADIO_ANALYTICS_ENABLED=False GRADIO_SSR_MODE=False
    export GRADIO_TEMP_DIR="${TMPDIR:-/tmp}/gradio-${AIKORE_INSTANCE_ID:-$WEBUI_PORT}"
    # Gradio shows files only of folders that it was told of, and looks through links.
    export GRADIO_ALLOWED_PATHS="$INSTANCE_OUTPUT_DIR${WEBUI_APP:+,$WEBUI_APP}"
}

# webui_keep_torch: what the app itself installs later (extensions, custom nodes) does not replace torch either. pip
# refuses such a package, uv gives it the torch that is here.
webui_keep_torch() {
    local held=$VIRTUAL_ENV/.aikore-held.txt copy=${TMPDIR:-/tmp}/aikore-held-${AIKORE_INSTANCE_ID:-0}.txt
    # Both take a blank in the path for the end of it, and instances may have blanks in their names.
    if [[ -s $held && $copy != *[[:space:]]* ]] && cp -f -- "$held" "$copy"; then
        export PIP_CONSTRAINT=$copy UV_OVERRIDE=$copy
    fi
}

# webui_older_setuptools: packages of before 2025 are built with what newer setuptools have dropped.
webui_older_setuptools() {
    local list=${TMPDIR:-/tmp}/aikore-build-${AIKORE_INSTANCE_ID:-0}.txt
    if [[ $list != *[[:space:]]* ]] && echo 'setuptools<81' >"$list"; then
        export UV_BUILD_CONSTRAINT=$list PIP_BUILD_CONSTRAINT=$list
    fi
}

# webui_run_folder APP OUTPUTS...: before webui_quiet: make a folder of this run's own, RUN, in which everything of APP appears, and OUTPUTS
# are the instance's output folder. For apps that write to fixed places below where they run: a satellite's results go
# where they belong, and the app remembers paths that are still right when the instance has been renamed or copied.
webui_run_folder() {
    local entry name
    WEBUI_APP=$(realpath -s -- "$1") RUN=${INSTANCE_CONF_DIR:-$PWD}/runs/${AIKORE_INSTANCE_ID:-0}
    shift
    mkdir -p -- "$RUN" || return 1
    for entry in "$WEBUI_APP"/* "$WEBUI_APP"/.[!.]*; do
        name=${entry##*/}
        if [[ " .git $* " != *" $name "* && -e $entry && (-L $RUN/$name || ! -e $RUN/$name) ]]; then
            ln -sfn -- "$entry" "$RUN/$name" || return 1
        fi
    done
    # What an update of the app has taken away.
    find "$RUN" -maxdepth 1 -xtype l -delete
    for name in "$@"; do
        sl_folder "$RUN" "$name" "$INSTANCE_OUTPUT_DIR" || return 1
    done
}

# webui_own_folder NAME: print the folder for what only one server can use at a time, like a database: ./NAME for the
# instance itself, so that it stays when the instance is renamed or copied, and one of its own for each satellite.
webui_own_folder() {
    local name=$1
    if webui_is_satellite; then
        name+=-$AIKORE_INSTANCE_ID
    fi
    mkdir -p -- "$name" && realpath -s -- "$name"
}

# webui_is_satellite: is this a further instance in its parent's folder?
webui_is_satellite() { [[ ${AIKORE_FAMILY_ID:-${AIKORE_INSTANCE_ID:-}} != "${AIKORE_INSTANCE_ID:-}" ]]; }
