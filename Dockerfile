# AiKore's image: one program, one port, one volume. `docker compose up` builds and runs it.
#
# Kept to what BuildKit and buildah 1.28 both know: no `ADD --checksum`, no heredocs, no `COPY --link`. What goes into the
# image is chosen by the build arguments WITH_…, INIT and KASMVNC; docs/operations.md lists them.

ARG BASE=debian:bookworm-slim
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUST_IMAGE=rust:1.95-bookworm

# ---- The dashboard's bundle ------------------------------------------------------------------------------------------
FROM ${NODE_IMAGE} AS assets
WORKDIR /src
COPY package.json package-lock.json ./
RUN --mount=type=cache,id=aikore-npm,target=/root/.npm npm ci --no-audit --no-fund
COPY assets assets
RUN npm run --silent build

# ---- Node.js for the apps: what the runtime takes, nothing if it shall have none ----------------------------------------
FROM ${NODE_IMAGE} AS node
ARG WITH_NODE=1
RUN mkdir -p /out/usr/local/bin /out/usr/local/lib/node_modules \
    && if [ "$WITH_NODE" = 1 ]; then \
        cp /usr/local/bin/node /out/usr/local/bin/ \
        && cp -a /usr/local/lib/node_modules/npm /out/usr/local/lib/node_modules/ \
        && ln -s ../lib/node_modules/npm/bin/npm-cli.js /out/usr/local/bin/npm \
        && ln -s ../lib/node_modules/npm/bin/npx-cli.js /out/usr/local/bin/npx; \
    fi

# ---- The server ----------------------------------------------------------------------------------------------------------
FROM ${RUST_IMAGE} AS rust

FROM rust AS server
# `release`, or `ci` for a build that takes less time.
ARG PROFILE=release
# What is built. The tests of the image name the tests, too: dependencies are then built as `make test` has built them.
ARG TARGETS="--bin aikore"
WORKDIR /src
COPY Cargo.toml Cargo.lock build.rs ./
COPY bench/Cargo.toml bench/
COPY src src
COPY blueprints blueprints
COPY --from=assets /src/assets/dist assets/dist
# Cargo wants every target of the manifests to be there, also those it does not build. `touch`: a file of the context
# may be older than what the cache holds of its former self.
RUN --mount=type=cache,id=aikore-cargo,target=/usr/local/cargo/registry \
    --mount=type=cache,id=aikore-target,target=/src/target,sharing=locked \
    mkdir -p bench/src tests/integration \
    && echo 'fn main() {}' | tee bench/src/main.rs >tests/integration/main.rs \
    && touch build.rs src/lib.rs src/main.rs \
    && cargo build --locked --profile "$PROFILE" $TARGETS \
    && install -D "target/$PROFILE/aikore" /out/aikore

# ---- What runs -------------------------------------------------------------------------------------------------------------
FROM ${BASE} AS runtime
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
ARG DEBIAN_FRONTEND=noninteractive

# What blueprints and people at a terminal count on.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        bc bzip2 ca-certificates curl file git git-lfs less locales nano openssh-client procps rsync socat tzdata \
        unzip wget xz-utils python3 python3-dev python3-pip python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && sed -i 's/^# *\(en_US.UTF-8\)/\1/' /etc/locale.gen && locale-gen \
    && git lfs install --system --skip-repo

