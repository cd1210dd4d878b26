# shellcheck shell=bash
# Progress: what the dashboard and a reader of the log see of the preparation. Part of ../functions.sh.

# phase TEXT [STEP STEPS]: what is going on, for the dashboard (progress sequence OSC 9;4 and window title)
# and for a reader of the log (one plain line). Without numbers the progress is "busy, length unknown".
phase() {
    local text=${1:-} step=${2:-} steps=${3:-} percent
    text=${text//[[:cntrl:]]/ }
    if [[ $step =~ ^[0-9]{1,4}$ && $steps =~ ^[0-9]{1,4}$ ]] && ((10#$steps > 0)); then
        step=$((10#$step)) steps=$((10#$steps))
        ((step <= steps)) || step=$steps
        percent=$((step > 0 ? (step - 1) * 100 / steps : 0))
        text="[$step/$steps] $text"
        printf '\e]9;4;1;%d\a' "$percent"
    else
        printf '\e]9;4;3\a'
    fi
    printf '\e]2;%s\a==> %s\n' "$text" "$text"
}

# phase_done: nothing is being prepared any more.
phase_done() { printf '\e]9;4;0\a'; }
