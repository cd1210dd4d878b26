# shellcheck shell=bash
# What the parts of the library share: locks, folders, fingerprints. Part of ../functions.sh.

# _aikore_has_entries FOLDER: is there anything in it?
_aikore_has_entries() { [[ -d $1 && -n $(find "$1" -mindepth 1 -maxdepth 1 -print -quit) ]]; }

# _aikore_cache: where things lie that all instances share.
_aikore_cache() { printf '%s\n' "${XDG_CACHE_HOME:-${HOME:-${TMPDIR:-/tmp}}/.cache}"; }

# _aikore_tools: where programs lie that all instances share.
_aikore_tools() { printf '%s/aikore-tools\n' "$(_aikore_cache)"; }

# _aikore_print: a fingerprint of standard input.
_aikore_print() { sha256sum | cut -d' ' -f1; }

# _aikore_locked FILE COMMAND...: run it while nobody else holds the lock; satellites share their parent's folder.
# In a subshell, so variables that COMMAND sets are gone afterwards.
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

# _aikore_lock_beside PATH: the lock file of something in the instance's folder.
_aikore_lock_beside() {
    local path=${1%/}
    printf '%s/.%s.lock\n' "$(dirname -- "$path")" "${path##*/}"
}

# _aikore_lock_for PATH: the lock file of something in a folder where lock files would be in the way.
_aikore_lock_for() {
    printf '%s/aikore-locks/%s\n' "$(_aikore_cache)" "$(realpath -ms -- "$1" | _aikore_print)"
}

# The script that runs, wherever it goes later.
_aikore_script=$0
[[ $0 == /* ]] || _aikore_script=$PWD/$0

# _aikore_header KEY: a value of the header of the script that runs.
_aikore_header() {
    if [[ -f $_aikore_script ]]; then
        sed -nE '/^### AIKORE-METADATA-START ###/,/^### AIKORE-METADATA-END ###/{
            s/^# *aikore\.'"$1"' *= *([^\r]*[^ \r]).*/\1/p
        }' -- "$_aikore_script" | head -n 1
    fi
}
