# shellcheck shell=bash
# What the generic blueprints share: where somebody's own app comes from, which Python it wants, what it needs and
# which file starts it. Sourced after functions.sh; the functions end the script themselves, with one sentence.
# shellcheck disable=SC2034 # APP, ENTRY, LISTS, RUN and WORDS are for the blueprints.

generic_where='Edit → Settings of the blueprint'

# generic_needed VALUE LABEL: stop when an input that nothing can stand in for is empty.
generic_needed() {
    [[ -n ${1//[[:space:]]/} ]] || die "Nothing to start yet: fill in \"$2\" ($generic_where), then start again."
}

# generic_is_url TEXT: is it an address of git, and not a folder?
generic_is_url() { [[ $1 =~ ^[A-Za-z][A-Za-z0-9+.-]*:// || $1 =~ ^[^/[:space:]]+@[^/[:space:]]+: ]]; }

# generic_source SOURCE [REF]: set APP to the app's folder. What has an address is cloned to ./app and follows the
# address when that is changed; a folder is used where it is.
generic_source() {
    local source=$1 ref=${2:-}
    if ! generic_is_url "$source"; then
        [[ -d $source ]] ||
            die "There is no folder $source. Give one that exists, from / or from the instance's folder, or an" \
                "address like https://example.org/me/app.git ($generic_where)."
        APP=$(realpath -s -- "$source")
        return
    fi
    # The address of a page is good too: as a browser shows a branch.
    if [[ $source =~ ^(https?://.*[^/])/(-/)?tree/([^/?#]+) ]]; then
        source=${BASH_REMATCH[1]} ref=${ref:-${BASH_REMATCH[3]}}
    fi
    APP=$PWD/app
    sync_repo "$source" "$APP" "$ref" || generic_not_fetched
}

generic_not_fetched() {
    die "The app could not be fetched, the lines above say why. Check its address and version ($generic_where)," \
        "then start again."
}

# generic_card KEY: what the app's README says of itself at its top, as those of Hugging Face Spaces do.
generic_card() {
    if [[ -f $APP/README.md ]]; then
        sed -nE '1{/^---[[:space:]]*$/!q}; 2,40{/^---[[:space:]]*$/q; s/^'"$1"':[[:space:]]*["'\'']?([^"'\''#]*[^"'\''# ]).*/\1/p}' \
            "$APP/README.md" | head -n 1
    fi
}

# generic_python: print the Python that the app asks for, as ensure_env understands it.
generic_python() {
    local spec=''
    if [[ -f $APP/.python-version ]]; then
        spec=$(grep -m 1 -oE '^3\.[0-9]+' "$APP/.python-version" || true)
    fi
    if [[ -z $spec && -f $APP/pyproject.toml ]]; then
        spec=$(sed -nE 's/^requires-python[[:space:]]*=[[:space:]]*["'\''](.*)["'\''].*/\1/p' "$APP/pyproject.toml" | head -n 1)
        if [[ $spec =~ \<[[:space:]]*3\.([0-9]+) ]]; then
            spec=3.$((10#${BASH_REMATCH[1]} - 1))
        elif [[ $spec =~ (==|~=|\^|>=)[[:space:]]*(3\.[0-9]+) ]]; then
            if [[ ${BASH_REMATCH[1]} == '==' ]]; then
                spec=${BASH_REMATCH[2]}
            else
                spec=">=${BASH_REMATCH[2]}"
            fi
        else
            spec=''
        fi
    fi
    if [[ -z $spec ]]; then
        spec=$(generic_card python_version | grep -oE '^3\.[0-9]+' || true)
    fi
    printf '%s\n' "${spec:->=3.10}"
}

# generic_lists WANTED: set LISTS to the files that say which packages the app needs: the named ones, or what is there.
generic_lists() {
    local name
    LISTS=()
    case $1 in
    none) return ;;
    '')
        for name in requirements.txt pyproject.toml setup.py; do
            if [[ -f $APP/$name ]]; then
                LISTS=("$APP/$name")
                return
            fi
        done
        ;;
    *)
        for name in $1; do
            [[ -f $APP/$name ]] ||
                die "There is no requirement file $name in $APP. There are:" \
                    "$(generic_files '*requirements*.txt' pyproject.toml). Choose one, or \"none\" ($generic_where)."
            LISTS+=("$APP/$name")
        done
        ;;
    esac
}

# generic_install TORCH MORE: install what LISTS and the words of MORE name. Torch comes first, and for this machine's
# driver, because a list alone brings the one for the newest driver.
generic_install() {
    local torch=$1 named list
    local -a more
    if [[ $torch == auto ]]; then
        torch=no
        if named=$(generic_names_torch); then
            torch=yes
        fi
    fi
    if [[ $torch == yes ]]; then
        install_torch ${named:+"$named"} || generic_not_installed
    fi
    for list in "${LISTS[@]}"; do
        generic_install_list "$list" || generic_not_installed
    done
    read -r -a more <<<"$2"
    if ((${#more[@]} > 0)); then
        install_packages "${more[@]}" || generic_not_installed
    fi
    install_wheels || generic_not_installed
    # As if it were installed: modules beside the entry file, and those of the src layout.
    export PYTHONPATH="$APP:$APP/src${PYTHONPATH:+:$PYTHONPATH}"
}

# generic_install_list FILE: a list, or a project. Many projects of apps can't be built as a package: then what they
# depend on is enough, because the app starts from its own folder. Which those are is remembered.
generic_install_list() {
    local folder state known=./.aikore-lists/no-package
    folder=$(dirname -- "$1")
    case $1 in
    */setup.py) install_packages -e "$folder" ;;
    *.toml)
        state=$(sha256sum <"$1")
        if grep -qE '^\[build-system\]' "$1" && [[ $(cat "$known" 2>/dev/null) != "$state" ]]; then
            if install_packages -e "$folder"; then
                return
            fi
            note "It can't be installed as a package: what it depends on will do"
        fi
        mkdir -p ./.aikore-lists
        generic_dependencies "$1" >./.aikore-lists/dependencies.txt &&
            install_requirements ./.aikore-lists/dependencies.txt && printf '%s\n' "$state" >"$known"
        ;;
    *) install_requirements "$1" ;;
    esac
}

# generic_dependencies PYPROJECT: print what it depends on, a package a line.
generic_dependencies() {
    python - "$1" <<'PYTHON'
import sys

try:
    import tomllib
except ImportError:
    from pip._vendor import tomli as tomllib

with open(sys.argv[1], "rb") as file:
    print("\n".join(tomllib.load(file).get("project", {}).get("dependencies", [])))
PYTHON
}

generic_not_installed() {
    die "Not everything that the app needs could be installed: the lines above say what. Correct its requirements" \
        "or the Python version ($generic_where), then start again."
}

# generic_names_torch: does a list name torch? Prints the version when it wants exactly one.
generic_names_torch() {
    local lines
    ((${#LISTS[@]} > 0)) || return 1
    lines=$(sed 's/#.*//' "${LISTS[@]}" |
        grep -oE '(^|["'\''[:space:],[])torch(vision|audio)?[[:space:]]*([=<>~!;,"'\''@[[:space:]][^,"'\'']*|$)') || return 1
    sed -nE 's/^["'\''[:space:],[]*torch[[:space:]]*==[[:space:]]*([0-9][0-9.]*[0-9]).*/\1/p' <<<"$lines" | head -n 1
}

# generic_has MODULE: can the environment import it?
generic_has() {
    python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' "$1" 2>/dev/null
}

# generic_files PATTERN...: a short list of the app's files with such names.
generic_files() {
    local pattern files
    local -a names=(-false)
    for pattern in "$@"; do
        names+=(-o -name "$pattern")
    done
    # Those nearest to the top first.
    files=$(cd -- "$APP" && find . -maxdepth 3 \( -name '.?*' -o -name node_modules -o -name env -o -name venv \) -prune \
        -o -type f \( "${names[@]}" \) -print | sed 's|^\./||' | awk -F/ '{ print NF, $0 }' |
        sort -k1,1n -k2 | cut -d' ' -f2- | head -n 15)
    if [[ -z $files ]]; then
        printf 'none'
    else
        printf '%s' "${files//$'\n'/, }"
    fi
}

# generic_entry WANTED CANDIDATE...: set ENTRY to the file that starts the app: the named one, else the first candidate
# that is there, else the only Python file. `-m package` is kept as it is.
generic_entry() {
    local wanted=$1 candidate
    local -a files
    ENTRY=$wanted
    shift
    if [[ $wanted == '-m '* ]]; then
        return
    fi
    if [[ -n $wanted ]]; then
        [[ -f $APP/$wanted ]] ||
            die "There is no entry file $wanted in $APP. Its Python files: $(generic_files '*.py'). Choose one ($generic_where)."
        return
    fi
    for candidate in "$(generic_card app_file)" "$@"; do
        if [[ -n $candidate && -f $APP/$candidate ]]; then
            ENTRY=$candidate
            return
        fi
    done
    files=("$APP"/*.py)
    if ((${#files[@]} == 1)) && [[ -f ${files[0]} ]]; then
        ENTRY=${files[0]##*/}
        return
    fi
    die "Which file starts the app? Fill in \"Entry file\" ($generic_where). Python files in $APP: $(generic_files '*.py')."
}

# generic_words TEXT: set WORDS to the arguments in TEXT, split as a shell would, but nothing is executed.
generic_words() {
    local file
    file=$(mktemp -d)/arguments
    printf '%s\n' "$1" >"$file"
    launch_args "$file" || die "Correct the arguments ($generic_where), then start again."
    rm -r -- "${file%/*}"
    WORDS=("${LAUNCH_ARGS[@]}")
    generic_fill WORDS
}

# generic_launch_args: set LAUNCH_ARGS to those of launch_args.txt.
generic_launch_args() {
    launch_args || die "Correct launch_args.txt, then start again."
    generic_fill LAUNCH_ARGS
}

# generic_fill ARRAY: what changes with every start, or from machine to machine, can be named in arguments.
generic_fill() {
    local -n words=$1
    local index name
    for index in "${!words[@]}"; do
        for name in WEBUI_PORT SUBFOLDER INSTANCE_OUTPUT_DIR INSTANCE_CONF_DIR AIKORE_MODELS_DIR; do
            words[index]=${words[index]//"\$$name"/"${!name:-}"}
            words[index]=${words[index]//"\${$name}"/"${!name:-}"}
        done
    done
}

# generic_outputs FOLDER: the app's folder of results becomes a link to the instance's.
generic_outputs() {
    if [[ -n $1 ]]; then
        sl_folder "$APP" "$1" "$INSTANCE_OUTPUT_DIR" ||
            die "The folder \"$1\" could not be linked: choose another one ($generic_where)."
    fi
}

# generic_command COMMAND: set RUN to what runs it. It is a person's own, so a shell reads it; what launch_args.txt
# says is only handed on.
generic_command() {
    local text=$1
    if ((${#LAUNCH_ARGS[@]} > 0)); then
        text+=' "$@"'
    fi
    RUN=(bash -c "$text" app "${LAUNCH_ARGS[@]}")
}
