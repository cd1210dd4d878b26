# shellcheck shell=bash
# The images: stand-ins for those of Docker Hub, made of Debian's packages and this machine's Node.js and Rust, and ours.

HUB=docker.io/library

# What makes TLS work here makes it work in a build.
host_certificates() {
    printf '%s\n' "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}"
}

make_debian() {
    local exclude
    local -a options=()
    for exclude in man doc locale info; do
        options+=(--dpkgopt="path-exclude=/usr/share/$exclude/*")
    done
    # As the real one: packages are not kept after they were installed.
    mkdir -p "$WORK/debian"
    cat >"$WORK/debian/docker-clean" <<'CONF'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
CONF
    cp -- "$(host_certificates)" "$WORK/debian/host.crt"
    # In the hooks $1 is the new system's folder.
    # shellcheck disable=SC2016
    mmdebstrap --quiet --variant=minbase --include=ca-certificates "${options[@]}" \
        --customize-hook="copy-in $WORK/debian/docker-clean /etc/apt/apt.conf.d" \
        --customize-hook="copy-in $WORK/debian/host.crt /usr/local/share/ca-certificates" \
        --customize-hook='chroot "$1" update-ca-certificates >/dev/null 2>&1' \
        bookworm - | podman import --quiet --change CMD=bash - "$HUB/debian:bookworm-slim" >/dev/null
}

make_node() {
    local context=$WORK/node
    mkdir -p "$context"
    cp -L -- "$(node -p process.execPath)" "$context/node"
    cp -a -- "$(dirname -- "$(dirname -- "$(realpath -- "$(command -v npm)")")")" "$context/npm"
    cat >"$context/Containerfile" <<FILE
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libstdc++6
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
FILE
    build "$context" --tag "$HUB/node:22-bookworm-slim"
}

# The toolchain itself is mounted when it is needed: copying it would take longer than the build. Cargo's home is called as
# here: it takes what was compiled from elsewhere for something else.
make_rust() {
    local home=${CARGO_HOME:-$HOME/.cargo}
    mkdir -p "$WORK/rust"
    cat >"$WORK/rust/Containerfile" <<FILE
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev
RUN mkdir -p /usr/local/cargo/registry "$home" && ln -sfn /usr/local/cargo/registry "$home/registry"
ENV PATH=/usr/local/toolchain/bin:/usr/sbin:/usr/bin:/sbin:/bin CARGO_HOME=$home
FILE
    build "$WORK/rust" --tag "$HUB/rust:1.95-bookworm"
}

# build FOLDER OPTION…
build() {
    TMPDIR=$ENGINE_BUILD podman build --quiet --format docker --network host "${@:2}" "$1" >/dev/null
}

# Caches of the build that this machine has already: downloads of Cargo and npm, and what was compiled.
lend_caches() {
    local caches=$ENGINE_BUILD/buildah-cache
    mkdir -p "$caches" "$ENGINE_BUILD/compiled"
    # Newer versions call it so. Where neither is right, the build takes longer and is no worse.
    ln -sfn buildah-cache "$caches-0"
    local registry=${CARGO_HOME:-$HOME/.cargo}/registry npm
    npm=$(npm config get cache)
    mkdir -p "$registry" "$npm"
    ln -sfn -- "$registry" "$caches/aikore-cargo"
    ln -sfn -- "$npm" "$caches/aikore-npm"
    ln -sfn -- "$ENGINE_BUILD/compiled" "$caches/aikore-target"
    copy_compiled
}

# Dependencies that `make test` has compiled, where this machine is the Debian that the image is made of: what links there was made
# there. A copy: a build that finds them unfit compiles them anew. AiKore itself is compiled in any case, since it lies elsewhere.
copy_compiled() {
    # shellcheck source=/dev/null
    (source /etc/os-release && [[ ${VERSION_CODENAME:-} == bookworm ]]) || return 0
    [[ ${AIKORE_TEST_HUB:-} != 1 && -d $ROOT/target/ci/deps && ! -e $ENGINE_BUILD/compiled/ci ]] || return 0
    mkdir -p "$ENGINE_BUILD/compiled/ci"
    # This format of archives knows parts of seconds; cargo goes by them.
    tar -C "$ROOT/target/ci" --format=posix --exclude='*aikore*' --exclude='integration-*' -cf - deps build .fingerprint |
        tar -C "$ENGINE_BUILD/compiled/ci" -xf -
}

# take_back_caches: nothing of ours stays in what was lent.
take_back_caches() {
    find "$ENGINE_BUILD"/buildah-cache/*/ -maxdepth 1 -name buildah-cache-lockfile -delete
}

# The image as CI wants it: Debian's init, and without what comes from GitHub alone (KasmVNC, Miniforge), which CI can't reach.
make_image() {
    local toolchain
    local -a mounts=()
    if [[ ${AIKORE_TEST_HUB:-} != 1 ]]; then
        toolchain=$(dirname -- "$(dirname -- "$(rustup which rustc)")")
        mounts=(--volume "$toolchain:/usr/local/toolchain:ro")
    fi
    # Two stages at once: one waits for Debian's packages while the other compiles.
    build "$ROOT" --jobs 2 --tag aikore:test "${mounts[@]}" --build-arg INIT=debian --build-arg PROFILE=ci \
        --build-arg TARGETS="--workspace --bin aikore --test integration" \
        --build-arg KASMVNC=0 --build-arg WITH_MINIFORGE=0 \
        --build-arg VERSION=test --build-arg "REVISION=$(git -C "$ROOT" rev-parse HEAD 2>/dev/null || echo unknown)"
}
