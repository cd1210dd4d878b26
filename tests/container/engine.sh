# shellcheck shell=bash
# An engine of our own for one run: its settings, its images and its networks lie in one folder and end with it.

# open_engine FOLDER: everything podman keeps goes there.
open_engine() {
    local folder=$1
    mkdir -p "$folder"/{graph,run,tmp,networks,volumes,build}
    # The limits: podman asks for more files and processes than a root without CAP_SYS_RESOURCE may have. runc: crun can't
    # do with version 1 and 2 of control groups side by side.
    cat >"$folder/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$folder/tmp"
volume_path = "$folder/volumes"
[network]
network_config_dir = "$folder/networks"
CONF
    cat >"$folder/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$folder/graph"
runroot = "$folder/run"
CONF
    export CONTAINERS_CONF=$folder/containers.conf CONTAINERS_STORAGE_CONF=$folder/storage.conf
    # Here buildah keeps what `RUN --mount=type=cache` caches.
    export ENGINE_BUILD=$folder/build
}

# close_engine FOLDER: nothing of it is left, whatever state it is in.
close_engine() {
    podman ps --all --quiet 2>/dev/null | xargs --no-run-if-empty podman rm --force --time 2 >/dev/null 2>&1
    podman network prune --force >/dev/null 2>&1
    awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r |
        while IFS= read -r mount; do umount -l "$mount" 2>/dev/null; done
    rm -rf -- "$1"
}
