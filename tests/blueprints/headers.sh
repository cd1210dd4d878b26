#!/usr/bin/env bash
# Every stock blueprint: header, syntax, shellcheck where it is installed.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"

# The value of KEY in FILE's header.
header() {
    sed -n '/^### AIKORE-METADATA-START ###$/,/^### AIKORE-METADATA-END ###$/s/^# aikore\.'"$2"' = //p' "$1"
}

test_headers_are_complete() {
    local file key
    for file in "$LIB"/../*.sh; do
        for key in name category description license icon proxy ready ready_timeout gpu disk; do
            [[ $(header "$file" "$key" | wc -l) == 1 ]] || { echo "${file##*/}: no single aikore.$key"; return 1; }
        done
        if grep -qE '^[^#]*ensure_(env|venv)' "$file"; then
            [[ -n $(header "$file" venv_path) ]] || { echo "${file##*/}: an environment, but no aikore.venv_path"; return 1; }
        fi
        has "$(header "$file" category)" 'Image Video Training Audio Text Tools Generic Demo'
        has "$(header "$file" proxy)" 'strip preserve root-only'
        has "$(header "$file" gpu)" 'none optional required'
        same '#!/usr/bin/env bash' "$(head -n 1 "$file")"
        same 0 "$(grep -c $'\r' "$file" || true)"
    done
}

# Stock blueprints install into their own folder and nowhere else, and end as the app.
test_scripts_keep_to_the_rules() {
    local file
    for file in "$LIB"/../*.sh; do
        grep -qx 'set -euo pipefail' "$file" || { echo "${file##*/}: no set -euo pipefail"; return 1; }
        grep -qE '^ *(run_app|exec) ' "$file" || { echo "${file##*/}: does not end as the app"; return 1; }
        if grep -nE '^[^#]*(\bsudo\b|\bapt(-get)?\b|--share\b|\| *(ba)?sh\b|0\.0\.0\.0)' "$file"; then
            echo "${file##*/}: not in a stock blueprint"
            return 1
        fi
    done
}

test_shell_files_are_sound() {
    local files=("$LIB"/../*.sh "$LIB"/functions.sh "$LIB"/functions/*.sh "$LIB"/../../tests/blueprints/*.sh) file
    for file in "${files[@]}"; do
        bash -n "$file"
    done
    if command -v shellcheck >/dev/null; then
        shellcheck -x "${files[@]}"
    fi
}

test_lists_are_pinned_and_name_no_place() {
    local file
    for file in "$LIB"/apps/*.requirements.txt; do
        same '' "$(grep -vE '^(#.*|[A-Za-z0-9._-]+==[^ ]+( ; .*)?)$' "$file" || true)"
    done
    same '' "$(grep -rnE --include='*.txt' --include='*.sh' -- '--(index|extra-index)-url[ =]+http|/root/|/work/' "$LIB"/.. || true)"
}

run_tests
