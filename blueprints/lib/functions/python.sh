# shellcheck shell=bash
# Python: uv, environments and what is installed into them. Part of ../functions.sh.

# The uv that `ensure_uv` installs when the machine has none.
_aikore_uv_version=0.13.8

# clean_env FOLDER: set the environment aside if its rebuild was asked for (`.rebuild-env` beside it, or in the
# instance's folder), once. It becomes FOLDER.before-rebuild; AiKore removes that when the app has started with the
# new one. If it is there already, the present environment has never worked: then that one is removed.
clean_env() {
    local folder=${1:-./env} aside marker markers marked=''
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
    aside=$folder.before-rebuild
    if [[ -e $aside || -L $aside ]]; then
        note "Rebuild asked for: removing $folder, which has never worked"
        rm -rf -- "$folder" || return 1
    elif [[ -e $folder || -L $folder ]]; then
        note "Rebuild asked for: $folder is kept as $aside until the new one works"
        mv -T -- "$folder" "$aside" || return 1
    fi
    rm -f -- "${markers[@]}"
}

# ensure_uv: make `uv` usable, from PATH or as a private copy from PyPI that all instances share.
ensure_uv() {
    local tools=${XDG_CACHE_HOME:-${HOME:-${TMPDIR:-/tmp}}/.cache}/aikore-tools home
    if uv --version >/dev/null 2>&1; then
        return 0
    fi
    home=$tools/uv-$_aikore_uv_version
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
    elif [[ -z ${https_proxy:-}${HTTPS_PROXY:-}${all_proxy:-}${ALL_PROXY:-} ]] &&
        ! timeout 5 bash -c '</dev/tcp/pypi.org/443' 2>/dev/null; then
        printf 'pypi.org cannot be reached from this machine: check the network, then start again.'
    else
        printf 'The lines above say why. Start again to retry: what was downloaded is kept.'
    fi
}

# _aikore_python_fits PYTHON SPEC: print the real interpreter if it runs and is what SPEC (`3`, `3.12`,
# `3.12.1`, `>=3.10` or nothing) asks for.
_aikore_python_fits() {
    "$1" -c '
import os, sys
spec = sys.argv[1].strip()
least = spec.startswith(">=")
want = [int(part) for part in spec.lstrip(">=").split(".") if part]
have = list(sys.version_info[:3])
fits = have >= want if least else have[:len(want)] == want
if not fits:
    sys.exit(1)
print(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))
' "$2" 2>/dev/null </dev/null
}

