# shellcheck shell=bash
# Downloads of single, often large files. Part of ../functions.sh.

# download URL FILE [SHA256]: FILE appears whole and checked, or not at all. A download that was cut off goes on where it
# was. Nothing is done, without network, when FILE is there and right. HF_TOKEN, when set, goes only to huggingface.co.
download() {
    local url=${1:-} file=${2:-} sum=${3:-}
    sum=${sum,,}
    if [[ -z $url || -z $file || ! $sum =~ ^([0-9a-f]{64})?$ ]]; then
        warn "download needs: address, file, [SHA-256 sum of 64 characters]"
        return 1
    fi
    if ! command -v curl >/dev/null; then
        warn "curl is missing on this machine: install it, then start again"
        return 1
    fi
    if _aikore_is_right "$file" "$sum"; then
        return 0
    fi
    mkdir -p -- "$(dirname -- "$file")" || return 1
    _aikore_locked "$(_aikore_lock_for "$file")" _aikore_download "$url" "$file" "$sum"
}

# _aikore_is_right FILE SUM: is it there with this sum? What was found out is remembered, because a model takes minutes.
_aikore_is_right() {
    local memory state
    [[ -f $1 ]] || return 1
    [[ -n $2 ]] || return 0
    memory=$(_aikore_lock_for "$1").sum
    state="$2 $(stat -Lc '%s %.9Y %i' -- "$1")"
    if [[ -f $memory && $(<"$memory") == "$state" ]]; then
        return 0
    fi
    [[ $(_aikore_print <"$1") == "$2" ]] || return 1
    mkdir -p -- "$(dirname -- "$memory")" && printf '%s\n' "$state" >"$memory"
}

# _aikore_download URL FILE SUM
_aikore_download() {
    local url=$1 file=$2 sum=$3 part turn resumed
    part=$(dirname -- "$file")/.${file##*/}.part
    if _aikore_is_right "$file" "$sum"; then
        return 0
    fi
    note "Downloading ${file##*/}"
    # Twice: what had come before may belong to another state of the file.
    for turn in 1 2; do
        resumed=''
        [[ ! -s $part ]] || resumed=1
        if ! _aikore_fetch "$url" "$part"; then
            warn "$url could not be downloaded: the lines above say why. Start again to retry: what has come is kept"
            return 1
        fi
        if [[ -z $sum || $(_aikore_print <"$part") == "$sum" ]]; then
            rm -f -- "$part.tag"
            mv -- "$part" "$file" || return 1
            _aikore_is_right "$file" "$sum"
            return
        fi
        rm -f -- "$part" "$part.tag"
        if [[ -z $resumed || $turn == 2 ]]; then
            break
        fi
        note "What had come of ${file##*/} before does not belong to it: starting from its beginning"
    done
    warn "what came from $url is not what was asked for: its SHA-256 sum is another one. The file may have been replaced" \
        "there; nothing was kept"
    return 1
}

# _aikore_fetch URL PART: bring PART to its end, over several connections when need be.
_aikore_fetch() {
    local url=$1 part=$2 turn status size before code
    local -a options
    for turn in 1 2 3 4 5; do
        options=(--fail --location --connect-timeout 30 --speed-limit 1000 --speed-time 60 --output "$part"
            --etag-save "$part.tag.new" --dump-header "$part.head" --write-out '%{http_code}')
        [[ -t 2 ]] && options+=(--progress-bar) || options+=(--silent --show-error)
        before=$(stat -c %s -- "$part" 2>/dev/null || echo 0)
        if ((before > 0)); then
            options+=(--continue-at -)
            # Only if it is still the same file; otherwise it comes from its beginning.
            if [[ -s $part.tag && $(<"$part.tag") == \"* ]]; then
                options+=(--header "If-Range: $(<"$part.tag")")
            fi
        fi
        status=0
        code=$(_aikore_curl "$url" "${options[@]}") || status=$?
        [[ ! -s $part.tag.new ]] || mv -- "$part.tag.new" "$part.tag"
        # 416: it begins beyond the end. That is where a whole one ends.
        if ((status == 0)) || { [[ $code == 416 ]] && grep -qiE "^content-range: *bytes \*/$before\s*$" "$part.head"; }; then
            status=0
        fi
        rm -f -- "$part.tag.new" "$part.head"
        if ((status == 0)); then
            return 0
        fi
        size=$(stat -c %s -- "$part" 2>/dev/null || echo 0)
        if ((before > 0)) && [[ $status == 33 || $code == 416 ]]; then
            # It can't be gone on with, or is another file by now.
            rm -f -- "$part" "$part.tag"
        elif [[ $code == 4?? && $code != 408 && $code != 429 ]]; then
            return 1
        elif ((turn > 2 && size <= before)); then
            return 1
        fi
        sleep "$turn"
    done
    return 1
}

# _aikore_curl URL OPTION...: a token on a command line could be read by everybody on the machine.
_aikore_curl() {
    local url=$1
    shift
    if [[ -n ${HF_TOKEN:-} && $url =~ ^https://huggingface\.co(:443)?/ && $HF_TOKEN =~ ^[A-Za-z0-9_-]+$ ]]; then
        curl "$@" --header @- -- "$url" <<<"Authorization: Bearer $HF_TOKEN"
    else
        curl "$@" -- "$url" </dev/null
    fi
}
