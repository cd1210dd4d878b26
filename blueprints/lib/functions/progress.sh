# shellcheck shell=bash
# Progress: what the dashboard and a reader of the log see of the preparation. Part of ../functions.sh.

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
