# shellcheck shell=bash
# Environments of conda, for apps that need more than Python packages. Part of ../functions.sh.

# _aikore_find_conda: print the conda, mamba or micromamba of this machine.
_aikore_find_conda() {
    local candidate
    for candidate in "${CONDA_EXE:-}" "${MAMBA_EXE:-}" mamba micromamba conda /home/abc/miniconda3/bin/{mamba,conda} \
        "$(_aikore_tools)"/{micromamba/bin/,}micromamba "$(_aikore_cache)"/{micromamba/bin/,}micromamba \
        "$(_aikore_cache)"/{miniforge3,miniconda3}/bin/conda; do
        if [[ -n $candidate ]] && candidate=$(command -v -- "$candidate") && [[ -x $candidate ]]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

# _aikore_have_conda FOLDER SPEC
_aikore_have_conda() {
    clean_env "$1" || die "the environment in $1 could not be removed"
    if [[ -e $1.making ]] || ! _aikore_python_fits "$1/bin/python" "${PYTHON_VERSION:-}" >/dev/null; then
        if [[ ! -e $1.making && ! -d $1/conda-meta && ! -f $1/pyvenv.cfg ]] && _aikore_has_entries "$1"; then
            die "$1 is no environment that fits${PYTHON_VERSION:+ (Python $PYTHON_VERSION)}: move it away, or use Rebuild"
        fi
        _aikore_make_conda "$1" "$2"
    fi
    _aikore_install_lock "$1"
}

# _aikore_make_conda FOLDER SPEC: conda writes the folder's path into many files, so it is made in its place. The mark
# beside it tells one that was cut off; the packages that had come are in conda's cache.
_aikore_make_conda() {
    local folder=$1 conda python=${2:-3}
    if ! conda=$(_aikore_find_conda); then
        die "this app wants a conda environment, and this machine has no conda, mamba or micromamba." \
            "Install Miniforge, or put the program micromamba into $(_aikore_tools), then start again;" \
            "CONDA_EXE may name one that lies elsewhere"
    fi
    [[ $python == [0-9]* ]] && python="=$python"
    note "Making an environment with ${conda##*/}"
    : >"$folder.making" || die "cannot write $folder.making"
    rm -rf -- "$folder"
    # Only the community's channel: the vendor's own asks companies for a licence.
    if ! CONDA_PKGS_DIRS="${CONDA_PKGS_DIRS:-$(_aikore_cache)/conda/pkgs}" \
        "$conda" create --yes --quiet --override-channels --channel conda-forge --prefix "$(realpath -ms -- "$folder")" \
        "python$python" pip </dev/null; then
        die "the conda environment could not be made: the lines above say why. Start again to retry:" \
            "what was downloaded is kept"
    fi
    : >"$folder/.aikore-env"
    rm -f -- "$folder.making"
    note "Made an environment with $("$folder/bin/python" --version) in $folder"
}

# _aikore_activate_conda FOLDER: as `conda activate` does, without needing conda for it.
_aikore_activate_conda() {
    local script
    unset VIRTUAL_ENV PYTHONHOME PYTHONDONTWRITEBYTECODE
    CONDA_PREFIX=$(realpath -s -- "$1")
    export CONDA_PREFIX CONDA_DEFAULT_ENV=$CONDA_PREFIX PATH="$CONDA_PREFIX/bin:$PATH"
    for script in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do
        if [[ -f $script ]]; then
            # Scripts of packages, which bear no `set -u`.
            local before=$-
            set +u
            # shellcheck source=/dev/null
            source "$script" || true
            [[ $before != *u* ]] || set -u
        fi
    done
}
