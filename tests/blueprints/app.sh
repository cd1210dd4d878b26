#!/usr/bin/env bash
# Inputs, arguments, the start of the app and the mapping of models.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"
unset INSTANCE_CONF_DIR AIKORE_MODELS_DIR

# --- param, is_on -------------------------------------------------------------------------------------------

test_param_prints_the_value_or_the_default() {
    export AIKORE_PARAM_LOW_MEMORY=true AIKORE_PARAM_STEPS='2 0' AIKORE_PARAM_EMPTY=
    same 'true|2 0|x|x|' "$(param low-memory)|$(param steps 7)|$(param empty x)|$(param absent x)|$(param absent)"
}

test_is_on_is_true_for_a_bool_that_is_true() {
    export AIKORE_PARAM_A=true AIKORE_PARAM_B=false AIKORE_PARAM_C='truely'
    is_on a
    fails is_on b
    fails is_on c
    fails is_on absent
}

# --- launch_args --------------------------------------------------------------------------------------------

# The arguments of launch_args.txt, each between brackets.
args() {
    cat >launch_args.txt
    launch_args >/dev/null
    ((${#LAUNCH_ARGS[@]} == 0)) || printf '[%s]' "${LAUNCH_ARGS[@]}"
}

test_launch_args_are_empty_without_a_file() {
    launch_args
    same 0 "${#LAUNCH_ARGS[@]}"
    same '' "$(args <<<$'\n# only a comment\n   \n')"
}

test_launch_args_are_read_by_lines_and_blanks() {
    same '[--listen][--port][80][--a][--b=c d][--last]' "$(printf '%s' $'--listen --port\t80\r\n\n--a # why\n--b="c d"\n--last' | args)"
    same '[a#b][#c][]' "$(args <<<$'a#b "#c" \'\'')"
}

test_launch_args_take_quotes_as_a_shell_does() {
    same $'[it\'s][a"b][c\\d][e f][g\\h]["][two\nlines][joined]' "$(args <<'TEXT'
"it's" 'a"b' 'c\d' e\ f "g\h" "\"" "two
lines" joi\
ned
TEXT
)"
}

test_launch_args_never_run_anything() {
    # shellcheck disable=SC2016
    same '[$(touch][oops)][`touch oops`][$HOME][${HOME}][;][touch][oops][*][~][>x][|][&]' "$(args <<'TEXT'
$(touch oops) "`touch oops`" $HOME ${HOME} ; touch oops * ~ >x | &
TEXT
)"
    [[ ! -e oops && ! -e x ]]
}

test_launch_args_say_where_a_quote_is_open() {
    printf '%s\n' --fine '--open="abc' --more >launch_args.txt
    has 'the quotation mark of line 2 is never closed' "$(launch_args 2>&1 || true)"
    fails launch_args 2>/dev/null
}

test_launch_args_are_those_of_the_instance() {
    mkdir inst app
    echo --one >inst/launch_args.txt
    echo --two >other.txt
    cd app
    INSTANCE_CONF_DIR=$PWD/../inst launch_args >/dev/null
    same --one "${LAUNCH_ARGS[*]}"
    launch_args ../other.txt >/dev/null
    same --two "${LAUNCH_ARGS[*]}"
}

# --- run_app ------------------------------------------------------------------------------------------------

test_run_app_passes_the_exit_code() {
    local status=0
    (run_app bash -c 'exit 7') >out || status=$?
    same 7 "$status"
    same $'\e]9;4;0\a' "$(<out)"
}

test_run_app_is_the_script_for_signals() {
    # shellcheck disable=SC2016
    bash -c 'source "$AIKORE_LIB/functions.sh"
        run_app python3 -c "
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))
open(\"ready\", \"w\").close()
time.sleep(30)"' >/dev/null &
    local child=$! status=0
    timeout 10 bash -c 'until [[ -e ready ]]; do sleep 0.05; done'
    has python3 "$(ps -o args= -p "$child" | cut -d' ' -f1)"
    kill -TERM "$child"
    wait "$child" || status=$?
    same 42 "$status"
}

test_run_app_says_what_is_missing() {
    has "the app's program 'no-such-program' is not there" "$( (run_app no-such-program) 2>&1 || true)"
}

# --- map_models ---------------------------------------------------------------------------------------------

