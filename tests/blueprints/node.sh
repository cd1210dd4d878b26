#!/usr/bin/env bash
# Node.js and its packages, with the real registries.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"

CACHE=$(mktemp -d)
trap 'rm -rf -- "$CACHE"' EXIT
export XDG_CACHE_HOME=$CACHE UV_CACHE_DIR=$CACHE/uv

cut_network() { export npm_config_offline=true UV_OFFLINE=1 https_proxy=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9; }

# A `node` on PATH that is older than anybody wants, or does not run at all.
make_node() {
    mkdir -p bin
    printf '#!/bin/sh\n%s\n' "$1" >bin/node
    chmod +x bin/node
    export PATH=$PWD/bin:$PATH
}

test_node_of_the_machine_is_preferred() {
    make_node 'echo v99.1.0'
    ensure_node 22
    same "$PWD/bin/node" "$(command -v node)"
}

test_node_is_installed_once_for_two_at_once() {
    make_node "case \$1 in --version) echo v12.0.0 ;; *) exec $(command -v node) \"\$@\" ;; esac"
    (ensure_node 22) >one 2>&1 &
    (ensure_node 22) >two 2>&1
    wait $!
    same 1 "$(cat one two | grep -c 'Installing Node.js 22')"
    cut_network
    same '' "$(ensure_node 22 2>&1)"
    ensure_node 22
    has v22. "$(node --version)"
    has "$CACHE/aikore-tools/node-22/bin/npm" "$(command -v npm)"
    npm --version >/dev/null
    same '' "$(find "$CACHE/aikore-tools" -maxdepth 1 -name '*.part-*')"
}

test_node_comes_from_pypi_where_there_is_no_npm() {
    make_node 'exit 1'
    export XDG_CACHE_HOME=$PWD/cache
    ensure_node 24 >/dev/null 2>&1
    has v24. "$(node --version)"
    npm --version >/dev/null
    has "$PWD/cache/aikore-tools/node-24/bin/npx" "$(command -v npx)"
}

test_node_that_cannot_be_had_is_a_clear_error() {
    cut_network
    has 'Node.js 97 could not be installed' "$(ensure_node 97 2>&1 || true)"
    fails ensure_node 97 >/dev/null 2>&1
    fails ensure_node lts 2>/dev/null
}

test_node_packages_are_installed_once_as_locked() {
    mkdir app
    echo '{"name": "x", "version": "1.0.0", "dependencies": {"is-odd": "^3.0.0"}}' >app/package.json
    # Without a lock file npm makes one.
    install_node_packages app >/dev/null 2>&1
    [[ -d app/node_modules/is-odd && -f app/package-lock.json ]]
    (cut_network && same '' "$(install_node_packages app 2>&1)")
    # An older one in the lock file is what comes.
    cp -r app other
    (cd other && npm install --silent --package-lock-only is-odd@3.0.0 >/dev/null)
    cp other/package.json other/package-lock.json app
    install_node_packages app >/dev/null 2>&1
    same '"3.0.0"' "$(node -p 'JSON.stringify(require("./app/node_modules/is-odd/package.json").version)')"
    (cut_network && same '' "$(install_node_packages app 2>&1)")
    # The arguments go to npm, and are part of what was asked for.
    install_node_packages app --omit=dev >/dev/null 2>&1
    same '' "$(install_node_packages app --omit=dev 2>&1)"
}

test_node_packages_that_cannot_be_had_are_a_clear_error() {
    mkdir app
    fails install_node_packages app 2>/dev/null
    echo '{"name": "x", "version": "1.0.0", "dependencies": {"is-odd": "99.0.0"}}' >app/package.json
    has 'installing the Node.js packages of app failed' "$(install_node_packages app 2>&1 || true)"
    fails install_node_packages app >/dev/null 2>&1
}

run_tests
