# shellcheck shell=bash
# The app as a person sees it: progress, inputs of the form, arguments of one's own, the start itself. Part of
# ../functions.sh.

# phase TEXT [STEP STEPS]: what is going on, for the dashboard (progress sequence OSC 9;4 and window title)
# and for a reader of the log (one plain line). Without numbers the progress is "busy, length unknown".
phase() {
    local text=${1:-} step=${2:-} steps=${3:-} progress="3"
    text=${text//[[:cntrl:]]/ }
    if [[ $step =~ ^[0-9]{1,4}$ && $steps =~ ^[0-9]{1,4}$ ]] && ((10#$steps > 0)); then
        step=$((10#$step)) steps=$((10#$steps))
        ((step <= steps)) || step=$steps
        progress="1;$((step > 0 ? (step - 1) * 100 / steps : 0))"
        text="[$step/$steps] $text"
    fi
    # The title first and all at once, so that nobody sees the progress of one phase under the name of another.
    printf '\e]2;%s\a\e]9;4;%s\a==> %s\n' "$text" "$progress" "$text"
}

# phase_done: nothing is being prepared any more.
phase_done() { printf '\e]9;4;0\a'; }

# param NAME [DEFAULT]: print the value of the header's input NAME, or DEFAULT when it has none.
param() {
    local variable=${1:?param needs the name of an input}
    variable=AIKORE_PARAM_${variable//-/_}
    variable=${variable^^}
    printf '%s\n' "${!variable:-${2:-}}"
}

# is_on NAME: is the input NAME, a bool, true?
is_on() { [[ $(param "$1") =~ ^([Tt][Rr][Uu][Ee]|[Yy][Ee][Ss]|[Oo][Nn]|1)$ ]]; }

# launch_args [FILE]: fill the array LAUNCH_ARGS from FILE, `launch_args.txt` of the instance when absent. Blanks and
# line ends separate, `#` begins a comment, quotes and backslashes work as in a shell; nothing else means anything, so
# `$(…)` arrives at the app as it stands.
launch_args() {
    local file=${1:-${INSTANCE_CONF_DIR:-.}/launch_args.txt} text word='' begun='' quote='' char next line=1 opened=0
    local -i at
    LAUNCH_ARGS=()
    if [[ ! -f $file ]]; then
        return 0
    fi
    text=$(<"$file") || return 1
    text=${text//$'\r'/}$'\n'
    for ((at = 0; at < ${#text}; at++)); do
        char=${text:at:1} next=${text:at+1:1}
        [[ $char != $'\n' ]] || line=$((line + 1))
        if [[ $quote == "'" && $char != "'" ]]; then
            word+=$char
        elif [[ $char == \\ && (-z $quote || $next == [\"\\\$\`] || $next == $'\n') ]]; then
            at+=1
            if [[ $next != $'\n' ]]; then
                word+=$next begun=1
            else
                line=$((line + 1))
            fi
        elif [[ -n $quote ]]; then
            if [[ $char == "$quote" ]]; then
                quote=''
            else
                word+=$char
            fi
        elif [[ $char == [\"\'] ]]; then
            quote=$char begun=1 opened=$line
        elif [[ $char == [[:space:]] ]]; then
            if [[ -n $begun ]]; then
                LAUNCH_ARGS+=("$word")
                word='' begun=''
            fi
        elif [[ $char == '#' && -z $begun ]]; then
            while ((at + 1 < ${#text})) && [[ ${text:at+1:1} != $'\n' ]]; do
                at+=1
            done
        else
            word+=$char begun=1
        fi
    done
    if [[ -n $quote ]]; then
        warn "$file: the quotation mark of line $opened is never closed: close it, then start again"
        return 1
    fi
    if ((${#LAUNCH_ARGS[@]} > 0)); then
        note "Arguments of ${file##*/}: ${LAUNCH_ARGS[*]@Q}"
    fi
}

# run_app COMMAND...: the app takes the script's place, so signals reach it and its exit code counts.
run_app() {
    if ! command -v -- "${1:?run_app needs a command}" >/dev/null; then
        die "the app's program '$1' is not there. Rebuild the environment of this instance, or look at the lines above"
    fi
    phase_done
    exec "$@"
}
