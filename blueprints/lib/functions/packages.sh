# shellcheck shell=bash
# Installing packages into the active environment, once. Part of ../functions.sh.

# install_requirements [--without NAME[,NAME…]] FOLDER|FILE...: install FOLDER/requirements.txt and the
# requirements.txt of each folder right below it, or the named FILE. A list that was installed and has not changed is
# skipped, without network. What is held (install_torch) and what --without names is left out.
install_requirements() {
    local argument file failed=0 without='' words
    while [[ ${1:-} == --without* ]]; do
        _aikore_without "$@"
        shift "$words"
    done
    for argument in "$@"; do
        if [[ -d $argument ]]; then
            for file in "${argument%/}"/requirements.txt "${argument%/}"/*/requirements.txt; do
                if [[ -f $file ]]; then
                    _aikore_install_list "$file" "$without" || failed=1
                fi
            done
        elif [[ -f $argument ]]; then
            _aikore_install_list "$argument" "$without" || failed=1
        else
            warn "install_requirements: there is no $argument"
            failed=1
        fi
    done
    return "$failed"
}

# install_packages [--without NAME[,NAME…]] SPEC...: the same for packages named here, `gradio==5.29.1`, `-e ./app`.
# Other words that begin with `-` go to the installer as they are; a value belongs into the same word, `--name=value`.
install_packages() {
    local without='' names='' text='' word words folder status
    local -a options=()
    while (($# > 0)); do
        word=$1
        case $word in
            --without*)
                _aikore_without "$@"
                shift "$words"
                continue
                ;;
            -e | --editable)
                shift
                text+="-e ${1:-}"$'\n' names+="-${1:-}"
                ;;
            -*) options+=("$word") ;;
            *)
                text+=$word$'\n'
                # Named after the packages, so that another version takes the place of this one.
                word=${word%%[<>=!~;@ ]*} names+="-${word%%\[*}"
                ;;
        esac
        shift
    done
    if [[ -z $text ]]; then
        warn "install_packages needs the names of packages"
        return 1
    fi
    folder=$(mktemp -d) || return 1
    printf '%s' "$text" >"$folder/packages.txt"
    status=0
    _aikore_install_once "$folder/packages.txt" "the packages $(xargs -d '\n' <<<"${text%$'\n'}")" \
        "packages-$(printf '%s' "$names" | _aikore_print | cut -c1-16)" "$without" \
        "$(_aikore_sources "$text")" "${options[@]}" || status=1
    rm -rf -- "$folder"
    return "$status"
}

# _aikore_without WORD...: take `--without NAMES` or `--without=NAMES` into the caller's `without`, and into `words` how
# many words that were.
_aikore_without() {
    if [[ $1 == --without=* ]]; then
        without+=,${1#*=} words=1
    else
        without+=,${2:-} words=$(($# < 2 ? 1 : 2))
    fi
}

# _aikore_sources TEXT: of the folders among the packages, what says how they are installed.
_aikore_sources() {
    local line
    while IFS= read -r line; do
        line=${line#-e } line=${line%%\[*}
        if [[ -d $line ]]; then
            cat -- "$line"/{pyproject.toml,setup.py,setup.cfg,requirements.txt} 2>/dev/null || true
        fi
    done <<<"$1"
}

# _aikore_install_list FILE WITHOUT
_aikore_install_list() {
    local name folder
    # Named after the last folder and the file: the path before that changes with AiKore's version.
    folder=$(realpath -s -- "$(dirname -- "$1")")
    name=${folder##*/}--${1##*/}
    if [[ -n ${INSTANCE_CONF_DIR:-} && $folder == "$(realpath -s -- "$INSTANCE_CONF_DIR")" ]]; then
        # The instance's own folder, which a rename or a copy calls otherwise.
        name=.--${1##*/}
    fi
    _aikore_install_once "$1" "what $1 asks for" "$name" "$2" ''
}

# _aikore_install_once FILE LABEL NAME WITHOUT MORE OPTION...: install the list FILE unless its stamp says that this was
# done. MORE is text that counts as part of the list.
_aikore_install_once() {
    local file=$1 label=$2 name=$3 without=$4 more=$5 env stamp='' print
    shift 5
    without=$(_aikore_names "$without")
    # As it always was where there is nothing more to it, so that no update of AiKore installs everything again.
    print=$({
        _aikore_lists "$file"
        [[ -z $without$more$* ]] || printf '%s\n' "#without $without" "$more" "$@"
    } | sort -u | _aikore_print)
    env=$(_aikore_active)
    if [[ -z $env || ! -d $env ]]; then
        _aikore_install_now "$file" "$label" '' '' "$without" "$@"
        return
    fi
    stamp=$env/.aikore-installed/$name
    if [[ -f $stamp && $(<"$stamp") == "$print" ]]; then
        return 0
    fi
    _aikore_locked "$env/.aikore-installed/.lock" \
        _aikore_install_now "$file" "$label" "$stamp" "$print" "$without" "$@"
}

# _aikore_names LIST: the names of `a,B_c` as packages compare them, with blanks between, in order.
_aikore_names() {
    local -a names
    IFS=', ' read -r -a names <<<"$1"
    _aikore_plain "${names[@]}" | sed '/^$/d' | sort -u | xargs
}

# _aikore_install_now FILE LABEL STAMP PRINT WITHOUT OPTION...
_aikore_install_now() {
    local file=$1 label=$2 stamp=$3 print=$4 without=$5
    shift 5
    if [[ -n $stamp && -f $stamp && $(<"$stamp") == "$print" ]]; then
        return 0
    fi
    if [[ -z $stamp ]] || ! _aikore_locked_here; then
        note "Installing $label"
        if ! _aikore_install_file "$file" "$without" "$@"; then
            warn "installing $label failed. $(_aikore_hint)"
            return 1
        fi
    fi
    if [[ -n $stamp ]]; then
        printf '%s\n' "$print" >"$stamp.part" && mv -- "$stamp.part" "$stamp"
    fi
}

# _aikore_install_file FILE WITHOUT OPTION...: what is held and what is unwanted is taken out of the list first.
_aikore_install_file() {
    local file=$1 without=$2 held folder status=0
    local -a names
    shift 2
    _aikore_hold_again
    held=$(_aikore_held)
    read -r -a names <<<"$without $(_aikore_held_names)"
    folder=$(mktemp -d) || return 1
    if ((${#names[@]} > 0)); then
        _aikore_list_without "$file" "$folder" "${names[@]}" || { rm -rf -- "$folder"; return 1; }
        file=$folder/list.txt
    fi
    if _aikore_list_is_empty "$file"; then
        rm -rf -- "$folder"
        return 0
    fi
    if _aikore_with_uv; then
        _aikore_install_with_uv "$file" "$folder" "$held" "$without" "$@" || status=1
    elif [[ -n $held ]]; then
        _aikore_pip_install "$@" -r "$file" -c "$held" || status=1
    else
        _aikore_pip_install "$@" -r "$file" || status=1
    fi
    rm -rf -- "$folder"
    return "$status"
}

# _aikore_list_is_empty FILE: nothing but options and comments? pip and uv may take that for a mistake.
_aikore_list_is_empty() { [[ $1 == */list.txt ]] && ! grep -qvE '^[[:space:]]*(#|$|--|-[cfi])' "$1"; }

# _aikore_install_with_uv FILE FOLDER HELD WITHOUT OPTION...: what is held is a constraint first, so that packages are
# chosen that fit it (torchvision, xformers). Where there are none, those that insist on another one are overruled.
_aikore_install_with_uv() {
    local file=$1 folder=$2 held=$3 without=$4
    local -a all names
    shift 4
    all=(-r "$file" "$@")
    ensure_uv
    read -r -a names <<<"$without"
    if ((${#names[@]} > 0)); then
        printf '%s\n' "${names[@]}" >"$folder/excludes.txt"
        all+=(--excludes "$folder/excludes.txt")
    fi
    mapfile -t -O "${#all[@]}" all < <(_aikore_torch_options)
    if [[ " ${all[*]} " != *' --index-strategy'* ]] && _aikore_lists "$file" | grep -qE '^[[:space:]]*--extra-index-url'; then
        # As pip does: of all indexes the best version.
        all+=(--index-strategy=unsafe-best-match)
    fi
    if [[ -n $held ]]; then
        if ! _aikore_uv_install --dry-run --quiet "${all[@]}" -c "$held" 2>"$folder/errors"; then
            sed 's/^/    /' "$folder/errors" >&2
            grep -q 'No solution found' "$folder/errors" || return 1
            warn "some of these packages ask for another version of what is held ($(_aikore_held_names)):" \
                "they get the one that is here"
            all+=(--overrides "$held")
        fi
        all+=(-c "$held")
    fi
    _aikore_uv_install "${all[@]}"
}

# install_wheels [FOLDER]: install the instance's own wheels (`./wheels`), those that are not installed yet. Call it
# after install_torch, with which they must fit.
install_wheels() {
    local folder=${1:-${INSTANCE_CONF_DIR:-.}/wheels} wheel name version stamp env failed=0
    env=$(_aikore_active)
    if [[ -z $env ]]; then
        warn "there is no environment to install wheels into: call ensure_env first"
        return 1
    fi
    for wheel in "${folder%/}"/*.whl; do
        [[ -f $wheel ]] || continue
        name=${wheel##*/} version=${name#*-}
        name=${name%%-*} version=${version%%-*}
        stamp=$env/.aikore-installed/wheel--$name
        # Another build of the same version has another size.
        if [[ $(_aikore_installed "$name" || true) == "$version" ]] &&
            [[ ! -f $stamp || $(<"$stamp") == "$(stat -Lc %s -- "$wheel")" ]]; then
            continue
        fi
        if [[ " $(_aikore_held_names) " == *" $(_aikore_plain "$name") "* ]]; then
            warn "${wheel##*/} stays out: install_torch has chosen another $name. Choose that version for the" \
                "instance, or take the wheel away"
            continue
        fi
        _aikore_locked "$env/.aikore-installed/.lock" _aikore_install_wheel "$wheel" "$name" "$version" "$stamp" ||
            failed=1
    done
    return "$failed"
}

# _aikore_install_wheel WHEEL NAME VERSION STAMP: one for another system is passed over by uv, without a word.
_aikore_install_wheel() {
    local folder status=0
    local -a again=()
    folder=$(mktemp -d) || return 1
    realpath -- "$1" >"$folder/wheel.txt"
    note "Installing the wheel ${1##*/}"
    if _aikore_with_uv; then
        again=("--reinstall-package=$2")
    elif _aikore_installed "$2" >/dev/null; then
        again=(--force-reinstall --no-deps)
    fi
    if _aikore_install_file "$folder/wheel.txt" '' "${again[@]}" && [[ $(_aikore_installed "$2" || true) == "$3" ]]; then
        stat -Lc %s -- "$1" >"$4"
    else
        warn "the wheel ${1##*/} could not be installed: the lines above say why. Choose one that was built for this" \
            "Python and this torch, or take it away from the instance"
        status=1
    fi
    rm -rf -- "$folder"
    return "$status"
}
