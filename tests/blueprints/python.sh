#!/usr/bin/env bash
# uv, environments and requirement lists of the shell library, with the real PyPI.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"

CACHE=$(mktemp -d)
trap 'rm -rf -- "$CACHE"' EXIT
export XDG_CACHE_HOME=$CACHE UV_CACHE_DIR=$CACHE/uv
unset PYTHON_VERSION VIRTUAL_ENV CONDA_PREFIX UV_OFFLINE

# A `uv` that does not work hides whatever the machine has.
hide_uv() {
    mkdir -p bin
    printf '#!/bin/sh\nexit 1\n' >bin/uv
    chmod +x bin/uv
    export PATH=$PWD/bin:$PATH
}

# A network that answers nothing.
cut_network() {
    export UV_OFFLINE=1 PIP_NO_INDEX=1 PIP_RETRIES=0 PIP_FIND_LINKS='' https_proxy=http://127.0.0.1:9 \
        HTTPS_PROXY=http://127.0.0.1:9
}

# The tests run in alphabetic order, so this one fills the cache for those below.
test_a_uv_is_installed_once_for_two_at_once() {
    hide_uv
    (ensure_uv) >one 2>&1 &
    (ensure_uv) >two 2>&1
    wait
    same 1 "$(cat one two | grep -c 'Installing uv')"
    cut_network
    ensure_uv
    has "$CACHE/aikore-tools/uv-" "$(command -v uv)"
    has 'uv 0.' "$(uv --version)"
    same '' "$(find "$CACHE/aikore-tools" -name '*.part-*')"
}

test_uv_of_the_machine_is_preferred() {
    mkdir bin
    printf '#!/bin/sh\necho uv 9.9.9\n' >bin/uv
    chmod +x bin/uv
    PATH=$PWD/bin:$PATH
    ensure_uv
    same "$PWD/bin/uv" "$(command -v uv)"
}

test_uv_of_the_machine_that_is_too_old_is_not_used() {
    mkdir bin
    printf '#!/bin/sh\necho uv 0.4.30\n' >bin/uv
    chmod +x bin/uv
    PATH=$PWD/bin:$PATH
    ensure_uv
    has "$CACHE/aikore-tools/uv-" "$(command -v uv)"
}

test_uv_that_cannot_be_had_is_a_clear_error() {
    hide_uv
    cut_network
    local output status=0
    output=$(XDG_CACHE_HOME=$PWD/cache ensure_uv 2>&1) || status=$?
    same 1 "$status"
    has 'error: uv, the Python installer, could not be installed from PyPI.' "$(tail -n 1 <<<"$output")"
    same '' "$(find cache -name '*.part-*')"
}

test_venv_installs_once_and_starts_offline() {
    hide_uv
    echo 'iniconfig==2.0.0' >requirements.txt
    (
        ensure_venv
        install_requirements requirements.txt
        same "$PWD/env/bin/python" "$(command -v python)"
        same 2.0.0 "$(python -c 'import importlib.metadata as m; print(m.version("iniconfig"))')"
        python -m pip --version >/dev/null
    )
    cut_network
    (
        same '' "$(ensure_venv && install_requirements requirements.txt)"
        ensure_venv
        python -c 'import iniconfig'
    )
    # A renamed instance keeps its environment.
    mkdir moved
    mv env moved/env
    cd moved
    ensure_venv
    python -c 'import iniconfig'
    has "$PWD/env" "$(python -c 'import sys; print(sys.prefix)')"
}

test_venv_follows_the_list_and_the_marker() {
    ensure_venv ./env
    echo 'iniconfig==2.0.0' >base.txt
    echo '-r base.txt' >list.txt
    install_requirements list.txt >/dev/null 2>&1
    echo 'iniconfig==2.1.0' >base.txt
    has 'Installing what list.txt' "$(install_requirements list.txt 2>&1)"
    same 2.1.0 "$(python -c 'import importlib.metadata as m; print(m.version("iniconfig"))')"
    touch .rebuild-env
    ensure_venv ./env >/dev/null
    fails python -c 'import iniconfig' 2>/dev/null
    [[ ! -e .rebuild-env ]]
    has 'Installing what list.txt' "$(install_requirements list.txt 2>&1)"
}

test_venv_path_comes_from_the_header() {
    # Indented, so that this very file has no header.
    sed 's/^    //' >launch.sh <<'SCRIPT'
    ### AIKORE-METADATA-START ###
    # aikore.venv_path = ./deep/my venv
    ### AIKORE-METADATA-END ###
    # aikore.venv_path = ./elsewhere
    set -eu
    source "$AIKORE_LIB/functions.sh"
    ensure_venv
    echo "$VIRTUAL_ENV"
SCRIPT
    # Windows line ends in the header do no harm.
    sed -i '2s/ *$/\r/' launch.sh
    same "$PWD/deep/my venv" "$(bash launch.sh | tail -n 1)"
}

