#!/usr/bin/env bash
# Packages, wheels and lists of exact versions, with the real PyPI and an index of tiny wheels in a folder.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"
# shellcheck source-path=SCRIPTDIR source=wheels.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/wheels.sh"

# --- Lists and packages -------------------------------------------------------------------------------------

test_without_leaves_packages_out() {
    make_wheels index <<'TEXT'
wanted|1.0|dragged
dragged|1.0
unwanted|1.0
TEXT
    export UV_FIND_LINKS=$PWD/index/wanted,$PWD/index/dragged,$PWD/index/unwanted
    ensure_env >/dev/null
    printf '%s\n' wanted UnWanted >list.txt
    install_requirements --without unwanted,dragged list.txt >/dev/null 2>&1
    same 'wanted=1.0 dragged=- unwanted=-' "$(versions wanted dragged unwanted)"
    same '' "$(install_requirements --without=dragged --without unwanted list.txt 2>&1)"
    # Fewer exceptions are another list.
    install_requirements --without dragged list.txt >/dev/null 2>&1
    same 'dragged=- unwanted=1.0' "$(versions dragged unwanted)"
    install_packages --without dragged wanted >/dev/null 2>&1
    same 'dragged=-' "$(versions dragged)"
    # Nothing left is nothing to do.
    echo unwanted >only.txt
    install_requirements --without unwanted only.txt >/dev/null 2>&1
}

test_packages_are_installed_once() {
    ensure_env >/dev/null
    install_packages 'iniconfig==2.0.0' 'colorama>=0.4' >/dev/null 2>&1
    same 'iniconfig=2.0.0' "$(versions iniconfig)"
    (cut_network && same '' "$(install_packages 'iniconfig==2.0.0' 'colorama>=0.4' 2>&1)")
    # Another version, and back again.
    install_packages 'iniconfig==2.1.0' 'colorama>=0.4' >/dev/null 2>&1
    same 'iniconfig=2.1.0' "$(versions iniconfig)"
    install_packages 'iniconfig==2.0.0' 'colorama>=0.4' >/dev/null 2>&1
    same 'iniconfig=2.0.0' "$(versions iniconfig)"
    fails install_packages 2>/dev/null
    has 'installing the packages iniconfig==0.0.0.dev9' "$(install_packages iniconfig==0.0.0.dev9 2>&1 || true)"
}

test_packages_may_be_folders() {
    ensure_env >/dev/null
    mkdir -p app/thing
    echo 'VERSION = 1' >app/thing/__init__.py
    printf '%s\n' '[project]' 'name = "thing"' 'version = "1"' '[build-system]' 'requires = ["flit_core<4"]' \
        'build-backend = "flit_core.buildapi"' '[tool.flit.module]' 'name = "thing"' >app/pyproject.toml
    sed -i 's/^version = .*/&\ndescription = "x"/' app/pyproject.toml
    install_packages --no-deps -e ./app >/dev/null 2>&1
    same "$PWD/app/thing/__init__.py" "$(cd / && python -c 'import thing; print(thing.__file__)')"
    same '' "$(install_packages --no-deps -e ./app 2>&1)"
    sed -i 's/version = "1"/version = "2"/' app/pyproject.toml
    install_packages --no-deps -e ./app >/dev/null 2>&1
    same thing=2 "$(versions thing)"
}

test_an_index_in_a_list_is_one_of_several() {
    # Of the first index alone there would be no iniconfig that fits.
    make_wheels index <<'TEXT'
iniconfig|0.1
special|1.0
TEXT
    ensure_env >/dev/null
    printf '%s\n' "--extra-index-url file://$PWD/index" 'iniconfig==2.0.0' special >list.txt
    install_requirements list.txt >/dev/null 2>&1
    same 'iniconfig=2.0.0 special=1.0' "$(versions iniconfig special)"
}

