#!/usr/bin/env bash
# Messages, progress, shared folders and the rebuild marker of the shell library.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"

# --- Loading, messages, progress --------------------------------------------------------------------------

test_loads_silently_and_stays_in_its_folder() {
    # The path that old scripts use is a link to the library.
    ln -s "$LIB/functions.sh" functions.sh
    same '' "$(bash -c 'source ./functions.sh' 2>&1)"
    same "$PWD" "$(bash -euo pipefail -c "source ./functions.sh; pwd")"
    has 'function function function function' "$(bash -c '
        source ./functions.sh
        type -t sl_folder check_remote clean_env install_requirements' | xargs)"
}

test_phase_sends_percent_title_and_one_line() {
    same $'\e]2;[3/7] Installing PyTorch\a\e]9;4;1;28\a==> [3/7] Installing PyTorch' "$(phase "Installing PyTorch" 3 7)"
    same $'\e]2;[1/4] A\a\e]9;4;1;0\a==> [1/4] A' "$(phase A 1 4)"
}

test_phase_without_numbers_is_of_unknown_length() {
    same $'\e]2;Installing…\a\e]9;4;3\a==> Installing…' "$(phase "Installing…")"
    same $'\e]2;x\a\e]9;4;3\a==> x' "$(phase x 1 0)"
}

test_phase_bears_odd_input() {
    same $'\e]2;[4/4] a b c\a\e]9;4;1;75\a==> [4/4] a b c' "$(phase $'a\eb\nc' 9 4)"
    same $'\e]2;[8/10] x\a\e]9;4;1;70\a==> [8/10] x' "$(phase x 08 010)"
    same $'\e]9;4;0\a' "$(phase_done)"
}

test_die_says_why_on_stderr_and_ends() {
    local output status=0
    output=$(die "no luck" 2>&1 >/dev/null) || status=$?
    same 1 "$status"
    same 'error: no luck' "$output"
    same '--> a b' "$(note a b)"
}

# --- sl_folder --------------------------------------------------------------------------------------------

test_sl_folder_moves_content_and_links() {
    mkdir -p app/models/loras/sub
    echo a >app/models/loras/a.bin
    echo b >"app/models/loras/sub/b c.bin"
    echo h >app/models/loras/.hidden
    sl_folder app/models loras shared lora
    same "$PWD/shared/lora" "$(readlink app/models/loras)"
    same 'a b h' "$(cat shared/lora/a.bin "shared/lora/sub/b c.bin" shared/lora/.hidden | xargs)"
    sl_folder app/models loras shared lora
    same "$PWD/shared/lora" "$(readlink app/models/loras)"
}

test_sl_folder_takes_three_arguments() {
    sl_folder "$PWD/app/models" checkpoints "$PWD/shared/stable-diffusion"
    same "$PWD/shared/stable-diffusion" "$(readlink app/models/checkpoints)"
    [[ -d shared/stable-diffusion ]]
}

test_sl_folder_never_overwrites() {
    mkdir -p app/m/d shared/m/d
    echo mine >app/m/model.safetensors
    echo shared >shared/m/model.safetensors
    echo same | tee app/m/put_here >shared/m/put_here
    echo mine >app/m/d/x
    echo shared >shared/m/d/x
    mkdir app/m/kind && echo in >app/m/kind/in
    echo file >shared/m/kind
    sl_folder app m shared m
    same 'shared mine' "$(cat shared/m/model.safetensors shared/m/model.1.safetensors | xargs)"
    same 'shared mine' "$(cat shared/m/d/x shared/m/d/x.1 | xargs)"
    same 'file in' "$(cat shared/m/kind shared/m/kind.1/in | xargs)"
    same 'd kind kind.1 model.1.safetensors model.safetensors put_here' "$(names shared/m)"
}

test_sl_folder_follows_a_new_target() {
    sl_folder app m one m
    echo x >one/m/x
    sl_folder app m two m
    same "$PWD/two/m" "$(readlink app/m)"
    same x "$(cat one/m/x)"
    rm -r two
    sl_folder app m two m
    [[ -d two/m ]]
}

test_sl_folder_keeps_links_leading_where_they_led() {
    mkdir -p app/m elsewhere
    echo big >elsewhere/big
    echo near >app/m/near
    ln -s ../../elsewhere/big app/m/far
    ln -s near app/m/close
    sl_folder app m deep/er/shared m
    same 'big near' "$(cat app/m/far app/m/close | xargs)"
    same near "$(readlink app/m/close)"
}

test_sl_folder_keeps_a_file_in_its_way() {
    mkdir app
    echo x >app/m
    sl_folder app m shared m
    same x "$(cat app/m.1)"
    [[ -L app/m ]]
}

test_sl_folder_refuses_what_cannot_be_linked() {
    mkdir -p app/m/inner
    echo x >app/m/x
    fails sl_folder app m app/m inner
    fails sl_folder app m app ''
    same x "$(cat app/m/x)"
    sl_folder app m app m
    [[ -d app/m && ! -L app/m ]]
    fails sl_folder app
}

test_sl_folder_moves_between_file_systems() {
    [[ -w /dev/shm && $(stat -c %d /dev/shm) != $(stat -c %d .) ]] || return 0
    local other
    other=$(mktemp -d -p /dev/shm)
    # shellcheck disable=SC2064
    trap "rm -rf $other" EXIT
    mkdir -p app/m/sub
    echo x >app/m/sub/x
    sl_folder app m "$other" m
    same x "$(cat "$other/m/sub/x")"
    same x "$(find "$other/m" -type f -printf '%f')"
}

# --- clean_env --------------------------------------------------------------------------------------------

test_clean_env_consumes_its_marker() {
    mkdir env && echo x >env/x
    clean_env ./env
    [[ -e env/x ]]
    touch .rebuild-env
    clean_env "$PWD/env/"
    [[ ! -e env && ! -e .rebuild-env ]]
    mkdir env
    clean_env ./env
    [[ -d env ]]
}

test_clean_env_only_takes_the_marker_where_the_environment_was_moved_away() {
    touch .rebuild-env
    same '' "$(clean_env ./env)"
    [[ ! -e env && ! -e .rebuild-env ]]
}

test_clean_env_finds_the_marker_in_the_folder_of_the_instance() {
    mkdir -p inst/deep/env other
    touch inst/.rebuild-env other/.rebuild-env
    (cd other && INSTANCE_CONF_DIR=$PWD/../inst clean_env ../inst/deep/env)
    [[ ! -e inst/deep/env && ! -e inst/.rebuild-env && -e other/.rebuild-env ]]
    same '' "$(names inst/deep)"
}

test_clean_env_spares_what_is_no_environment() {
    mkdir -p home/inst/x
    touch home/inst/.rebuild-env home/.rebuild-env
    (cd home/inst/x && export INSTANCE_CONF_DIR=$PWD && touch ../.rebuild-env && fails clean_env "$PWD" 2>/dev/null)
    [[ -d home/inst/x && -e home/inst/.rebuild-env ]]
    HOME=$PWD/home/inst fails clean_env home/inst 2>/dev/null
    [[ -d home/inst ]]
}

run_tests
