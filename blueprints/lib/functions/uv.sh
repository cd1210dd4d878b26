# shellcheck shell=bash
# uv, which makes environments and installs packages. Part of ../functions.sh.

# The uv that `ensure_uv` installs when the machine has none, or one older than the library needs.
_aikore_uv_version=0.13.8
_aikore_uv_least=0.9.8

# ensure_uv: make `uv` usable, from PATH or as a private copy from PyPI that all instances share.
ensure_uv() {
    local home have
    if have=$(uv --version 2>/dev/null) &&
        printf '%s\n' "$_aikore_uv_least" "$(cut -d' ' -f2 <<<"$have")" | sort -CV; then
        return 0
    fi
    home=$(_aikore_tools)/uv-$_aikore_uv_version
    if [[ ! -x $home/bin/uv ]]; then
        _aikore_locked "$home.lock" _aikore_install_uv "$home" ||
            die "uv, the Python installer, could not be installed from PyPI. $(_aikore_hint)"
    fi
    export PATH="$home/bin:$PATH"
}

# _aikore_install_uv HOME: build it in a temporary folder beside, then rename.
_aikore_install_uv() {
    local part
    if [[ -x $1/bin/uv ]]; then
        return 0
    fi
    command -v python3 >/dev/null || die "python3 is missing on this machine: install it, then start again"
    part=$1.part-$$
    note "Installing uv $_aikore_uv_version (once, for all instances)"
    mkdir -p -- "$part/bin" || return 1
    # Some systems ship Python without what `venv` needs to bring pip along, but with a pip of their own.
    if python3 -m venv "$part/v" >/dev/null 2>&1; then
        "$part/v/bin/python" -m pip install --quiet "uv==$_aikore_uv_version"
    else
        rm -rf -- "$part/v"
        python3 -m pip install --quiet --target "$part/v" "uv==$_aikore_uv_version"
    fi || { rm -rf -- "$part"; return 1; }
    if mv -- "$part/v/bin/uv" "$part/bin/uv" && rm -rf -- "$part/v" "$1" && mv -T -- "$part" "$1"; then
        return 0
    fi
    rm -rf -- "$part"
    return 1
}

# _aikore_hint: what may be wrong after a failed download, in one or two sentences.
_aikore_hint() {
    local free
    free=$(df -Pk -- "${UV_CACHE_DIR:-.}" . 2>/dev/null |
        awk 'NR > 1 && (least == "" || $4 < least) { least = $4 } END { if (NR > 1) print int(least / 1024) }')
    if [[ -n $free ]] && ((free < 1024)); then
        printf 'Only %s MB of disk space are free: make room, then start again.' "$free"
    elif [[ -n ${UV_OFFLINE:-} ]]; then
        printf 'UV_OFFLINE is set: nothing can be downloaded. Unset it, then start again.'
    elif [[ -z ${https_proxy:-}${HTTPS_PROXY:-}${all_proxy:-}${ALL_PROXY:-}${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-} ]] &&
        ! timeout 5 bash -c '</dev/tcp/pypi.org/443' 2>/dev/null; then
        printf 'pypi.org cannot be reached from this machine: check the network, then start again.'
    else
        printf 'The lines above say why. Start again to retry: what was downloaded is kept.'
    fi
}

# _aikore_active: the folder of the active environment, empty when there is none.
_aikore_active() { printf '%s\n' "${VIRTUAL_ENV:-${CONDA_PREFIX:-}}"; }

# _aikore_uv_install ARGUMENT...: `uv pip install` into the active environment.
_aikore_uv_install() {
    local env python
    env=$(_aikore_active)
    if [[ -n $env ]]; then
        python=$env/bin/python
    elif ! python=$(command -v python || command -v python3); then
        warn "there is no Python to install into: call ensure_env first"
        return 1
    fi
    ensure_uv
    uv pip install --no-config --python "$python" "$@" </dev/null
}

# _aikore_with_uv: was the active environment made by this library? Others keep to their own pip.
_aikore_with_uv() {
    local env
    env=$(_aikore_active)
    [[ -n $env && -f $env/.aikore-env ]]
}

# _aikore_pip_install ARGUMENT...: `install` of the active pip. A script whose environment of conda could not be
# activated goes on with the machine's own Python, which is nobody's to fill.
_aikore_pip_install() {
    local pip
    if [[ -z $(_aikore_active) && $(_aikore_header venv_type) == conda ]]; then
        pip=$(command -v pip || true)
        if [[ -z ${INSTANCE_CONF_DIR:-} || $pip != "$INSTANCE_CONF_DIR"/* ]]; then
            warn "the conda environment of this instance is not active, so nothing is installed. Is conda on this machine?"
            return 1
        fi
    fi
    if command -v pip >/dev/null; then
        pip install "$@" </dev/null
    else
        python3 -m pip install "$@" </dev/null
    fi
}