test_env_is_of_the_kind_that_the_header_names() {
    sed 's/^    //' >launch.sh <<'SCRIPT'
    ### AIKORE-METADATA-START ###
    # aikore.venv_type = python
    # aikore.venv_path = ./deep/env
    ### AIKORE-METADATA-END ###
    set -euo pipefail
    source "$AIKORE_LIB/functions.sh"
    ensure_env "" ">=3.9"
    python -c 'import os, sys; print(os.environ.get("VIRTUAL_ENV"), os.environ.get("CONDA_PREFIX"), sys.prefix)'
SCRIPT
    same "$PWD/deep/env None $PWD/deep/env" "$(bash launch.sh | tail -n 1)"
    # One of conda, which is any folder with a Python and what its packages want at an activation.
    sed -i 's/venv_type = python/venv_type = conda/; s/^set -euo pipefail/unset CONDA_EXE MAMBA_EXE\n&/' launch.sh
    mkdir -p deep/env/conda-meta deep/env/etc/conda/activate.d
    # shellcheck disable=SC2016
    echo 'export OF_A_PACKAGE="$CONDA_PREFIX $UNSET_VARIABLE"; false' >deep/env/etc/conda/activate.d/one.sh
    sed -i 's/os.environ.get("VIRTUAL_ENV")/os.environ["OF_A_PACKAGE"].strip()/' launch.sh
    same "$PWD/deep/env $PWD/deep/env $PWD/deep/env" "$(bash launch.sh 2>&1 | tail -n 1)"
}

test_env_of_conda_without_conda_says_how_to_get_one() {
    unset CONDA_EXE MAMBA_EXE
    if _aikore_find_conda; then
        echo "(this machine has conda, so the message can't be seen)"
        return 0
    fi
    printf '%s\n' '### AIKORE-METADATA-START ###' '# aikore.venv_type = conda' '### AIKORE-METADATA-END ###' \
        "source \"\$AIKORE_LIB/functions.sh\"; ensure_env ./env 3.11; echo went on" >launch.sh
    local output status=0
    output=$(bash launch.sh 2>&1) || status=$?
    same 1 "$status"
    has 'this machine has no conda, mamba or micromamba. Install Miniforge, or put' "$output"
    same '.env.lock launch.sh' "$(names .)"
    # Where it is looked for.
    mkdir -p cache/aikore-tools
    printf '#!/bin/sh\n' >cache/aikore-tools/micromamba
    chmod +x cache/aikore-tools/micromamba
    same "$PWD/cache/aikore-tools/micromamba" "$(XDG_CACHE_HOME=$PWD/cache _aikore_find_conda)"
    same "$PWD/launch.sh" "$(chmod +x launch.sh && CONDA_EXE=$PWD/launch.sh _aikore_find_conda)"
}

second_start() {
    ensure_env
    install_requirements requirements.txt
    install_packages 'iniconfig==2.0.0'
    install_wheels
    launch_args
}

test_env_that_is_there_costs_no_time() {
    ensure_env >/dev/null
    echo 'iniconfig==2.0.0' >requirements.txt
    install_requirements requirements.txt >/dev/null 2>&1
    install_packages 'iniconfig==2.0.0' >/dev/null 2>&1
    cut_network
    within 400 second_start
}

test_env_is_made_once_for_two_at_once() {
    (ensure_env && install_packages iniconfig==2.0.0) >one 2>&1 &
    (ensure_env && install_packages iniconfig==2.0.0) >two 2>&1
    wait $!
    same '1 1' "$(cat one two | grep -c 'Made an environment') $(cat one two | grep -c 'Installing the packages')"
}

test_venv_broken_by_a_vanished_python_is_made_anew() {
    ensure_venv
    ln -sfn /nowhere/python3 env/bin/python
    has 'Made an environment' "$(ensure_venv)"
}

test_venv_leaves_foreign_folders_alone() {
    mkdir -p env/conda-meta
    has 'is no Python environment that fits' "$( (ensure_venv) 2>&1 || true)"
    [[ -d env/conda-meta ]]
}

test_venv_with_an_unknown_python_says_what_to_do() {
    ensure_venv
    local output status=0
    output=$(PYTHON_VERSION=3.99 ensure_venv 2>&1) || status=$?
    same 1 "$status"
    has 'Python 3.99 is not on this machine and could not be downloaded' "$(tail -n 1 <<<"$output")"
    # What worked before still does.
    python -c 'pass'
    same '' "$(find . -maxdepth 1 -name '*.part-*')"
}

test_failed_install_says_why_and_is_tried_again() {
    ensure_venv
    echo 'iniconfig==0.0.0.dev999' >requirements.txt
    local output status=0
    output=$(install_requirements requirements.txt 2>&1) || status=$?
    same 1 "$status"
    has 'warning: installing what requirements.txt asks for failed.' "$(tail -n 1 <<<"$output")"
    fails install_requirements requirements.txt >/dev/null 2>&1
    fails install_requirements nowhere.txt 2>/dev/null
    cut_network
    echo 'iniconfig==1.1.1' >requirements.txt
    has 'UV_OFFLINE is set' "$(install_requirements requirements.txt 2>&1 || true)"
}

test_requirements_of_a_folder_are_installed_as_ever() {
    mkdir -p bin app/one app/two/deep app/three
    printf '#!/bin/sh\necho "pip $*" >>"%s/calls"\n' "$PWD" >bin/pip
    chmod +x bin/pip
    PATH=$PWD/bin:$PATH
    touch app/requirements.txt app/one/requirements.txt app/two/deep/requirements.txt app/three/requirements.txt
    install_requirements app >/dev/null
    same 'pip install -r app/requirements.txt' "$(head -n 1 calls)"
    same 'pip install -r app/one/requirements.txt pip install -r app/three/requirements.txt' "$(tail -n +2 calls | xargs)"
}

run_tests
