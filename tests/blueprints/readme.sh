#!/usr/bin/env bash
# The example of the README, as a reader would use it.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"
# shellcheck source-path=SCRIPTDIR source=repositories.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/repositories.sh"
# shellcheck source-path=SCRIPTDIR source=wheels.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/wheels.sh"

test_the_example_installs_starts_and_starts_again_without_network() {
    git init -q -b main remote
    echo 'iniconfig==2.0.0' >remote/requirements.txt
    echo 'import sys, torch, iniconfig; print(torch.VERSION, *sys.argv[1:])' >remote/app.py
    git -C remote add -A
    git -C remote commit -q -m one
    make_torch_index index cu128
    # The address of the example leads to our repository.
    export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_1="url.file://$PWD/remote.insteadOf" \
        GIT_CONFIG_VALUE_1=https://example.org/me/my-app.git
    mkdir inst
    awk '/^```bash$/ { on = 1; next } /^```$/ { exit } on' "$LIB/../README.md" >inst/launch.sh
    printf '%s\n' '# mine' '--theme "dark blue"' >inst/launch_args.txt
    export PYTORCH_INDEX_URL=file://$PWD/index AIKORE_MODELS_DIR=$PWD/models WEBUI_PORT=9999 INSTANCE_NAME=inst \
        INSTANCE_CONF_DIR=$PWD/inst INSTANCE_OUTPUT_DIR=$PWD/out AIKORE_PARAM_LOW_MEMORY=true SUBFOLDER=/instance/inst/
    cd inst
    local expected="2.9.1+cu128 --host 127.0.0.1 --port 9999 --output $INSTANCE_OUTPUT_DIR --lowvram --theme dark blue"
    has "$expected" "$(bash ./launch.sh | tail -n 1)"
    mv ../remote ../away
    mv ../index ../gone
    cut_network
    has "$expected" "$(bash ./launch.sh | tail -n 1)"
    same "$AIKORE_MODELS_DIR/lora" "$(readlink app/models/loras)"
}

test_all_functions_are_told_of() {
    local name
    for name in $(declare -F | awk '{ print $3 }' | grep -vE '^(_|test_)' | grep -Fxf <(
        sed -nE 's/^([a-z_]+)\(\).*/\1/p' "$LIB"/functions.sh "$LIB"/functions/*.sh)); do
        grep -qE "\`${name}[ \`]" "$LIB/../README.md" || { echo "the README says nothing of $name"; return 1; }
    done
}

run_tests
