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
        for key in name category description venv_type venv_path proxy ready gpu disk license icon; do
            [[ $(header "$file" "$key" | wc -l) == 1 ]] || { echo "${file##*/}: no single aikore.$key"; return 1; }
        done
        has "$(header "$file" proxy)" 'strip preserve root-only'
        has "$(header "$file" gpu)" 'none optional required'
        same '#!/usr/bin/env bash' "$(head -n 1 "$file")"
        same 0 "$(grep -c $'\r' "$file" || true)"
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
    same '' "$(grep -rnE --include='*.txt' --include='*.sh' -- '--(index|extra-index)-url|/root/|/work/' "$LIB"/.. || true)"
}

run_tests