test_map_models_links_folders() {
    export AIKORE_MODELS_DIR=$PWD/shared
    mkdir -p app/models/Lora
    echo x >app/models/Lora/x
    map_models ./app models/Stable-diffusion=stable-diffusion models/Lora=lora embeddings=embeddings >/dev/null
    same "$PWD/shared/stable-diffusion" "$(readlink app/models/Stable-diffusion)"
    same "$PWD/shared/embeddings" "$(readlink app/embeddings)"
    same x "$(cat shared/lora/x)"
    same '' "$(map_models ./app models/Stable-diffusion=stable-diffusion models/Lora=lora embeddings=embeddings 2>&1)"
}

test_map_models_refuses_what_it_does_not_understand() {
    export AIKORE_MODELS_DIR=$PWD/shared
    fails map_models ./app lora 2>/dev/null
    fails map_models ./app x=../../etc 2>/dev/null
    fails map_models ./app x=/etc 2>/dev/null
    fails map_models ./app 2>/dev/null
    fails map_models --yaml file.yaml 2>/dev/null
    fails map_models --root 2>/dev/null
    [[ ! -e app && ! -e file.yaml ]]
}

# What a YAML reader makes of FILE, as `it` of the Python expression.
yaml() {
    uv run --quiet --no-project --with pyyaml==6.0.2 python -c '
import os, sys, yaml
it, base = yaml.safe_load(open(sys.argv[1])), os.environ["AIKORE_MODELS_DIR"]
print(eval(sys.argv[2]), "" if eval(sys.argv[2]) else it)' "$1" "$2" | xargs
}

test_map_models_writes_the_section_of_a_yaml_file() {
    export AIKORE_MODELS_DIR="$PWD/sha\"red mo\\dels"
    ensure_uv >/dev/null
    map_models --yaml comfy/extra.yaml checkpoints=stable-diffusion loras=lora text_encoders=clip text_encoders=t5 >/dev/null
    same True "$(yaml comfy/extra.yaml 'it == {"aikore": {"base_path": base, "checkpoints": "stable-diffusion",
        "loras": "lora", "text_encoders": "clip\nt5\n", "is_default": True}}')"
    [[ -d $AIKORE_MODELS_DIR/t5 ]]
}

test_map_models_leaves_the_rest_of_a_yaml_file_alone() {
    export AIKORE_MODELS_DIR=$PWD/one
    ensure_uv >/dev/null
    printf '%s\n' '# mine' 'a111:' '    base_path: /x' '    checkpoints: m' '' 'aikore:' '  base_path: /old' '  loras: old' \
        '  # a note' '  is_default: false' '  own: |' '    one' '    two' '' 'other:' '    vae: v' >file.yaml
    map_models --yaml file.yaml checkpoints=stable-diffusion loras=lora >/dev/null
    same True "$(yaml file.yaml 'it == {"a111": {"base_path": "/x", "checkpoints": "m"}, "aikore": {"base_path": base,
        "checkpoints": "stable-diffusion", "loras": "lora", "is_default": False, "own": "one\ntwo\n"},
        "other": {"vae": "v"}}')"
    same 2 "$(grep -cE '^# mine|^  # a note' file.yaml)"
    # Once more is nothing; another call adds.
    local before
    before=$(stat -c '%i %Y' file.yaml)
    same '' "$(map_models --yaml file.yaml checkpoints=stable-diffusion loras=lora)"
    same "$before" "$(stat -c '%i %Y' file.yaml)"
    map_models --yaml file.yaml vae=vae >/dev/null
    same 'lora vae 3' "$(yaml file.yaml '" ".join([it["aikore"]["loras"], it["aikore"]["vae"], str(len(it))])')"
    # A section of another name is another section.
    map_models --yaml file.yaml --root more llm=llm >/dev/null
    same llm "$(yaml file.yaml 'it["more"]["llm"]')"
    same lora "$(yaml file.yaml 'it["aikore"]["loras"]')"
    # The models moved.
    AIKORE_MODELS_DIR=$PWD/two map_models --yaml file.yaml vae=vae >/dev/null
    same "$PWD/two" "$(yaml file.yaml 'it["aikore"]["base_path"]')"
}

test_map_models_writes_for_two_at_once() {
    export AIKORE_MODELS_DIR=$PWD/shared XDG_CACHE_HOME=$PWD/cache
    local number
    for number in {1..12}; do
        map_models --yaml file.yaml "key$number=lora" >/dev/null &
    done
    wait
    same 12 "$(grep -c '^    key' file.yaml)"
    same 'cache file.yaml shared' "$(names .)"
}

run_tests