# _aikore_find_python SPEC: print an interpreter of this machine that fits.
_aikore_find_python() {
    local spec=$1 plain=${1#>=} candidate
    for candidate in "python$plain" python3 python python3.{14,13,12,11,10} /usr/bin/python3 \
        /home/abc/miniconda3/bin/python; do
        if command -v "$candidate" >/dev/null && _aikore_python_fits "$candidate" "$spec"; then
            return 0
        fi
    done
    while IFS= read -r candidate; do
        if [[ -x $candidate ]] && _aikore_python_fits "$candidate" "$spec"; then
            return 0
        fi
    done < <(printf '%s\n' "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}"/versions/*/bin/python3 | sort -rV)
    return 1
}

# ensure_venv [FOLDER [PYTHON]]: make and activate the environment. FOLDER is the header's `venv_path` or
# `./env`; PYTHON (`3.12`, `>=3.10`) is what the app wants when the user chose no version ($PYTHON_VERSION).
# An environment that no longer runs, or is of another Python than chosen, is made anew.
ensure_venv() {
    local folder=${1:-} wanted=${PYTHON_VERSION:-${2:-}}
    if [[ -z $folder && -f $0 ]]; then
        folder=$(sed -nE '/^### AIKORE-METADATA-START ###/,/^### AIKORE-METADATA-END ###/{
            s/^# *aikore\.venv_path *= *([^\r]*[^ \r]).*/\1/p
        }' -- "$0" | head -n 1)
    fi
    folder=${folder:-./env} folder=${folder%/}
    _aikore_locked "$(dirname -- "$folder")/.${folder##*/}.lock" _aikore_have_venv "$folder" "$wanted" || exit 1
    VIRTUAL_ENV=$(realpath -s -- "$folder")
    export VIRTUAL_ENV PATH="$VIRTUAL_ENV/bin:$PATH"
    # Compiled files belong into the environment: without them every start costs seconds more.
    unset PYTHONHOME PYTHONDONTWRITEBYTECODE
}

# _aikore_locked FILE COMMAND...: run it while nobody else holds the lock; satellites share their parent's folder.
_aikore_locked() {
    local file=$1
    shift
    mkdir -p -- "$(dirname -- "$file")" || return 1
    (
        if ! flock --nonblock 9 2>/dev/null && command -v flock >/dev/null; then
            note "Waiting for another start that prepares the same"
            flock 9
        fi
        "$@"
    ) 9>"$file"
}

# _aikore_have_venv FOLDER SPEC
_aikore_have_venv() {
    clean_env "$1" || die "the environment in $1 could not be removed"
    if _aikore_python_fits "$1/bin/python" "${PYTHON_VERSION:-}" >/dev/null; then
        return 0
    fi
    if [[ ! -f $1/pyvenv.cfg ]] && _aikore_has_entries "$1"; then
        die "$1 is no Python environment that fits${PYTHON_VERSION:+ (Python $PYTHON_VERSION)}:" \
            "move it away, or use Rebuild"
    fi
    _aikore_make_venv "$1" "$2"
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

# install_requirements FOLDER|FILE...: install FOLDER/requirements.txt and the requirements.txt of each folder
# right below it, or the named FILE, into the active environment. A list that was installed and has not changed
# is skipped, without network.
install_requirements() {
    local argument file failed=0
    for argument in "$@"; do
        if [[ -d $argument ]]; then
            for file in "${argument%/}"/requirements.txt "${argument%/}"/*/requirements.txt; do
                if [[ -f $file ]]; then
                    _aikore_install_list "$file" || failed=1
                fi
            done
        elif [[ -f $argument ]]; then
            _aikore_install_list "$argument" || failed=1
        else
            warn "install_requirements: there is no $argument"
            failed=1
        fi
    done
    return "$failed"
}

# _aikore_install_list FILE
_aikore_install_list() {
    local file=$1 env=${VIRTUAL_ENV:-${CONDA_PREFIX:-}} stamp='' print
    print=$(_aikore_lists "$file" | sort -u | sha256sum | cut -d' ' -f1)
    if [[ -n $env && -d $env ]]; then
        # Named after the last folder and the file: the path before that changes with AiKore's version.
        stamp=$(realpath -s -- "$(dirname -- "$file")")
        if [[ -n ${INSTANCE_CONF_DIR:-} && $stamp == "$(realpath -s -- "$INSTANCE_CONF_DIR")" ]]; then
            # The instance's own folder, which a rename or a copy calls otherwise.
            stamp=.
        fi
        stamp=$env/.aikore-installed/${stamp##*/}--${file##*/}
        if [[ -f $stamp && $(<"$stamp") == "$print" ]]; then
            return 0
        fi
    fi
    if [[ -z $stamp ]]; then
        _aikore_install_now "$file" '' ''
    else
        _aikore_locked "$env/.aikore-installed/.lock" _aikore_install_now "$file" "$stamp" "$print"
    fi
}

# _aikore_install_now FILE STAMP PRINT
_aikore_install_now() {
    if [[ -n $2 && -f $2 && $(<"$2") == "$3" ]]; then
        return 0
    fi
    note "Installing what $1 asks for"
    if ! _aikore_installer -r "$1"; then
        warn "installing what $1 asks for failed. $(_aikore_hint)"
        return 1
    fi
    if [[ -n $2 ]]; then
        printf '%s\n' "$3" >"$2.part" && mv -- "$2.part" "$2"
    fi
}

# _aikore_lists FILE [DEPTH]: the content of a requirement list and of those that it includes.
_aikore_lists() {
    local include
    cat -- "$1" || return 0
    if ((${2:-0} < 5)); then
        while IFS= read -r include; do
            _aikore_lists "$(dirname -- "$1")/$include" $((${2:-0} + 1)) 2>/dev/null
        done < <(sed -nE 's/^[[:space:]]*(-r|-c|--requirement|--constraint)[[:space:]=]*([^[:space:]#]+).*/\2/p' "$1")
    fi
}

# _aikore_installer ARGUMENT...: `install` of uv for environments that ensure_venv made, else of the active pip.
_aikore_installer() {
    if [[ -n ${VIRTUAL_ENV:-} && -f $VIRTUAL_ENV/.aikore-env ]]; then
        ensure_uv
        uv pip install --no-config --python "$VIRTUAL_ENV/bin/python" "$@" </dev/null
    elif command -v pip >/dev/null; then
        pip install "$@" </dev/null
    else
        python3 -m pip install "$@" </dev/null
    fi
}
