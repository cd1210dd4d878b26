#!/usr/bin/env bash
# Scripts as people wrote them for the earlier system, run unchanged: with the library at its old place, without
# `set -e`, with environments that they make themselves.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"

CACHE=${AIKORE_TESTS_CACHE:-$(mktemp -d)}
trap '[[ -n ${AIKORE_TESTS_CACHE:-} ]] || rm -rf -- "$CACHE"' EXIT
export XDG_CACHE_HOME=$CACHE UV_CACHE_DIR=$CACHE/uv GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@t
unset AIKORE_UPDATE AIKORE_LIB VIRTUAL_ENV CONDA_PREFIX PYTHON_VERSION GIT_REF PIP_FIND_LINKS

# Runs launch.sh with the library at the path where old scripts look for it. In a namespace of its own, so that the
# machine's /opt stays as it is; where that is not allowed, with a link that is removed again.
run_old() (
    export INSTANCE_CONF_DIR=$PWD/inst INSTANCE_OUTPUT_DIR=$PWD/outputs/inst WEBUI_PORT=19999 INSTANCE_NAME=inst
    export SUBFOLDER=/instance/inst/ TMPDIR=$PWD
    cd inst
    # shellcheck disable=SC2016
    if unshare --user --map-root-user --mount true 2>/dev/null; then
        unshare --user --map-root-user --mount bash -c 'mount -t tmpfs none /opt && mkdir /opt/sd-install &&
            ln -s "$LIB/functions.sh" /opt/sd-install/ && exec bash ./launch.sh' </dev/null
    elif [[ ! -e /opt/sd-install && -w /opt ]]; then
        mkdir /opt/sd-install
        ln -s "$LIB/functions.sh" /opt/sd-install/
        trap 'rm -r /opt/sd-install' EXIT
        bash ./launch.sh </dev/null
    else
        echo "neither a namespace nor /opt can be used here"
        return 1
    fi
)

# An app with two commits and a tag, and the instance's folder.
make_app() {
    mkdir -p inst outputs/inst shared/models
    git init -q -b main remote
    mkdir -p remote/models/checkpoints remote/nodes/one
    echo put >remote/models/checkpoints/put_here
    echo iniconfig==2.0.0 >remote/requirements.txt
    echo colorama==0.4.6 >remote/nodes/one/requirements.txt
    echo 'import os, sys, iniconfig; print("app one", os.environ["WEBUI_PORT"], *sys.argv[1:])' >remote/app.py
    git -C remote add -A
    git -C remote commit -q -m one
    git -C remote tag v1
    sed -i 's/app one/app two/' remote/app.py
    git -C remote commit -q -a -m two
}

make_script() {
    cat >inst/launch.sh <<'SCRIPT'
#!/bin/bash
### AIKORE-METADATA-START ###
# aikore.category = Image
# aikore.venv_type = python
# aikore.venv_path = ./env
### AIKORE-METADATA-END ###
source /opt/sd-install/functions.sh
export PATH="/home/abc/miniconda3/bin:$PATH"

mkdir -p "${INSTANCE_CONF_DIR}" "${INSTANCE_OUTPUT_DIR}"
if [ ! -d ${INSTANCE_CONF_DIR}/app ]; then
    git clone -q "$REMOTE" ${INSTANCE_CONF_DIR}/app
fi
cd ${INSTANCE_CONF_DIR}/app
check_remote "GIT_REF"
clean_env ${INSTANCE_CONF_DIR}/env
if [ ! -d ${INSTANCE_CONF_DIR}/env ]; then
    python3 -m venv ${INSTANCE_CONF_DIR}/env
fi
source ${INSTANCE_CONF_DIR}/env/bin/activate
install_requirements ${INSTANCE_CONF_DIR}/app
install_requirements ${INSTANCE_CONF_DIR}/app/nodes
sl_folder ${INSTANCE_CONF_DIR}/app/models checkpoints ${SHARED} stable-diffusion
sl_folder ${INSTANCE_CONF_DIR}/app output ${INSTANCE_OUTPUT_DIR}
cd ${INSTANCE_CONF_DIR}/app
CMD="python3 app.py --port $WEBUI_PORT"
eval $CMD
SCRIPT
    export REMOTE=file://$PWD/remote SHARED=$PWD/shared/models
}

test_an_old_script_runs_unchanged() {
    make_app
    make_script
    same 'app two 19999 --port 19999' "$(run_old 2>err | tail -n 1)"
    same "$PWD/shared/models/stable-diffusion" "$(readlink inst/app/models/checkpoints)"
    same put "$(cat shared/models/stable-diffusion/put_here)"
    same "$PWD/outputs/inst" "$(readlink inst/app/output)"
    [[ -d inst/env/.aikore-installed ]]
    # A second start needs nothing and says nothing.
    mv remote away
    same 'app two 19999 --port 19999' "$(export PIP_NO_INDEX=1; run_old 2>&1)"
    mv away remote
    # The ref of a variable is followed, an update only when asked for.
    same 'app one 19999 --port 19999' "$(GIT_REF=v1 run_old 2>&1 | tail -n 1)"
    sed -i 's/app two/app three/' remote/app.py
    git -C remote commit -q -a -m three
    same 'app one 19999 --port 19999' "$(GIT_REF=v1 run_old 2>&1 | tail -n 1)"
    same 'app three 19999 --port 19999' "$(run_old 2>&1 | tail -n 1)"
    sed -i 's/app three/app four/' remote/app.py
    git -C remote commit -q -a -m four
    same 'app three 19999 --port 19999' "$(run_old 2>&1 | tail -n 1)"
    same 'app four 19999 --port 19999' "$(AIKORE_UPDATE=true run_old 2>&1 | tail -n 1)"
}

test_an_old_script_rebuilds_its_environment() {
    make_app
    make_script
    run_old >/dev/null 2>&1
    # As AiKore does it: the environment is put aside, the mark set.
    mv inst/env inst/put-aside
    touch inst/.rebuild-env
    has 'Installing what' "$(run_old 2>&1)"
    [[ -d inst/env/.aikore-installed && ! -e inst/.rebuild-env ]]
    # By hand, only the mark.
    touch inst/.rebuild-env inst/env/mark
    has 'Rebuild asked for: removing' "$(run_old 2>&1)"
    [[ -d inst/env && ! -e inst/env/mark && ! -e inst/.rebuild-env ]]
}

# Many old scripts have environments of conda. Where there is no conda they can't run; what can be tested is that this is
# said, and that they don't fill the machine's own Python instead.
test_an_old_script_of_conda_says_what_is_missing() {
    if [[ -e /home/abc/miniconda3 ]] || command -v conda >/dev/null; then
        echo "(this machine has conda, so there is nothing to be missed)"
        return 0
    fi
    make_app
    make_script
    sed -i 's/venv_type = python/venv_type = conda/; s/python3 -m venv /conda create -y -p /; s/^source.*activate/source activate x/' \
        inst/launch.sh
    local output
    output=$(run_old 2>&1 || true)
    has 'conda: command not found' "$output"
    has 'the conda environment of this instance is not active, so nothing is installed' "$output"
    fails grep -q 'Successfully installed' <<<"$output"
}

run_tests
