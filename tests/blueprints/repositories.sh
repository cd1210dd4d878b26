# shellcheck shell=bash
# Real repositories for the tests of sync_repo.
unset AIKORE_UPDATE
# Submodules from folders are refused by default.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=protocol.file.allow GIT_CONFIG_VALUE_0=always
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t

# A remote with two commits on main, a branch and a tag, and a clone of it in `app`.
make_remote() {
    git init -q -b main remote
    mkdir remote/models
    echo one >remote/a
    echo put >remote/models/put_here
    commit one
    git -C remote tag v1
    git -C remote branch old
    echo two >remote/a
    commit two
    git clone -q remote app
}

commit() { git -C remote add -A && git -C remote commit -q -m "$1"; }
update() { AIKORE_UPDATE=true sync_repo "$@"; }
url() { echo "file://$PWD/remote"; }
