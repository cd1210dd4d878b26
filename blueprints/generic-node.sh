#!/usr/bin/env bash
### AIKORE-METADATA-START ###
# aikore.name = Node.js app
# aikore.category = Generic
# aikore.description = Any web app for Node.js, from a git address, a folder or npm. Node.js itself is brought along where it is missing or too old.
# aikore.venv_path = ./package
# aikore.proxy = strip
# aikore.ready = http:/
# aikore.ready_timeout = 600s
# aikore.gpu = none
# aikore.disk = 500 MB
# aikore.homepage = https://nodejs.org/
# aikore.license = that of the app
# aikore.icon = 🟩
# aikore.files = launch_args.txt, app/.env
# aikore.helper = auto
# aikore.param.source = text, , "Git address, folder or npm package", required, hint="https://…, a folder of this machine, or a name like @scope/app."
# aikore.param.ref = text, , "Branch, tag or commit", hint="Of an npm package: its version. Empty: the newest."
# aikore.param.command = text, , "Start command", hint="In the app's folder, like: node server.js --port $WEBUI_PORT. Empty: npm start, or the package's own program."
# aikore.param.build = text, , "Build command", hint="Like npm run build; runs after each installation and update."
# aikore.param.node = int, 20, "Node.js at least", min=18, max=99
# aikore.param.outputs = text, , "Folder of results", hint="In the app's folder; it becomes a link to the instance's outputs."
### AIKORE-METADATA-END ###
# The app gets its port as PORT and WEBUI_PORT, and 127.0.0.1 as HOST. How it is reached at its path is said above, in
# `aikore.proxy`, and can be changed in this copy: `strip` cuts the path off, and a helper in the pages mends absolute
# addresses; an app that is told its path ("$SUBFOLDER") wants `preserve`; `root-only` leads to the instance's own port.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=lib/functions.sh
source "$AIKORE_LIB/functions.sh"
# shellcheck source-path=SCRIPTDIR source=lib/apps/generic.sh
source "$AIKORE_LIB/apps/generic.sh"

source=$(param source)
generic_needed "$source" "Git address, folder or npm package"

phase "Preparing Node.js" 1 3
export npm_config_progress=false
ensure_node "$(param node 20)"

phase "Fetching the app" 2 3
package=''
if ! generic_is_url "$source" && [[ ! -d $source ]]; then
    [[ $source =~ ^((@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*)(@([^/[:space:]]+))?$ ]] ||
        die "\"$source\" is neither an address, nor a folder that is there, nor the name of an npm package ($generic_where)."
    package=${BASH_REMATCH[1]} version=${BASH_REMATCH[4]:-$(param ref latest)}
    # An update begins without this folder, as named in the header, and so with the newest version; AiKore keeps the one
    # before. Repositories are looked after by git.
    APP=$PWD/package
    clean_env "$APP"
    mkdir -p "$APP"
    wanted="{ \"private\": true, \"dependencies\": { \"$package\": \"$version\" } }"
    if [[ ! -f $APP/package.json || $(<"$APP/package.json") != "$wanted" ]]; then
        printf '%s\n' "$wanted" >"$APP/package.json"
        # What it said belongs to the package or version of before.
        rm -f "$APP/package-lock.json"
    fi
else
    generic_source "$source" "$(param ref)"
    [[ -f $APP/package.json ]] ||
        die "There is no package.json in $APP, so it is no Node.js app." \
            "It has: $(generic_files package.json '*.js' '*.py' '*.md')."
    clean_env "$APP/node_modules"
fi
generic_outputs "$(param outputs)"

phase "Installing packages" 3 3
install_node_packages "$APP" || die "The app's packages could not be installed: the lines above say why. Start again to retry."

export PATH="$APP/node_modules/.bin:$PATH"
build=$(param build)
if [[ -n $build ]]; then
    # Again only after a change: of the command, of what is installed, or of the app.
    state=$({ printf '%s\n' "$build" && cat "$APP/package.json" "$APP/package-lock.json" 2>/dev/null &&
        git -c safe.directory='*' -C "$APP" rev-parse HEAD 2>/dev/null; } | sha256sum | cut -d' ' -f1 || true)
    if [[ ! -f $PWD/.built || $(<"$PWD/.built") != "$state" ]]; then
        phase "Building the app"
        (cd "$APP" && bash -c "$build") </dev/null || die "The build command failed: the lines above say why ($generic_where)."
        printf '%s\n' "$state" >.built
    fi
fi

# described EXPRESSION FOLDER: what the package.json there says.
described() { node -p 'const { bin, scripts, main, name } = require(process.argv[1]); '"$1" "$2/package.json"; }
# A program of the package's own name, or its first one.
program='const own = name.split("/").pop(); typeof bin === "string" || bin?.[own] ? own : Object.keys(bin ?? {})[0] ?? ""'

command=$(param command)
if [[ -z $command && -n $package ]]; then
    command=$(described "$program" "$APP/node_modules/$package")
    [[ -n $command ]] || die "The package $package has no program of its own: fill in \"Start command\" ($generic_where)."
elif [[ -z $command ]]; then
    if [[ $(described 'Boolean(scripts?.start)' "$APP") == true ]]; then
        command='npm start --'
    else
        for file in "$(described 'main ?? ""' "$APP")" server.js index.js app.js main.js server.mjs index.mjs; do
            if [[ -n $file && -f $APP/$file ]]; then
                command="node $(printf '%q' "$file")"
                break
            fi
        done
    fi
    [[ -n $command ]] ||
        die "package.json names no start script: fill in \"Start command\" ($generic_where)." \
            "Files: $(generic_files '*.js' '*.mjs' '*.ts')."
fi
generic_launch_args

export PORT="$WEBUI_PORT" HOST=127.0.0.1 HOSTNAME=127.0.0.1 NODE_ENV="${NODE_ENV:-production}"
export DO_NOT_TRACK=1 NEXT_TELEMETRY_DISABLED=1 npm_config_update_notifier=false BROWSER=none
generic_command "$command"
cd "$APP"
run_app "${RUN[@]}"