# Desktops: TigerVNC always; KasmVNC comes further down.
ARG WITH_DESKTOP=1
RUN if [ "$WITH_DESKTOP" = 1 ]; then \
        apt-get update \
        && apt-get install -y --no-install-recommends \
            fonts-dejavu-core fonts-liberation fonts-noto-color-emoji libgl1-mesa-dri openbox \
            tigervnc-standalone-server x11-xkb-utils xauth xclip xdg-utils xkb-data xterm \
        && rm -rf /var/lib/apt/lists/*; \
    fi

# ffmpeg, and the libraries that packages from PyPI expect of the system (OpenCV, soundfile, tcmalloc).
ARG WITH_MEDIA=1
RUN if [ "$WITH_MEDIA" = 1 ]; then \
        apt-get update \
        && apt-get install -y --no-install-recommends \
            espeak-ng ffmpeg libgl1 libglib2.0-0 libgomp1 libgoogle-perftools4 libsndfile1 \
        && rm -rf /var/lib/apt/lists/*; \
    fi

ARG WITH_BUILD_TOOLS=1
RUN if [ "$WITH_BUILD_TOOLS" = 1 ]; then \
        apt-get update \
        && apt-get install -y --no-install-recommends build-essential cmake ninja-build pkg-config \
        && rm -rf /var/lib/apt/lists/*; \
    fi

ARG WITH_BROWSER=1
RUN if [ "$WITH_BROWSER" = 1 ]; then \
        apt-get update \
        && apt-get install -y --no-install-recommends firefox-esr \
        && rm -rf /var/lib/apt/lists/*; \
    fi

# KasmVNC, the better desktop where it can be had. Its packages name their release: another BASE wants another one.
ARG KASMVNC=1
ARG KASMVNC_VERSION=1.5.0
ARG KASMVNC_CODENAME=bookworm
ARG KASMVNC_SHA256_AMD64=770fd3df51510beecc89666879d82faf411276e68c6e11df612f736b891b5f71
ARG KASMVNC_SHA256_ARM64=aa83a1a6c9069d1a02239988b07a3a2a082a433042b4d4ee2b9e9f6b2df9643c
RUN if [ "$KASMVNC" = 1 ] && [ "$WITH_DESKTOP" = 1 ]; then \
        case "$(dpkg --print-architecture)" in \
            amd64) sum=$KASMVNC_SHA256_AMD64 ;; \
            arm64) sum=$KASMVNC_SHA256_ARM64 ;; \
            *) echo "KasmVNC has no package for this architecture: build with KASMVNC=0" >&2; exit 1 ;; \
        esac \
        && deb="kasmvncserver_${KASMVNC_CODENAME}_${KASMVNC_VERSION}_$(dpkg --print-architecture).deb" \
        && curl -fsSL --retry 3 -o "/tmp/$deb" \
            "https://github.com/kasmtech/KasmVNC/releases/download/v$KASMVNC_VERSION/$deb" \
        && echo "$sum  /tmp/$deb" | sha256sum -c - \
        && apt-get update \
        && apt-get install -y --no-install-recommends "/tmp/$deb" \
        && rm -rf /var/lib/apt/lists/* "/tmp/$deb"; \
    fi

# Conda, at the place where scripts of the earlier system look for it.
ARG WITH_MINIFORGE=1
ARG MINIFORGE_VERSION=26.3.2-3
ARG MINIFORGE_SHA256_AMD64=848194851a98903134187fbb4ab50efe87b003e0c0f808f97644b7524a62bf2c
ARG MINIFORGE_SHA256_ARM64=2c113a69297e612b01ca0f320c22a3107a11f2ab9b573d79ac868a175945ce29
RUN if [ "$WITH_MINIFORGE" = 1 ]; then \
        case "$(dpkg --print-architecture)" in \
            amd64) machine=x86_64 sum=$MINIFORGE_SHA256_AMD64 ;; \
            arm64) machine=aarch64 sum=$MINIFORGE_SHA256_ARM64 ;; \
            *) echo "Miniforge has no installer for this architecture: build with WITH_MINIFORGE=0" >&2; exit 1 ;; \
        esac \
        && curl -fsSL --retry 3 -o /tmp/miniforge.sh \
            "https://github.com/conda-forge/miniforge/releases/download/$MINIFORGE_VERSION/Miniforge3-$MINIFORGE_VERSION-Linux-$machine.sh" \
        && echo "$sum  /tmp/miniforge.sh" | sha256sum -c - \
        && mkdir -p /home/abc \
        && bash /tmp/miniforge.sh -b -p /home/abc/miniconda3 \
        && /home/abc/miniconda3/bin/conda clean --all --yes >/dev/null \
        && rm /tmp/miniforge.sh; \
    fi

# What supervises the server and the desktops. Both run the very same /etc/cont-init.d and /etc/services.d: s6-overlay, or
# Debian's own s6 with an /init of ours (container/init-debian).
ARG INIT=s6-overlay
ARG S6_OVERLAY_VERSION=3.2.3.2
ARG S6_OVERLAY_SHA256_NOARCH=5379750ed30a84bbd2e2dd74847ba6b5bd29cd0b2e3ea2ec58049b57eb2eda12
ARG S6_OVERLAY_SHA256_AMD64=e6befcc96a437a3831386ecfc51808c5d3e939dc5fe3c02ae9284599e8aa2408
ARG S6_OVERLAY_SHA256_ARM64=b17f17a82e7a515c682a91edaf2ffdabb73f891981b6c1fd712115693a2f8b4c
COPY --chmod=755 container/init-debian/ /usr/local/lib/aikore/init-debian/
RUN case "$INIT" in \
        s6-overlay) \
            case "$(dpkg --print-architecture)" in \
                amd64) machine=x86_64 sum=$S6_OVERLAY_SHA256_AMD64 ;; \
                arm64) machine=aarch64 sum=$S6_OVERLAY_SHA256_ARM64 ;; \
                *) echo "no s6-overlay is pinned for this architecture: build with INIT=debian" >&2; exit 1 ;; \
            esac \
            && fetch() { \
                curl -fsSL --retry 3 -o /tmp/s6.tar.xz \
                    "https://github.com/just-containers/s6-overlay/releases/download/v$S6_OVERLAY_VERSION/$1" \
                && echo "$2  /tmp/s6.tar.xz" | sha256sum -c - && tar -C / -Jxpf /tmp/s6.tar.xz && rm /tmp/s6.tar.xz; \
            } \
            && fetch s6-overlay-noarch.tar.xz "$S6_OVERLAY_SHA256_NOARCH" \
            && fetch "s6-overlay-$machine.tar.xz" "$sum" ;; \
        debian) \
            apt-get update && apt-get install -y --no-install-recommends execline s6 && rm -rf /var/lib/apt/lists/* \
            && ln -s /usr/local/lib/aikore/init-debian/init /init ;; \
        *) echo "INIT is s6-overlay or debian, not $INIT" >&2; exit 1 ;; \
    esac

# uv, from PyPI by its hashes.
ARG WITH_UV=1
COPY container/uv.txt /usr/local/lib/aikore/uv.txt
RUN if [ "$WITH_UV" = 1 ]; then \
        python3 -m pip install --quiet --no-cache-dir --break-system-packages --root-user-action=ignore \
            --no-deps --only-binary=:all: --require-hashes -r /usr/local/lib/aikore/uv.txt; \
    fi
COPY --from=node /out/ /

# The user apps run as; cont-init.d gives it the numbers of PUID and PGID.
RUN groupadd -g 1000 abc \
    && useradd -u 1000 -g abc -G video -M -d /config/home -s /bin/bash abc \
    && mkdir -p /config /home/abc && chown abc:abc /config /home/abc

# Scripts of the earlier system find what they know.
COPY blueprints /usr/local/share/aikore/blueprints
COPY container/compat/versions.env /opt/sd-install/versions.env
RUN ln -s /usr/local/share/aikore/blueprints/lib/functions.sh /opt/sd-install/functions.sh \
    && ln -s /usr/local/share/aikore/blueprints /opt/sd-install/blueprints \
    && ln -s /usr/local/share/aikore/blueprints/lib /opt/sd-install/scripts

COPY container/root/ /
COPY --from=server --chmod=755 /out/aikore /usr/local/bin/aikore

# /command holds s6-overlay's tools. No S6_… is read by Debian's s6, and no service needs one.
ENV PATH=/command:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
    AIKORE_CONFIG_DIR=/config \
    BASE_DIR=/config \
    SD_INSTALL_DIR=/opt/sd-install \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics,video \
    S6_KEEP_ENV=1 \
    S6_SERVICES_GRACETIME=30000 \
    S6_KILL_GRACETIME=3000 \
    S6_BEHAVIOUR_IF_STAGE2_FAILS=2 \
    S6_CMD_WAIT_FOR_SERVICES_MAXTIME=0 \
    S6_VERBOSITY=1

ARG VERSION=dev
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.title="AiKore" \
      org.opencontainers.image.description="Turns a GPU machine into a private AI studio: installs, runs, watches and serves AI web UIs." \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

EXPOSE 9000 19001-19020
VOLUME /config
WORKDIR /config
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s --retries=3 CMD ["/usr/local/bin/aikore", "health"]
# It must be process 1: neither `--init` nor `init: true`.
ENTRYPOINT ["/init"]

# ---- For working on it (compose.dev.yaml): the source is mounted at /src -----------------------------------------------
FROM runtime AS dev
ARG DEBIAN_FRONTEND=noninteractive
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc inotify-tools libc6-dev libstdc++6 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=assets /usr/local/bin/node /usr/local/bin/node
COPY --from=assets /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
COPY --from=rust /usr/local/cargo /usr/local/cargo
COPY --from=rust /usr/local/rustup /usr/local/rustup
COPY container/dev/ /
ENV CARGO_HOME=/usr/local/cargo RUSTUP_HOME=/usr/local/rustup

# The last stage is what a build without a target makes.
FROM runtime
