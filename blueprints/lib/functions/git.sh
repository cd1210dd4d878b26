# shellcheck shell=bash
# Git: the app's source, cloned and kept up to date without losing anything. Part of ../functions.sh.

# sync_repo [VARIABLE]: bring the repository in the current folder to the ref that the environment variable
# of this name holds, or to the remote's default branch. Tracked files then match that ref. Nothing is lost:
# changed files go to a stash, own commits to a branch, files in the way get another name; untracked files
# stay. Without network the version that is here stays, and that is no failure.
#
# sync_repo URL [FOLDER [REF]]: the same for FOLDER, which is cloned when it is missing.
sync_repo() {
    local first=${1:-} folder ref
    if ! command -v git >/dev/null; then
        warn "git is missing on this machine: install it, then start again"
        return 1
    fi
    if [[ -z $first || $first =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then
        ref=''
        if [[ -n $first ]]; then
            ref=${!first:-}
        fi
        _aikore_update . "$ref"
        return
    fi
    folder=${2:-$(basename -- "${first%/}" .git)} ref=${3:-}
    if [[ ! -e $folder/.git ]]; then
        _aikore_clone "$first" "$folder" "$ref"
    else
        _aikore_update "$folder" "$ref"
    fi
}

# check_remote [VARIABLE]: the older name of sync_repo.
check_remote() { sync_repo "$@"; }

# Git that never asks, never hangs on a dead line, and works in folders that another user id made.
_aikore_git() {
    GIT_TERMINAL_PROMPT=0 git -c safe.directory='*' -c advice.detachedHead=false -c user.name=AiKore \
        -c user.email=aikore@localhost -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=60 "$@" </dev/null
}

# _aikore_clone URL FOLDER REF: the folder appears when the clone is whole.
_aikore_clone() {
    local url=$1 folder=$2 ref=$3 part
    if _aikore_has_entries "$folder"; then
        warn "$folder exists and is no git repository: move it away, then start again"
        return 1
    fi
    note "Cloning $url"
    part=${folder%/}.part-$$
    mkdir -p -- "$(dirname -- "$folder")" && rm -rf -- "$part" || return 1
    if ! _aikore_git clone --recurse-submodules -- "$url" "$part" ||
        { [[ -n $ref ]] && ! _aikore_checkout "$part" origin "$ref"; }; then
        rm -rf -- "$part"
        warn "could not clone $url${ref:+ at $ref}: check the network and the address, then start again"
        return 1
    fi
    if [[ -d $folder ]]; then
        rmdir -- "$folder" || return 1
    fi
    mv -T -- "$part" "$folder"
}

# _aikore_update FOLDER REF
_aikore_update() {
    local folder=$1 ref=$2 remote head
    if ! head=$(_aikore_git -C "$folder" rev-parse HEAD 2>/dev/null); then
        warn "$(realpath -s -- "$folder") is no usable git repository"
        return 1
    fi
    remote=$(_aikore_git -C "$folder" remote | awk '$0 == "origin" || NR == 1 { name = $0 } END { print name }')
    if [[ -z $remote ]]; then
        warn "the repository in $(realpath -s -- "$folder") has no remote: left as it is"
        return 1
    fi
    # A commit that is here already needs no network.
    if [[ ! $ref =~ ^[0-9a-f]{40}$ || $ref != "$head" ]]; then
        note "Updating $(realpath -s -- "$folder") from $remote"
        if ! _aikore_git -C "$folder" fetch "$remote" --prune --tags --force --quiet; then
            warn "$remote could not be reached: going on with the version that is here (${head:0:10})"
            return 0
        fi
    fi
    _aikore_checkout "$folder" "$remote" "$ref"
}

# _aikore_target FOLDER REMOTE REF: print the remote branch, tag or commit to go to.
_aikore_target() {
    local ref candidate
    for ref in "refs/remotes/$2/$3" "$3"; do
        if [[ -n $3 ]] && _aikore_git -C "$1" rev-parse --verify --quiet "$ref^{commit}" >/dev/null; then
            printf '%s\n' "$ref"
            return
        fi
    done
    if [[ -n $3 ]]; then
        warn "'$3' exists neither as branch, tag nor commit: taking the default branch instead"
    fi
    _aikore_git -C "$1" remote set-head "$2" --auto >/dev/null 2>&1 || true
    for candidate in "refs/remotes/$2/HEAD" "refs/remotes/$2/main" "refs/remotes/$2/master" '@{upstream}'; do
        if ref=$(_aikore_git -C "$1" rev-parse --symbolic-full-name "$candidate" 2>/dev/null) && [[ -n $ref ]]; then
            printf '%s\n' "$ref"
            return
        fi
    done
    return 1
}

# _aikore_checkout FOLDER REMOTE REF: make tracked files match, after putting everything of value aside.
_aikore_checkout() {
    local folder=$1 remote=$2 target branch='' head aim path
    if ! target=$(_aikore_target "$folder" "$remote" "$3"); then
        warn "the remote $remote has no default branch: name one"
        return 1
    fi
    head=$(_aikore_git -C "$folder" rev-parse HEAD) || return 1
    aim=$(_aikore_git -C "$folder" rev-parse "$target^{commit}") || return 1
    if [[ $target == "refs/remotes/$remote/"* ]]; then
        branch=${target#"refs/remotes/$remote/"}
    fi
    if [[ $head == "$aim" && $branch == "$(_aikore_git -C "$folder" branch --show-current)" ]] &&
        ! _aikore_dirty "$folder"; then
        note "Up to date: ${head:0:10}"
        return 0
    fi
    _aikore_keep_changes "$folder" "$head" || return 1
    while IFS= read -r -d '' path; do
        if [[ -e $folder/$path || -L $folder/$path ]]; then
            mv -- "$folder/$path" "$(_aikore_free_name "$folder/$path")" || return 1
            warn "$path is new in the update and exists here already: the one here was renamed"
        fi
    done < <(_aikore_git -C "$folder" diff --name-only -z --diff-filter=A "$head" "$aim")
    if [[ -n $branch ]]; then
        _aikore_git -C "$folder" checkout --quiet --force -B "$branch" "$target" || return 1
    else
        _aikore_git -C "$folder" checkout --quiet --force --detach "$aim" || return 1
    fi
    if [[ -f $folder/.gitmodules ]]; then
        _aikore_git -C "$folder" submodule --quiet update --recursive ||
            warn "submodules could not be updated: going on with those that are here"
    fi
    note "Now at ${aim:0:10} (was ${head:0:10})"
}

# _aikore_dirty FOLDER: does a tracked file differ? Files hidden behind a link that sl_folder made do not count.
_aikore_dirty() {
    local path
    if ! _aikore_git -C "$1" diff --quiet --diff-filter=d HEAD; then
        return 0
    fi
    while IFS= read -r -d '' path; do
        while [[ $path == */* ]]; do
            path=${path%/*}
            if [[ -L $1/$path ]]; then
                continue 2
            fi
        done
        return 0
    done < <(_aikore_git -C "$1" diff --name-only -z --diff-filter=D HEAD)
    return 1
}

# _aikore_keep_changes FOLDER HEAD: stash changed files (the same change once), give own commits a branch.
_aikore_keep_changes() {
    local mark commit
    if ! _aikore_git -C "$1" diff --quiet --diff-filter=d HEAD; then
        mark=$(_aikore_git -C "$1" diff --binary HEAD | git patch-id --stable | cut -c1-12) || return 1
        if ! _aikore_git -C "$1" stash list | grep -q "aikore $mark"; then
            commit=$(_aikore_git -C "$1" stash create) || return 1
            _aikore_git -C "$1" stash store -m "aikore $mark: changed before an update" "$commit" || return 1
            warn "files of the app were changed here: kept in 'git stash', the app gets the original ones"
        fi
    fi
    if [[ -z $(_aikore_git -C "$1" for-each-ref --contains "$2" --count=1 refs/remotes refs/tags \
        'refs/heads/aikore-kept-*') ]]; then
        _aikore_git -C "$1" branch --force "aikore-kept-${2:0:10}" "$2" || return 1
        warn "commits that the remote does not have are kept in the branch aikore-kept-${2:0:10}"
    fi
}
