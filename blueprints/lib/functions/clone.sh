# shellcheck shell=bash
# The first clone of an app: in steps, each of which stays when a later one is cut off. Part of ../functions.sh.

# _aikore_clone URL FOLDER REF: FOLDER gets its name when the tree is whole. Until then everything is in FOLDER.part,
# and the next start goes on there.
_aikore_clone() {
    local url=$1 folder=$2 ref=$3 part=$2.part known
    if [[ -e $folder/.git ]]; then
        return 0
    fi
    if _aikore_has_entries "$folder"; then
        warn "$folder exists and is no git repository: move it away, then start again"
        return 1
    fi
    known=$(_aikore_git -C "$part" config --local aikore.url 2>/dev/null || true)
    if [[ -d $part && $known == "$url" ]]; then
        note "Going on with the clone of $url"
        # Nobody else works here: we hold the lock, and the one who left these is gone.
        find "$part/.git" -name '*.lock' -delete
    else
        note "Cloning $url"
        if ! _aikore_retried 2 _aikore_git ls-remote --quiet -- "$url" HEAD >/dev/null; then
            _aikore_clone_failed "$url" "$ref"
            return 1
        fi
        rm -rf -- "$part" && mkdir -p -- "$(dirname -- "$folder")" &&
            _aikore_git init --quiet -- "$part" &&
            _aikore_git -C "$part" remote add origin "$url" &&
            _aikore_git -C "$part" config --local aikore.url "$url" || return 1
    fi
    if ! _aikore_clone_tree "$part" "$url" "$ref"; then
        _aikore_clone_failed "$url" "$ref"
        return 1
    fi
    if [[ -d $folder ]]; then
        rmdir -- "$folder" || return 1
    fi
    mv -T -- "$part" "$folder" || return 1
    _aikore_whole_history "$folder"
}

# _aikore_clone_failed URL REF
_aikore_clone_failed() {
    warn "could not clone $1${2:+ at $2}: check the network and the address, then start again. What has come is kept"
}

# _aikore_clone_tree PART URL REF: the newest state first, as small as it can be had; then tree and submodules.
_aikore_clone_tree() {
    local part=$1 url=$2 ref=$3 heads main aim branch='' target
    heads=$(_aikore_retried 2 _aikore_git ls-remote --quiet --symref -- "$url") || return 1
    main=$(awk '$1 == "ref:" && $3 == "HEAD" { sub("refs/heads/", "", $2); print $2; exit }' <<<"$heads")
    if [[ -n $ref ]] && grep -qFx "refs/heads/$ref" < <(cut -f2 <<<"$heads"); then
        branch=$ref
    elif [[ -n $ref ]] && grep -qFx "refs/tags/$ref" < <(cut -f2 <<<"$heads"); then
        target=refs/tags/$ref
    elif [[ -n $ref && $ref =~ ^[0-9a-f]{7,40}$ ]]; then
        target=$ref
    else
        [[ -z $ref ]] || warn "'$ref' exists neither as branch nor as tag: taking the default branch instead"
        branch=$main
    fi
    if [[ -n $branch ]]; then
        target=refs/remotes/origin/$branch
        _aikore_fetch_small "$part" "+refs/heads/$branch:$target" || return 1
    elif [[ ${target:-} == refs/tags/* ]]; then
        _aikore_fetch_small "$part" "+$target:$target" || return 1
    elif ! _aikore_git -C "$part" cat-file -e "$target^{commit}" 2>/dev/null; then
        # Some servers give single commits only to those who have their branch.
        { [[ ${#target} == 40 ]] && _aikore_git -C "$part" fetch --quiet --depth 1 origin "$target" 2>/dev/null; } ||
            _aikore_retried 3 _aikore_git -C "$part" fetch --tags origin || return 1
    fi
    if [[ -n $main ]]; then
        _aikore_git -C "$part" symbolic-ref refs/remotes/origin/HEAD "refs/remotes/origin/$main" || return 1
    fi
    aim=$(_aikore_git -C "$part" rev-parse --verify --quiet "$target^{commit}") || return 1
    if [[ -n $branch ]]; then
        _aikore_git -C "$part" checkout --quiet --force -B "$branch" "$target" || return 1
    else
        _aikore_git -C "$part" checkout --quiet --force --detach "$aim" || return 1
    fi
    if [[ -f $part/.gitmodules ]]; then
        _aikore_clone_submodules "$part" || return 1
    fi
    _aikore_remember "$part" "$ref" "$url"
}

# _aikore_fetch_small PART REFSPEC: one state without its history; a server that can't do this gives all of it.
_aikore_fetch_small() {
    _aikore_retried 3 _aikore_git -C "$1" fetch --no-tags --depth 1 origin "$2" ||
        _aikore_git -C "$1" fetch --no-tags origin "$2"
}

# _aikore_retried TIMES COMMAND...: a line that breaks off is common, one that stays down is not worth waiting for.
_aikore_retried() {
    local times=$1 turn
    shift
    for ((turn = 1; turn <= times; turn++)); do
        if "$@"; then
            return 0
        fi
        ((turn == times)) || sleep "$turn"
    done
    return 1
}

# _aikore_clone_submodules PART: each one that is whole stays. A clone of one that was killed can't be gone on with, so
# it is thrown away first.
_aikore_clone_submodules() {
    local head
    while IFS= read -r -d '' head; do
        head=$(dirname -- "$head")
        if ! _aikore_git --git-dir="$head" rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
            rm -rf -- "$head"
        fi
    done < <(find "$1/.git/modules" -name HEAD -type f -not -path '*/refs/*' -not -path '*/logs/*' -print0 2>/dev/null)
    while IFS= read -r -d '' head; do
        if ! _aikore_git -C "$(dirname -- "$head")" rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
            rm -f -- "$head"
        fi
    done < <(find "$1" -path "$1/.git" -prune -o -name .git -type f -print0)
    _aikore_retried 2 _aikore_git -C "$1" submodule update --init --recursive --force
}

# _aikore_whole_history FOLDER: the history behind the tree, other branches and tags, in steps. The app runs without
# them, so a failure is none.
_aikore_whole_history() {
    local step branch
    local -a more=()
    branch=$(_aikore_git -C "$1" branch --show-current)
    for step in 100 2000; do
        if [[ -n $branch && $(_aikore_git -C "$1" rev-parse --is-shallow-repository) == true ]]; then
            _aikore_git -C "$1" fetch --quiet --no-tags --deepen="$step" origin "$branch" || break
        fi
    done
    if [[ $(_aikore_git -C "$1" rev-parse --is-shallow-repository) == true ]]; then
        more=(--unshallow)
    fi
    _aikore_git -C "$1" fetch --quiet --tags "${more[@]}" origin ||
        note "The history of $1 could not be fetched: the next update tries again"
}
