# shellcheck shell=bash
# Git: the app's source, kept at the version that was asked for without losing anything. Part of ../functions.sh;
# the first clone is in clone.sh.

# sync_repo URL [FOLDER [REF]]: clone URL when FOLDER is missing. A clone that is there stays as it is, without
# network, unless an update was asked for (AIKORE_UPDATE=true) or REF or URL is another one than the last time: then
# its tracked files are brought to REF (branch, tag or commit; the remote's default branch when absent). Nothing is
# lost: changed files go to a stash, own commits to a branch, files in the way get another name; untracked files
# stay. Without network the version that is here stays, and that is no failure.
#
# sync_repo [VARIABLE]: the same for the repository in the current folder; REF is what the environment variable of
# this name holds.
sync_repo() {
    local first=${1:-} folder ref url='' git
    if ! command -v git >/dev/null; then
        warn "git is missing on this machine: install it, then start again"
        return 1
    fi
    if [[ -z $first || $first =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]]; then
        folder=. ref=''
        if [[ -n $first ]]; then
            ref=${!first:-}
        fi
    else
        url=$first folder=${2:-$(basename -- "${first%/}" .git)} ref=${3:-}
        folder=${folder%/}
        if [[ ! -e $folder/.git ]]; then
            _aikore_locked "$(_aikore_lock_beside "$folder")" _aikore_clone "$url" "$folder" "$ref"
            return
        fi
    fi
    if _aikore_as_asked "$folder" "$ref" "$url"; then
        return 0
    fi
    if ! git=$(_aikore_git -C "$folder" rev-parse --absolute-git-dir 2>/dev/null); then
        warn "$(realpath -s -- "$folder") is no usable git repository: move it away, then start again"
        return 1
    fi
    _aikore_locked "$git/aikore.lock" _aikore_update "$folder" "$ref" "$url"
}

# check_remote [VARIABLE]: the older name of sync_repo.
check_remote() { sync_repo "$@"; }

# Git that never asks, never hangs on a dead line, works in folders that another user id made, and leaves nothing running
# behind that would hold our lock.
_aikore_git() {
    GIT_TERMINAL_PROMPT=0 git -c safe.directory='*' -c advice.detachedHead=false -c user.name=AiKore \
        -c user.email=aikore@localhost -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=60 -c gc.auto=0 \
        -c maintenance.auto=false "$@" </dev/null
}

# _aikore_as_asked FOLDER REF URL: does the repository need nothing? Its own configuration holds what was asked for
# last (`aikore.ref`, `aikore.url`) and a checkout that was cut off (`aikore.going`).
_aikore_as_asked() {
    local key value known='' head branch
    [[ ${AIKORE_UPDATE:-} != true ]] || return 1
    while IFS= read -r -d '' value; do
        key=${value%%$'\n'*} value=${value#*$'\n'}
        case $key in
            aikore.ref) known=1 ;;&
            aikore.ref) [[ $value == "$2" ]] || return 1 ;;
            aikore.url) [[ -z $3 || $value == "$3" ]] || return 1 ;;
            aikore.going) return 1 ;;
        esac
    done < <(_aikore_git -C "$1" config --local --null --get-regexp '^aikore\.' 2>/dev/null)
    if [[ -n $known ]]; then
        return 0
    fi
    # Cloned by somebody else: fine where no ref is asked for, or where it is on that one already.
    head=$(_aikore_git -C "$1" rev-parse --quiet --verify HEAD 2>/dev/null) || return 1
    branch=$(_aikore_git -C "$1" branch --show-current)
    [[ -z $2 || $2 == "$branch" ]] ||
        { [[ -z $branch ]] && [[ $head == "$(_aikore_git -C "$1" rev-parse --quiet --verify "$2^{commit}" 2>/dev/null)" ]]; }
}

