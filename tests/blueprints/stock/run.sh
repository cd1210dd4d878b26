#!/usr/bin/env bash
# Starts the stock blueprints against small repositories with their apps' layouts: see stock.py. `run.sh NAME…` runs some.
exec python3 -B "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/stock.py" "$@"
