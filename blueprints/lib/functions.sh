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

_aikore_parts=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/functions
# shellcheck source-path=SCRIPTDIR source=functions/common.sh
source "$_aikore_parts/common.sh"
# shellcheck source-path=SCRIPTDIR source=functions/app.sh
source "$_aikore_parts/app.sh"
# shellcheck source-path=SCRIPTDIR source=functions/folders.sh
source "$_aikore_parts/folders.sh"
# shellcheck source-path=SCRIPTDIR source=functions/models.sh
source "$_aikore_parts/models.sh"
# shellcheck source-path=SCRIPTDIR source=functions/git.sh
source "$_aikore_parts/git.sh"
# shellcheck source-path=SCRIPTDIR source=functions/clone.sh
source "$_aikore_parts/clone.sh"
# shellcheck source-path=SCRIPTDIR source=functions/uv.sh
source "$_aikore_parts/uv.sh"
# shellcheck source-path=SCRIPTDIR source=functions/pythons.sh
source "$_aikore_parts/pythons.sh"
# shellcheck source-path=SCRIPTDIR source=functions/environments.sh
source "$_aikore_parts/environments.sh"
# shellcheck source-path=SCRIPTDIR source=functions/conda.sh
source "$_aikore_parts/conda.sh"
# shellcheck source-path=SCRIPTDIR source=functions/lists.sh
source "$_aikore_parts/lists.sh"
# shellcheck source-path=SCRIPTDIR source=functions/packages.sh
source "$_aikore_parts/packages.sh"
# shellcheck source-path=SCRIPTDIR source=functions/torch.sh
source "$_aikore_parts/torch.sh"
# shellcheck source-path=SCRIPTDIR source=functions/node.sh
source "$_aikore_parts/node.sh"
# shellcheck source-path=SCRIPTDIR source=functions/download.sh
source "$_aikore_parts/download.sh"
unset _aikore_parts
