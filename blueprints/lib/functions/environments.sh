# shellcheck shell=bash
# Environments for Python apps. Part of ../functions.sh; those of conda are made in conda.sh.

# ensure_env [FOLDER [PYTHON]]: make and activate the app's environment, of the kind that the header's `venv_type`
# names: `python` (uv, also when absent) or `conda`. FOLDER is the header's `venv_path` or `./env`; PYTHON (`3.12`,
# `>=3.10`) is what the app wants when the user chose no version ($PYTHON_VERSION). An environment that no longer
# runs, or is of another Python than chosen, is made anew. With AIKORE_LOCK, a list of exact versions, a new one gets
# exactly those, and what the script installs later counts as installed.
ensure_env() {
    local folder
    folder=$(_aikore_env_folder "${1:-}")
    if [[ $(_aikore_header venv_type) == conda ]]; then
        _aikore_locked "$(_aikore_lock_beside "$folder")" _aikore_have_conda "$folder" "${PYTHON_VERSION:-${2:-}}" || exit 1
        _aikore_activate_conda "$folder"
    else
        ensure_venv "$folder" "${2:-}"
    fi
}

# ensure_venv [FOLDER [PYTHON]]: the older name; always of uv.
ensure_venv() {
    local folder
    folder=$(_aikore_env_folder "${1:-}")
    _aikore_locked "$(_aikore_lock_beside "$folder")" _aikore_have_venv "$folder" "${PYTHON_VERSION:-${2:-}}" || exit 1
    VIRTUAL_ENV=$(realpath -s -- "$folder")
    export VIRTUAL_ENV PATH="$VIRTUAL_ENV/bin:$PATH"
    # Compiled files belong into the environment: without them every start costs seconds more.
    unset PYTHONHOME PYTHONDONTWRITEBYTECODE
}

# _aikore_env_folder [FOLDER]: FOLDER, or what the header says.
_aikore_env_folder() {
    local folder=${1:-}
    folder=${folder:-$(_aikore_header venv_path)}
    folder=${folder:-./env}
    printf '%s\n' "${folder%/}"
}

# _aikore_have_venv FOLDER SPEC
_aikore_have_venv() {
    clean_env "$1" || die "the environment in $1 could not be removed"
    if ! _aikore_python_fits "$1/bin/python" "${PYTHON_VERSION:-}" >/dev/null; then
        if [[ ! -f $1/pyvenv.cfg ]] && _aikore_has_entries "$1"; then
            die "$1 is no Python environment that fits${PYTHON_VERSION:+ (Python $PYTHON_VERSION)}:" \
                "move it away, or use Rebuild"
        fi
        _aikore_make_venv "$1" "$2"
    fi
    _aikore_install_lock "$1"
}

# _aikore_make_venv FOLDER SPEC: the new one takes the place of an old one only when it is made.
_aikore_make_venv() {
    local folder=$1 wanted=$2 python part=$1.part-$$
    ensure_uv
    if ! python=$(_aikore_find_python "$wanted"); then
        python=$wanted
        note "Python $wanted is not on this machine: uv tries to download it"
    fi
    # No long retries: a machine that cannot download a Python shall say so soon.
    if ! UV_HTTP_RETRIES=1 uv venv --quiet --relocatable --seed --no-project --no-config \
        --python "$python" "$part"; then
        rm -rf -- "$part"
        if [[ $python == "$wanted" && -n $wanted ]]; then
            die "Python $wanted is not on this machine and could not be downloaded. Install it (system packages," \
                "pyenv), or choose another Python version for this instance."
        fi
        die "the Python environment could not be made. $(_aikore_hint)"
    fi
    : >"$part/.aikore-env"
    rm -rf -- "$folder"
    mv -T -- "$part" "$folder" || die "cannot write $folder"
    note "Made an environment with $("$folder/bin/python" --version) in $folder"
}

# _aikore_locked_here: is the active environment one that was made from AIKORE_LOCK?
_aikore_locked_here() {
    local env
    env=$(_aikore_active)
    [[ -n ${AIKORE_LOCK:-} && -f $env/.aikore-lock && $(<"$env/.aikore-lock") == "$(_aikore_print <"$AIKORE_LOCK")" ]]
}

# _aikore_install_lock FOLDER: what AIKORE_LOCK lists, if that is set and not done. The list is whole, so nothing is
# resolved; its torch says which of torch's indexes it came from.
_aikore_install_lock() {
    local torch
    local -a options=(--no-deps)
    if [[ -z ${AIKORE_LOCK:-} ]]; then
        return 0
    fi
    [[ -f $AIKORE_LOCK ]] || die "the list of versions $AIKORE_LOCK is not there: roll back to another snapshot"
    if VIRTUAL_ENV=$1 _aikore_locked_here; then
        return 0
    fi
    note "Installing the versions of ${AIKORE_LOCK##*/}"
    torch=$(sed -nE 's/^torch==[^+ ]+\+([a-z0-9.]+).*/\1/p' "$AIKORE_LOCK" | head -n 1)
    if [[ -n ${PYTORCH_INDEX_URL:-} ]]; then
        options+=(--index "$PYTORCH_INDEX_URL" --index-strategy unsafe-best-match)
    elif [[ -n $torch ]]; then
        options+=("--torch-backend=$torch")
    fi
    VIRTUAL_ENV=$1 _aikore_uv_install "${options[@]}" -r "$AIKORE_LOCK" ||
        die "the versions of $AIKORE_LOCK could not be installed. $(_aikore_hint)"
    _aikore_print <"$AIKORE_LOCK" >"$1/.aikore-lock"
}

# clean_env [FOLDER]: make room for a new environment if a rebuild was asked for (`.rebuild-env` beside it, or in the
# instance's folder), once. AiKore moves the old one away itself before such a start, and puts it back if the new one
# does not work; one that is still here was marked by hand.
clean_env() {
    local folder=${1:-./env} marker markers marked=''
    folder=${folder%/}
    markers=("$(dirname -- "$folder")/.rebuild-env")
    if [[ -n ${INSTANCE_CONF_DIR:-} ]]; then
        markers+=("$INSTANCE_CONF_DIR/.rebuild-env")
    fi
    for marker in "${markers[@]}"; do
        if [[ -f $marker ]]; then
            marked=1
        fi
    done
    if [[ -z $marked ]]; then
        return 0
    fi
    case $(realpath -m -- "${folder:-/}") in
        / | "$(realpath -m -- "${HOME:-/}")" | "$(realpath -m -- "${INSTANCE_CONF_DIR:-/}")" | "$PWD")
            warn "clean_env: '$folder' is no environment of its own and stays"
            return 1
            ;;
    esac
    if [[ -e $folder || -L $folder ]]; then
        note "Rebuild asked for: removing $folder"
        rm -rf -- "$folder" || return 1
    fi
    # Last, so that a removal that is cut off is gone on with.
    rm -f -- "${markers[@]}"
}
