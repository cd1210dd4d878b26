# shellcheck shell=bash
# The Pythons of this machine. Part of ../functions.sh.

# _aikore_python_fits PYTHON SPEC: print the real interpreter if it runs and is what SPEC (`3`, `3.12`,
# `3.12.1`, `>=3.10` or nothing) asks for.
_aikore_python_fits() {
    "$1" -c '
import os, sys
spec = sys.argv[1].strip()
least = spec.startswith(">=")
want = [int(part) for part in spec.lstrip(">=").split(".") if part]
have = list(sys.version_info[:3])
fits = have >= want if least else have[:len(want)] == want
if not fits:
    sys.exit(1)
print(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))
' "$2" 2>/dev/null </dev/null
}

# _aikore_find_python SPEC: print an interpreter of this machine that fits.
_aikore_find_python() {
    local spec=$1 plain=${1#>=} candidate
    for candidate in "python$plain" python3 python python3.{14,13,12,11,10} /usr/bin/python3 \
        /home/abc/miniconda3/bin/python; do
        if command -v "$candidate" >/dev/null && _aikore_python_fits "$candidate" "$spec"; then
            return 0
        fi
    done
    while IFS= read -r candidate; do
        if [[ -x $candidate ]] && _aikore_python_fits "$candidate" "$spec"; then
            return 0
        fi
    done < <(printf '%s\n' "${PYENV_ROOT:-${HOME:-/nonexistent}/.pyenv}"/versions/*/bin/python3 | sort -rV)
    return 1
}
