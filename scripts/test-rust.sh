#!/usr/bin/env bash
# The tests of the workspace's Rust: `cargo test` with the given arguments, what fails once more by itself.
#
# Most of them wait for real programs and real clocks: four at once, also on two cores. What fails in that crowd is run
# once more with nobody beside it: what fails twice fails the run, what failed once is named as unsteady, to be mended
# and not to be hidden.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

said=$(mktemp)
trap 'rm -f -- "$said"' EXIT

# Every binary of tests is run, also after one that failed, so that all failures are known.
RUST_TEST_THREADS=${RUST_TEST_THREADS:-4} cargo test "$@" --no-fail-fast 2>&1 | tee "$said"
((PIPESTATUS[0] != 0)) || exit 0

# By the lines of the runner, not by its lists: those also hold what the tests printed.
mapfile -t failed < <(sed -n 's/^test \([^ ]*\) \.\.\. FAILED$/\1/p' "$said" | sort -u)
if ((${#failed[@]} == 0 || ${#failed[@]} > 20)); then
    echo "Not run once more: ${#failed[@]} tests failed by name."
    exit 1
fi
printf '\nOnce more, alone: %s\n' "${failed[*]}"
RUST_TEST_THREADS=1 cargo test "$@" -- --exact "${failed[@]}" 2>&1 | tee "$said"
((PIPESTATUS[0] == 0)) || exit 1
# A name that no binary knows would have passed.
ran=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$said" | awk '{ sum += $1 } END { print sum + 0 }')
((ran >= ${#failed[@]})) || { echo "Only $ran of ${#failed[@]} were found."; exit 1; }
printf 'UNSTEADY: %s failed once and passed alone.\n' "${failed[@]}"