test_foreign_environments_keep_their_pip() {
    make_torch_index index cu128
    python3 -m venv env
    export VIRTUAL_ENV=$PWD/env PATH=$PWD/env/bin:$PATH PYTORCH_INDEX_URL=file://$PWD/index
    install_torch 2.9.1 cu128 torch >/dev/null 2>&1
    printf '%s\n' torch==1.0 iniconfig==2.0.0 >list.txt
    has 'Successfully installed iniconfig-2.0.0' "$(install_requirements list.txt 2>&1)"
    same 'torch=2.9.1+cu128 iniconfig=2.0.0' "$(versions torch iniconfig)"
}

# --- install_wheels -----------------------------------------------------------------------------------------

test_wheels_of_the_instance_are_installed_once() {
    make_torch
    install_wheels
    install_torch 2.9.1 cu128 >/dev/null 2>&1
    mkdir wheels
    make_wheels made <<'TEXT'
flash_attn|2.8.3|torch
own|1.0|iniconfig==2.0.0
torch|7.0
TEXT
    cp made/*/*.whl wheels
    install_wheels >out 2>&1
    same 'flash_attn=2.8.3 own=1.0 iniconfig=2.0.0 torch=2.9.1+cu128' "$(versions flash_attn own iniconfig torch)"
    has 'torch-7.0-py3-none-any.whl stays out' "$(<out)"
    rm wheels/torch*
    (cut_network && same '' "$(install_wheels 2>&1)")
    # Another build under the same name, as another card's build is.
    make_wheels made <<<'flash_attn|2.8.3|torch|iniconfig'
    cp made/flash-attn/*.whl wheels
    has 'Installing the wheel flash_attn-2.8.3' "$(install_wheels 2>&1)"
    same '' "$(install_wheels 2>&1)"
    # What is no wheel for this Python.
    cp wheels/own-1.0-py3-none-any.whl wheels/own-2.0-cp27-cp27m-win32.whl
    has 'Choose one that was built for this Python' "$(install_wheels 2>&1 || true)"
    fails install_wheels >/dev/null 2>&1
    mkdir elsewhere && cp made/own/*.whl elsewhere
    same '' "$(install_wheels elsewhere 2>&1)"
}

# --- AIKORE_LOCK --------------------------------------------------------------------------------------------

test_a_lock_is_installed_instead_of_what_the_app_asks_for() {
    make_torch
    rm -r env
    printf '%s\n' '# What is installed here' torch==2.8.0+cu128 torchvision==0.23.0+cu128 iniconfig==1.1.1 >lock.txt
    cat >start.sh <<'SCRIPT'
set -euo pipefail
source "$AIKORE_LIB/functions.sh"
ensure_env
install_torch 2.9.1 cu128 torch torchvision
install_requirements list.txt
install_packages 'iniconfig==2.1.0'
install_torch 2.9.1 cu128 torch torchvision
SCRIPT
    echo iniconfig==2.0.0 >list.txt
    AIKORE_LOCK=$PWD/lock.txt bash start.sh >out 2>&1 || { cat out; return 1; }
    same '--> Installing the versions of lock.txt' "$(grep 'Installing' out | grep -v ' uv ')"
    ensure_env
    same 'torch=2.8.0+cu128 torchvision=0.23.0+cu128 iniconfig=1.1.1' "$(versions torch torchvision iniconfig)"
    # The starts after that find everything installed.
    rm -r index
    (cut_network && same '' "$(AIKORE_LOCK=$PWD/lock.txt bash start.sh 2>&1)")
}

test_a_lock_that_was_cut_off_is_gone_on_with() {
    printf '%s\n' iniconfig==1.1.1 >lock.txt
    ensure_env >/dev/null
    AIKORE_LOCK=$PWD/lock.txt
    export AIKORE_LOCK
    ensure_env >/dev/null 2>&1
    same 'iniconfig=1.1.1' "$(versions iniconfig)"
    same '' "$(ensure_env 2>&1)"
    has 'is not there: roll back to another snapshot' "$( (AIKORE_LOCK=nowhere ensure_env) 2>&1 || true)"
}

run_tests
