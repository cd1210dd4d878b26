# shellcheck shell=bash
# AiKore's shell library: what blueprints have in common.
#
#   source "$AIKORE_LIB/functions.sh"
#
# Bash 4.4 or newer. Works with and without `set -euo pipefail`, says nothing while it is sourced and never
# changes the folder of the script that calls it. Names that start with `_aikore_` are private.
# What each function does for a blueprint is told in `blueprints/README.md`.

# note MESSAGE: one plain line in the log.
note() { printf -- '--> %s\n' "$*"; }

# warn MESSAGE: one line on stderr; the script goes on.
warn() { printf 'warning: %s\n' "$*" >&2; }

# die MESSAGE: one clear line on stderr, then the end.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# _aikore_has_entries FOLDER: is there anything in it?
_aikore_has_entries() { [[ -d $1 && -n $(find "$1" -mindepth 1 -maxdepth 1 -print -quit) ]]; }

_aikore_parts=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/functions
# shellcheck source-path=SCRIPTDIR source=functions/progress.sh
source "$_aikore_parts/progress.sh"
# shellcheck source-path=SCRIPTDIR source=functions/folders.sh
source "$_aikore_parts/folders.sh"
# shellcheck source-path=SCRIPTDIR source=functions/git.sh
source "$_aikore_parts/git.sh"
# shellcheck source-path=SCRIPTDIR source=functions/python.sh
source "$_aikore_parts/python.sh"
unset _aikore_parts
