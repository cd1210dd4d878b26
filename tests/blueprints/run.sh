#!/usr/bin/env bash
# Tests of `blueprints/`: the shell library, the headers and the Hello app, for real (PyPI and npm included).
# Ends with `N passed, N failed` and a failure status when something failed.
set -uo pipefail
here=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
export here work
# What the suites may share, so that not each one downloads uv anew.
export AIKORE_TESTS_CACHE=$work/cache

# suite NAME: run it, and print what it said when it is over.
suite() {
    local command=(bash)
    [[ $1 != *.py ]] || command=(python3 -B)
    "${command[@]}" "$here/$1" >"$work/$1.log" 2>&1 || echo "$1" >>"$work/failed"
    printf '== %s\n%s\n' "$1" "$(<"$work/$1.log")"
}
export -f suite

# Most of them wait for a network or a process; the Hello app's measure times, so they have the machine to themselves.
printf '%s\n' packages.sh torch.sh node.sh python.sh git.sh clone.sh download.sh old_style.sh app.sh readme.sh \
    functions.sh headers.sh | xargs -P 4 -I{} bash -c 'suite {}'
suite hello.py
suite hello_protocol.py

# What failed in the crowd is run once more alone: what fails twice fails the run, what failed once is named.
if [[ -e $work/failed ]]; then
    mv -- "$work/failed" "$work/once-failed"
    while IFS= read -r name; do
        printf '\nOnce more: %s\n' "$name"
        suite "$name"
        grep -qsx -- "$name" "$work/failed" || echo "UNSTEADY: $name failed once and passed alone."
    done <"$work/once-failed"
fi

passed=$(cat "$work"/*.log | grep -c '^ok - ')
failed=$(cat "$work"/*.log | grep -c '^FAIL - ')
if [[ -e $work/failed ]] && ((failed == 0)); then
    failed=1
fi
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
