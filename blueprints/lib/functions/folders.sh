# shellcheck shell=bash
# Shared folders: links from the app to folders that several apps use. Part of ../functions.sh.

# sl_folder APP_DIR NAME SHARED_DIR [SHARED_NAME]: make APP_DIR/NAME a link to SHARED_DIR/SHARED_NAME. What
# the app's folder holds is moved over first. Nothing is overwritten: a file that both have stays single when
# the two are equal, else the app's one gets a number (`model.1.safetensors`).
sl_folder() {
    local parent=${1:-} name=${2:-} link target
    if [[ -z $parent || -z $name || -z ${3:-} ]]; then
        warn "sl_folder needs: app folder, name, shared folder, [name in it]"
        return 1
    fi
    link=${parent%/}/${name%/}
    target=${3%/}${4:+/${4%/}}
    mkdir -p -- "$target" "$(dirname -- "$link")" || return 1
    target=$(realpath -s -- "$target") || return 1
    link=$(realpath -s -- "$link") || return 1

    if [[ $(realpath -m -- "$link") == "$(realpath -- "$target")" ]]; then
        return 0
    fi
    if [[ -L $link ]]; then
        rm -f -- "$link" || return 1
    elif [[ -d $link ]]; then
        if [[ $(realpath -- "$target")/ == "$(realpath -- "$link")"/* ||
            $(realpath -- "$link")/ == "$(realpath -- "$target")"/* ]]; then
            warn "$link and $target lie inside each other and cannot be linked"
            return 1
        fi
        note "Moving what is in $link to $target"
        # The lock: two instances may be sharing the same folder at the same moment.
        # shellcheck disable=SC2094 # The folder is opened for the lock only.
        (
            flock 9 2>/dev/null || true
            _aikore_merge "$link" "$target" "$link"
        ) 9<"$target" || return 1
        rmdir -- "$link" || return 1
    elif [[ -e $link ]]; then
        mv -- "$link" "$(_aikore_free_name "$link")" || return 1
        warn "$link was a file where a folder belongs: kept under another name beside the link"
    fi
    ln -s -- "$target" "$link" || return 1
    note "Linked $link to $target"
}

# _aikore_free_name PATH: the first of PATH's numbered forms that nothing has.
_aikore_free_name() {
    local folder file stem suffix number=1
    folder=$(dirname -- "$1") file=$(basename -- "$1")
    stem=$file suffix=''
    if [[ $file == ?*.* ]]; then
        stem=${file%.*} suffix=.${file##*.}
    fi
    while [[ -e $folder/$stem.$number$suffix || -L $folder/$stem.$number$suffix ]]; do
        number=$((number + 1))
    done
    printf '%s\n' "$folder/$stem.$number$suffix"
}

# _aikore_merge FROM TO ROOT: move every entry of FROM into TO. ROOT is where the whole move began.
_aikore_merge() {
    local entry to
    while IFS= read -r -d '' entry <&3; do
        to=$2/${entry##*/}
        if [[ -d $entry && ! -L $entry && -d $to ]]; then
            _aikore_merge "$entry" "$to" "$3" || return 1
            rmdir -- "$entry" || return 1
            continue
        fi
        if [[ -e $to || -L $to ]]; then
            if [[ -f $entry && ! -L $entry && -f $to ]] && cmp -s -- "$entry" "$to"; then
                rm -f -- "$entry" || return 1
                continue
            fi
            to=$(_aikore_free_name "$to") || return 1
            warn "${entry##*/} exists in $2 with other content: moved as ${to##*/}"
        fi
        _aikore_move "$entry" "$to" "$3" || return 1
    done 3< <(find "$1" -mindepth 1 -maxdepth 1 -print0)
}

# _aikore_move FROM TO ROOT: move one entry to a free name. A copy between file systems appears whole or not
# at all. A relative link that leads out of ROOT is made absolute, so that it still leads there.
_aikore_move() {
    local aim part
    if [[ -L $1 ]]; then
        aim=$(readlink -- "$1") || return 1
        if [[ $aim != /* && $(realpath -m -- "$1") != "$(realpath -- "$3")"/* ]]; then
            aim=$(realpath -m -- "$1") || return 1
            ln -s -- "$aim" "$2" || return 1
            rm -f -- "$1"
            return
        fi
    fi
    if [[ $(stat -c %d -- "$1") == "$(stat -c %d -- "$(dirname -- "$2")")" ]]; then
        mv -n -- "$1" "$2" || return 1
    elif [[ -d $1 && ! -L $1 ]]; then
        mkdir -- "$2" || return 1
        _aikore_merge "$1" "$2" "$3" || return 1
        rmdir -- "$1" || return 1
    else
        part=$(dirname -- "$2")/.aikore-part-$$
        cp -a -- "$1" "$part" || { rm -f -- "$part"; return 1; }
        mv -n -- "$part" "$2" || return 1
        rm -f -- "$1"
    fi
}
