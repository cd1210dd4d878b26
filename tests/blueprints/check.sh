# shellcheck shell=bash
# What the shell tests share. A test is a function whose name starts with `test_`; it runs in a shell and an empty
# folder of its own, under `set -euo pipefail`, with the library sourced.
LIB=$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../../blueprints/lib")
export LIB AIKORE_LIB=$LIB

same() { [[ $1 == "$2" ]] || { printf 'expected: %q\n     got: %q\n' "$1" "$2"; return 1; }; }
has() { [[ $2 == *"$1"* ]] || { printf 'expected to contain: %s\n                got: %s\n' "$1" "$2"; return 1; }; }
names() { find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' | LC_ALL=C sort | xargs; }
fails() { if "$@"; then echo "should have failed: $*"; return 1; fi; }

# within MILLISECONDS COMMAND...: does it take no longer? The machine may be busy, so it has five tries.
within() {
    local limit=$1 began turn
    shift
    for turn in 1 2 3 4 5; do
        began=${EPOCHREALTIME/[.,]/}
        "$@"
        if ((${EPOCHREALTIME/[.,]/} - began < limit * 1000)); then
            return 0
        fi
    done
    echo "took $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms in try $turn: $*"
    return 1
}

# run_tests: run every test of the calling script; 1 when one failed.
run_tests() {
    local test folder output status bad=0
    for test in $(declare -F | awk '$3 ~ /^test_/ { print $3 }'); do
        folder=$(mktemp -d)
        # Not as the condition of an `if`: bash would ignore `set -e` in there.
        output=$(
            exec 2>&1
            set -euo pipefail
            cd "$folder"
            # shellcheck source=/dev/null
            source "$LIB/functions.sh"
            "$test"
            # Else bash becomes the last program of the test instead of starting it, and forgets what it has trapped.
            :
        )
        status=$?
        if ((status == 0)); then
            echo "ok - ${test#test_}"
        else
            echo "FAIL - ${test#test_}"
            printf '    %s\n' "${output//$'\n'/$'\n    '}"
            bad=1
        fi
        chmod -R u+w "$folder"
        rm -rf -- "$folder"
    done
    return "$bad"
}
