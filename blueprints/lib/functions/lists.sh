# shellcheck shell=bash
# Lists of packages: what is in them, and how to leave some of it out. Part of ../functions.sh.

# _aikore_lists FILE [DEPTH]: the content of a requirement list and of those that it includes.
_aikore_lists() {
    local include
    cat -- "$1" || return 0
    if ((${2:-0} < 5)); then
        while IFS= read -r include; do
            _aikore_lists "$(dirname -- "$1")/$include" $((${2:-0} + 1)) 2>/dev/null
        done < <(sed -nE 's/^[[:space:]]*(-r|-c|--requirement|--constraint)[[:space:]=]*([^[:space:]#]+).*/\2/p' "$1")
    fi
}

# _aikore_plain NAME...: as packages compare names, one a line.
_aikore_plain() {
    local name
    for name in "$@"; do
        name=${name,,}
        printf '%s\n' "${name//[_.]/-}"
    done
}

# _aikore_installed NAME: print the version of a package in the active environment; fails when it is not there.
_aikore_installed() {
    local env found
    env=$(_aikore_active)
    found=$(find "$env"/lib/python3*/site-packages -maxdepth 1 -iname "${1//[-_.]/[-_.]}-*.dist-info" -print -quit \
        2>/dev/null)
    [[ -n $found ]] || return 1
    found=${found%.dist-info}
    printf '%s\n' "${found##*-}"
}

# _aikore_list_without FILE FOLDER NAME...: write FILE without the named packages to FOLDER/list.txt, with the lists that
# it includes; its constraints get files of their own beside it.
_aikore_list_without() {
    local python
    python=$(command -v python3 || command -v python) || return 1
    "$python" - "$@" <<'PYTHON'
import os
import re
import sys

source, folder, unwanted = sys.argv[1], sys.argv[2], {re.sub(r"[-_.]+", "-", name).lower() for name in sys.argv[3:]}
include = re.compile(r"\s*(-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))([^\s#]+)")
plain = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?=$|[\[@<>=!~;#,(\s])")
wheel = re.compile(r"(?:^|/)([A-Za-z0-9][A-Za-z0-9._]*)-[^/]+\.whl(?:$|[\s#?;])")
egg = re.compile(r"#(?:.*&)?egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
constraints = []


def lines(path):
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        whole = ""
        for line in file.read().splitlines():
            whole += line
            if whole.endswith("\\"):
                whole = whole[:-1] + " "
                continue
            yield whole
            whole = ""
        if whole:
            yield whole


def name(line):
    found = egg.search(line) or plain.match(line) or wheel.search(line)
    return re.sub(r"[-_.]+", "-", found.group(1)).lower() if found else None


def copy(path, into, depth):
    for line in lines(path):
        found = include.match(line)
        if found and "://" not in found.group(2) and depth < 20:
            inner = os.path.join(os.path.dirname(path), found.group(2))
            if found.group(1) in ("-r", "--requirement"):
                copy(inner, into, depth + 1)
            else:
                beside = os.path.join(folder, "constraints-%d.txt" % len(constraints))
                constraints.append(beside)
                with open(beside, "w", encoding="utf-8") as file:
                    copy(inner, file, depth + 1)
                into.write("-c " + os.path.basename(beside) + "\n")
        elif name(line) not in unwanted:
            into.write(line + "\n")


try:
    with open(os.path.join(folder, "list.txt"), "w", encoding="utf-8") as target:
        copy(source, target, 0)
except OSError as error:
    sys.exit("warning: a list of packages can't be read: %s" % error)
PYTHON
}
