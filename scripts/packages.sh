# shellcheck shell=bash
# Installing what is missing, for scripts that source this. A tool that can't be had fails the run.

missing=()

need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

as_root() { # COMMAND …
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_missing() {
    ((${#missing[@]})) || return 0
    echo "installing: ${missing[*]}"
    if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null; then
        echo "these are missing, and only root can install them: ${missing[*]}" >&2
        exit 1
    fi
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

demand() { # COMMAND …
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || { echo "$command is needed and missing" >&2; exit 1; }
    done
}
