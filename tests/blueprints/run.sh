#!/usr/bin/env bash
# Tests of `blueprints/`: the shell library, the headers and the Hello app, for real (PyPI included).
# Ends with `N passed, N failed` and a failure status when something failed.
set -uo pipefail
here=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
log=$(mktemp)
trap 'rm -f -- "$log"' EXIT

status=0
for suite in "bash $here/functions.sh" "bash $here/python.sh" "bash $here/headers.sh" "python3 -B $here/hello.py" \
    "python3 -B $here/hello_protocol.py"; do
    echo "== $suite" | sed "s|$here/||"
    # shellcheck disable=SC2086 # The words are wanted.
    $suite 2>&1 | tee -a "$log" || status=1
done

passed=$(grep -c '^ok - ' "$log")
failed=$(grep -c '^FAIL - ' "$log")
if ((status != 0 && failed == 0)); then
    failed=1
fi
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
