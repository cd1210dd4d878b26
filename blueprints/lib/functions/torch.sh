# shellcheck shell=bash
# PyTorch: the build that fits this machine, and that no other package replaces it. Part of ../functions.sh.

# install_torch [VERSION [BACKEND [PACKAGES…]]]: install torch VERSION (the newest when absent) for BACKEND (`cu128`,
# `cpu`, `rocm6.4`; the one for this machine's driver when absent), with torchvision and torchaudio unless PACKAGES says
# otherwise. What the user chose wins: TORCH_VERSION, CUDA_VERSION, PYTORCH_INDEX_URL. Without a GPU it is the build for
# the CPU. What fits is left alone, without network. Afterwards no list changes it.
install_torch() {
    local version=${TORCH_VERSION:-${1:-}} backend chosen index=${PYTORCH_INDEX_URL:-} env asked
    local -a packages=("${@:3}")
    env=$(_aikore_active)
    if [[ -z $env ]]; then
        warn "there is no environment to install torch into: call ensure_env first"
        return 1
    fi
    ((${#packages[@]} > 0)) || packages=(torch torchvision torchaudio)
    chosen=$(_aikore_chosen_backend) backend=${chosen:-${2:-}}
    asked="$version|$backend|$index|${packages[*]}"
    if _aikore_torch_fits "$asked"; then
        return 0
    fi
    # One that came with a list of exact versions, or before this library looked after it, is taken over.
    if _aikore_locked_here || { [[ ! -f $env/.aikore-torch ]] && _aikore_torch_is "$version" "${packages[@]}" &&
        [[ -z $backend$index || $(_aikore_installed torch) == *+"$backend" ]]; }; then
        _aikore_torch_is_here "$asked" "$(_aikore_torch_build || echo "${backend:-auto}")" "$index" "${packages[@]}"
        return
    fi
    if [[ -z $chosen && -z $index ]]; then
        backend=$(_aikore_backend_here "$version" "$backend")
    fi
    _aikore_locked "$env/.aikore-installed/.lock" \
        _aikore_install_torch "$asked" "$version" "${backend:-auto}" "$index" "${packages[@]}"
}

# _aikore_chosen_backend: what CUDA_VERSION names. Images of NVIDIA set it too, with three numbers: no choice of anybody.
_aikore_chosen_backend() {
    if [[ ${CUDA_VERSION:-} =~ ^(cu)?([0-9]+)\.?([0-9])$ ]]; then
        printf 'cu%s%s\n' "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
    elif [[ ${CUDA_VERSION:-} =~ ^(cpu|xpu|rocm[0-9.]+)$ ]]; then
        printf '%s\n' "$CUDA_VERSION"
    fi
}

# _aikore_has_nvidia, _aikore_has_amd: is there a driver that answers?
_aikore_has_nvidia() { command -v nvidia-smi >/dev/null && timeout 20 nvidia-smi -L 2>/dev/null | grep -q '^GPU '; }
_aikore_has_amd() { [[ -e /dev/kfd ]]; }

# _aikore_torch_fits ASKED: was this asked for the last time, and is torch here? A build for the CPU, taken because there
# was no driver, fits only as long as there is none. The other way round a driver that is away for one start changes
# nothing: a build for GPUs runs without one.
_aikore_torch_fits() {
    local record
    record=$(cat -- "$(_aikore_active)/.aikore-torch" 2>/dev/null) || return 1
    [[ ${record%%$'\n'*} == "$1" ]] && _aikore_installed torch >/dev/null || return 1
    if [[ ${record#*$'\n'} == 'cpu '* && $1 != *'|cpu|'* ]]; then
        ! _aikore_has_nvidia && ! _aikore_has_amd
    fi
}

# _aikore_torch_build: the build of the torch that is here, `cu128`.
_aikore_torch_build() {
    local have
    have=$(_aikore_installed torch) && [[ $have =~ \+((cu|rocm)[0-9.]+|cpu|xpu)$ ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

# _aikore_torch_is VERSION PACKAGE...: are torch VERSION and all packages installed, of whatever build?
_aikore_torch_is() {
    local version=$1 have package
    shift
    have=$(_aikore_installed torch) || return 1
    for package in "$@"; do
        _aikore_installed "${package%%[<>=!~;@[ ]*}" >/dev/null || return 1
    done
    [[ ! $version =~ ^[0-9][0-9.]*(\+.*)?$ || $have == "$version" || ${have%%+*} == "$version" ||
        ${have%%+*} == "$version".* ]]
}

# _aikore_torch_is_here ASKED BACKEND INDEX PACKAGE...: hold it, and remember what was asked for.
_aikore_torch_is_here() {
    local record
    record=$(_aikore_active)/.aikore-torch
    _aikore_hold "${@:4}" && printf '%s\n' "$1" "$2 $3" >"$record.part" && mv -- "$record.part" "$record"
}

# _aikore_backend_here VERSION BACKEND: the backend for this machine, as near to the asked one as it can be.
_aikore_backend_here() {
    local version=$1 asked=$2 smi driver='' oldest='' newest=''
    if [[ $asked == cpu || $asked == xpu ]]; then
        printf '%s\n' "$asked"
    elif _aikore_has_nvidia; then
        smi=$(timeout 20 nvidia-smi 2>/dev/null)
        [[ $smi =~ CUDA\ (UMD\ )?Version:\ *([0-9]+)\.([0-9]) ]] && driver=${BASH_REMATCH[2]}${BASH_REMATCH[3]}
        oldest=$(timeout 20 nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | tr -d . |
            sort -n | head -n 1)
        newest=$(_aikore_cuda_for "${driver:-0}" "${oldest:-0}" "$version")
        if [[ $asked == cu* ]] && _aikore_cuda_runs "${asked#cu}" "${driver:-0}" "${oldest:-0}"; then
            printf '%s\n' "$asked"
        elif [[ $asked == cu* || -n $version || (${oldest:-99} != 0 && ${oldest:-99} -lt 75) ]]; then
            printf '%s\n' "${newest:-auto}"
        else
            echo auto
        fi
    elif _aikore_has_amd; then
        [[ $asked == rocm* ]] && printf '%s\n' "$asked" || echo auto
    else
        echo cpu
    fi
}

# _aikore_cuda_runs CUDA DRIVER CAPABILITY: does torch's build for CUDA (`128`) run here? Within one major version every
# driver does. Builds newer than 12.6 have left out cards before Turing (7.5), older ones know no Blackwell (10.0).
_aikore_cuda_runs() {
    (($2 == 0 || $1 / 10 <= $2 / 10)) && (($3 == 0 || $3 >= 75 || $1 <= 126)) && (($3 < 100 || $1 >= 128))
}

# _aikore_cuda_for DRIVER CAPABILITY VERSION: the newest CUDA build that runs here and that torch VERSION has.
_aikore_cuda_for() {
    local cuda since until pair minor=999
    [[ $3 =~ ^([0-9]+)\.([0-9]+) ]] && minor=$((BASH_REMATCH[1] * 100 + BASH_REMATCH[2] - 200))
    # CUDA, torch 2.x from, up to.
    for pair in 130:9:999 128:7:999 126:6:999 124:4:6 121:1:5 118:0:7; do
        IFS=: read -r cuda since until <<<"$pair"
        if ((minor >= since && minor <= until)) && _aikore_cuda_runs "$cuda" "$1" "$2"; then
            printf 'cu%s\n' "$cuda"
            return
        fi
    done
}

# _aikore_install_torch ASKED VERSION BACKEND INDEX PACKAGE...
_aikore_install_torch() {
    local asked=$1 version=$2 backend=$3 index=$4 package name spec
    local -a all=()
    shift 4
    if _aikore_torch_fits "$asked"; then
        return 0
    fi
    for package in "$@"; do
        name=${package%%[<>=!~;@[ ]*} spec=$package
        if [[ $package == "$name" && -n $version ]]; then
            case $name in
                torch) spec=torch$(_aikore_spec "$version") ;;
                # Newer ones no longer say which torch they were built for.
                torchaudio) [[ ! $version =~ ^2\.([1-9]|10)\.[0-9]+$ ]] || spec=torchaudio==$version ;;
            esac
        fi
        all+=("$spec")
        # Another build of the same version would count as installed.
        ! _aikore_installed "$name" >/dev/null || all+=("--reinstall-package=$name")
    done
    if [[ -n $index ]]; then
        all+=("--index=$index")
        note "Installing torch${version:+ $version} from $index"
    else
        all+=("--torch-backend=$backend")
        note "Installing torch${version:+ $version} for $backend"
    fi
    if ! _aikore_uv_install "${all[@]}"; then
        warn "torch${version:+ $version} for ${index:-$backend} could not be installed: the lines above say why." \
            "Choose another torch or CUDA version for this instance, or check the network." \
            "Start again to retry: what was downloaded is kept"
        return 1
    fi
    _aikore_torch_is_here "$asked" "$backend" "$index" "$@"
}

# _aikore_spec VERSION: `2.9.1` becomes `==2.9.1`, `>=2.7` stays.
_aikore_spec() {
    case $1 in
        [0-9]*.*.*) printf '==%s\n' "$1" ;;
        [0-9]*) printf '==%s.*\n' "$1" ;;
        *) printf '%s\n' "$1" ;;
    esac
}

# _aikore_torch_options: what uv must be told, one word a line, so that packages of torch's family fit the one that is here.
_aikore_torch_options() {
    local record backend index
    record=$(cat -- "$(_aikore_active)/.aikore-torch" 2>/dev/null) || return 0
    read -r backend index <<<"${record#*$'\n'}"
    if [[ -n $index ]]; then
        printf '%s\n' "--index=$index" --index-strategy=unsafe-best-match
    else
        printf '%s\n' "--torch-backend=$backend"
    fi
}

# _aikore_hold [NAME...]: from now on no list changes these, torch, torchvision and torchaudio.
_aikore_hold() {
    local file name version text
    file=$(_aikore_active)/.aikore-held.txt
    text=$(
        {
            _aikore_held_names | tr ' ' '\n'
            _aikore_plain torch torchvision torchaudio "${@%%[<>=!~;@[ ]*}"
        } | sed '/^$/d' | sort -u | while IFS= read -r name; do
            if version=$(_aikore_installed "$name"); then
                printf '%s==%s\n' "$name" "$version"
            fi
        done
    )
    if [[ -n $text$(_aikore_held) && (! -f $file || $(<"$file") != "$text") ]]; then
        printf '%s\n' "$text" >"$file.part-$$" && mv -- "$file.part-$$" "$file"
    fi
}

# _aikore_hold_again: somebody may have changed what is held by hand; then that is what is held.
_aikore_hold_again() { [[ ! -f $(_aikore_active)/.aikore-held.txt ]] || _aikore_hold; }

# _aikore_held: the file that lists what is held, if anything is.
_aikore_held() {
    local file
    file=$(_aikore_active)/.aikore-held.txt
    if [[ -s $file && -n $(<"$file") ]]; then
        printf '%s\n' "$file"
    fi
}

# _aikore_held_names: the names in it, with blanks between.
_aikore_held_names() {
    local file
    file=$(_aikore_held)
    [[ -z $file ]] || cut -d= -f1 -- "$file" | xargs
}