# _aikore_update FOLDER REF URL
_aikore_update() {
    local folder=$1 ref=$2 url=$3 remote head known='' fetched=1
    local -a more=()
    if ! head=$(_aikore_git -C "$folder" rev-parse HEAD 2>/dev/null); then
        warn "$(realpath -s -- "$folder") is no usable git repository: move it away, then start again"
        return 1
    fi
    remote=$(_aikore_git -C "$folder" remote | awk '$0 == "origin" || NR == 1 { name = $0 } END { print name }')
    if [[ -z $remote ]]; then
        warn "the repository in $(realpath -s -- "$folder") has no remote: left as it is"
        return 1
    fi
    _aikore_finish_checkout "$folder" "$remote" || return 1
    if _aikore_as_asked "$folder" "$ref" "$url"; then
        return 0
    fi
    known=$(_aikore_git -C "$folder" config --local aikore.url || true)
    if [[ -n $url && -n $known && $known != "$url" ]]; then
        note "$folder comes from $url now"
        _aikore_git -C "$folder" remote set-url "$remote" "$url" || return 1
    fi
    # A commit or tag that is here already needs no network, unless an update was asked for.
    if [[ $ref =~ ^[0-9a-f]{40}$ ]] && _aikore_git -C "$folder" cat-file -e "$ref^{commit}" 2>/dev/null; then
        fetched=''
    else
        note "Updating $(realpath -s -- "$folder") from $remote"
        if [[ $(_aikore_git -C "$folder" rev-parse --is-shallow-repository) == true ]]; then
            more=(--unshallow)
        fi
        if ! _aikore_git -C "$folder" fetch "$remote" "${more[@]}" --prune --tags --force --quiet; then
            # Another ref than the last time may be here already.
            if [[ -z $ref || $ref == "$(_aikore_git -C "$folder" config --local aikore.ref)" ]] ||
                ! _aikore_target "$folder" "$remote" "$ref" >/dev/null; then
                warn "$remote could not be reached: going on with the version that is here (${head:0:10})"
                return 0
            fi
            fetched=''
        fi
    fi
    if [[ -n $fetched ]]; then
        _aikore_git -C "$folder" remote set-head "$remote" --auto >/dev/null 2>&1 || true
    fi
    if [[ -n $ref ]] && ! _aikore_target "$folder" "$remote" "$ref" >/dev/null; then
        warn "'$ref' exists neither as branch, tag nor commit: going on with the version that is here (${head:0:10})"
        return 0
    fi
    _aikore_checkout "$folder" "$remote" "$ref" || return 1
    _aikore_remember "$folder" "$ref" "$url"
}

# _aikore_remember FOLDER REF URL: what was asked for, for the next start.
_aikore_remember() {
    _aikore_git -C "$1" config --local aikore.ref "$2" || return 1
    if [[ -n $3 ]]; then
        _aikore_git -C "$1" config --local aikore.url "$3"
    fi
}

# _aikore_target FOLDER REMOTE REF: print the remote branch, tag or commit to go to; without REF the default branch.
_aikore_target() {
    local ref candidate
    if [[ -n $3 ]]; then
        for ref in "refs/remotes/$2/$3" "refs/tags/$3" "$3"; do
            if _aikore_git -C "$1" rev-parse --verify --quiet "$ref^{commit}" >/dev/null; then
                printf '%s\n' "$ref"
                return
            fi
        done
        return 1
    fi
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
    _aikore_git -C "$folder" config --local aikore.going "$aim $branch" || return 1
    _aikore_go "$folder" "$aim" "$branch" "$target" || return 1
    note "Now at ${aim:0:10} (was ${head:0:10})"
}

# _aikore_go FOLDER COMMIT BRANCH TARGET: only this changes the tree.
_aikore_go() {
    if [[ -n $3 ]]; then
        _aikore_git -C "$1" checkout --quiet --force -B "$3" "$4" || return 1
    else
        _aikore_git -C "$1" checkout --quiet --force --detach "$2" || return 1
    fi
    if [[ -f $1/.gitmodules ]]; then
        _aikore_git -C "$1" submodule --quiet sync --recursive || true
        _aikore_clone_submodules "$1" ||
            warn "submodules could not be updated: going on with those that are here"
    fi
    _aikore_git -C "$1" config --local --unset-all aikore.going || true
}

# _aikore_finish_checkout FOLDER REMOTE: a checkout that was cut off is done to its end. What was changed here had been
# put aside before it began. When the tree is clean meanwhile, somebody else (a roll back) has seen to it.
_aikore_finish_checkout() {
    local going aim branch
    if ! going=$(_aikore_git -C "$1" config --local aikore.going 2>/dev/null); then
        return 0
    fi
    aim=${going%% *} branch=${going#* }
    # Nobody else works here: we hold the lock, and the one who wrote this is gone.
    rm -f -- "$(_aikore_git -C "$1" rev-parse --absolute-git-dir)/index.lock"
    if [[ $aim == "$(_aikore_git -C "$1" rev-parse HEAD)" ]] || _aikore_dirty "$1"; then
        note "The last update was cut off: going on with it"
        _aikore_go "$1" "$aim" "$branch" "refs/remotes/$2/$branch"
        return
    fi
    _aikore_git -C "$1" config --local --unset-all aikore.going
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
