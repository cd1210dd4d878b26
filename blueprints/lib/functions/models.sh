# shellcheck shell=bash
# Shared models: every app finds them where it looks. Part of ../functions.sh.

# map_models APP_FOLDER SUBFOLDER=CATEGORY...: each SUBFOLDER becomes a link to the shared models' folder CATEGORY.
# map_models --yaml FILE [--root NAME] KEY=CATEGORY...: the same without links, for apps that read a list of folders
# in the form of ComfyUI's extra_model_paths.yaml. Only the section NAME (`aikore`) of the file is ours.
map_models() {
    local yaml='' section=aikore app='' pair folder category shared=${AIKORE_MODELS_DIR:-}
    while [[ ${1:-} == --* ]]; do
        case $1 in
            --yaml) yaml=${2:-} ;;
            --root) section=${2:-} ;;
            *) set -- ;;
        esac
        shift $(($# < 2 ? $# : 2))
    done
    if [[ -z $yaml ]]; then
        app=${1:-}
        shift $(($# < 1 ? 0 : 1))
    fi
    if [[ -z $yaml$app || ! $section =~ ^[A-Za-z0-9_-]+$ ]] || (($# == 0)); then
        warn "map_models needs: app folder, subfolder=category …; or: --yaml file, key=category …"
        return 1
    fi
    if [[ -z $shared ]]; then
        shared=${INSTANCE_CONF_DIR:-$PWD}/models
        note "AIKORE_MODELS_DIR is not set: models go to $shared"
    fi
    for pair in "$@"; do
        folder=${pair%%=*} category=${pair#*=}
        if [[ $pair != *=* || -z $folder || ! $category =~ ^[A-Za-z0-9_][A-Za-z0-9_./-]*$ || /$category/ == */../* ]]; then
            warn "map_models: '$pair' is not of the form subfolder=category"
            return 1
        fi
        mkdir -p -- "$shared/$category" || return 1
    done
    shared=$(realpath -s -- "$shared") || return 1
    if [[ -n $yaml ]]; then
        mkdir -p -- "$(dirname -- "$yaml")" || return 1
        _aikore_locked "$(_aikore_lock_for "$yaml")" _aikore_map_yaml "$yaml" "$section" "$shared" "$@"
        return
    fi
    for pair in "$@"; do
        folder=${app%/}/${pair%%=*} folder=${folder%/}
        sl_folder "$(dirname -- "$folder")" "${folder##*/}" "$shared" "${pair#*=}" || return 1
    done
}

# _aikore_map_yaml FILE SECTION BASE KEY=CATEGORY...: keys that the section has beside those given stay.
_aikore_map_yaml() {
    local file=$1 section=$2 base=$3 pair key old='' new='' line kept='' inside='' found='' indent='' part
    local before='' after='' ours=''
    local -A given=()
    local -a order=(base_path)
    shift 3
    base=${base//\\/\\\\}
    given[base_path]="\"${base//\"/\\\"}\""
    for pair in "$@"; do
        key=${pair%%=*}
        if [[ -z ${given[$key]:-} ]]; then
            order+=("$key")
            given[$key]=${pair#*=}
        else
            # Several folders for one key: a block of lines.
            [[ ${given[$key]} == '|'* ]] || given[$key]=$'|\n\t'${given[$key]}
            given[$key]+=$'\n\t'${pair#*=}
        fi
    done
    if [[ -f $file ]]; then
        old=$(<"$file") || return 1
    fi
    # Before, in and after our section. What is in it and not given stays, with the lines that belong to it.
    while IFS= read -r line || [[ -n $line ]]; do
        line=${line%$'\r'}
        if [[ $line =~ ^[^[:space:]#] ]]; then
            inside=''
            if [[ $line =~ ^\"?$section\"?[[:space:]]*: ]]; then
                inside=1 found=1 kept=''
                continue
            fi
        fi
        if [[ -n $inside ]]; then
            if [[ $line =~ ^([[:space:]]+)([^[:space:]#:][^:]*): ]]; then
                indent=${indent:-${BASH_REMATCH[1]}} key=${BASH_REMATCH[2]} kept=1
                [[ -z ${given[$key]:-} ]] || kept=''
            elif [[ $line =~ ^[[:space:]]*(#|$) ]]; then
                kept=1
            fi
            [[ -z $kept ]] || ours+=$line$'\n'
        elif [[ -n $found ]]; then
            after+=$line$'\n'
        else
            before+=$line$'\n'
        fi
    done <<<"$old"
    if [[ -z $old ]]; then
        before=''
    fi
    indent=${indent:-    }
    new=$section:$'\n'
    for key in "${order[@]}"; do
        new+=$indent$key:\ ${given[$key]//$'\t'/$indent    }$'\n'
    done
    if [[ -z $found ]]; then
        # What the app downloads itself lands in the shared folders too; yours to change.
        ours=$indent$'is_default: true\n'
        [[ -z $before || $before == *$'\n\n' ]] || before+=$'\n'
    fi
    new=$before$new$ours$after
    if [[ $new == "$old"$'\n' ]]; then
        return 0
    fi
    part=$(dirname -- "$file")/.${file##*/}.part-$$
    if ! printf '%s' "$new" >"$part" || ! mv -- "$part" "$file"; then
        rm -f -- "$part"
        return 1
    fi
    note "Wrote the shared models' folders to $file"
}
