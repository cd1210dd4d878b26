#!/usr/bin/env bash
# sync_repo of the shell library: the first clone, and one that was killed.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"
# shellcheck source-path=SCRIPTDIR source=repositories.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/repositories.sh"

test_clones_to_a_commit() {
    make_remote
    local first
    first=$(git -C remote rev-parse v1)
    sync_repo "$(url)" copy "$first" >/dev/null 2>&1
    same one "$(cat copy/a)"
    # Short ones, and servers that do not give single commits.
    git -C remote config uploadpack.allowAnySHA1InWant false
    sync_repo "$(url)" short "${first:0:10}" >/dev/null 2>&1
    same one "$(cat short/a)"
}

test_clones_into_deep_folders_and_says_what_is_in_the_way() {
    make_remote
    sync_repo "$(url)" deep/copy >/dev/null 2>&1
    same two "$(cat deep/copy/a)"
    has 'check the network and the address' "$(sync_repo "file://$PWD/nothing" deep/none 2>&1 || true)"
    fails sync_repo "file://$PWD/nothing" deep/none 2>/dev/null
    [[ ! -e deep/none && ! -e deep/none.part ]]
    mkdir full && echo x >full/x
    has "move it away" "$(sync_repo "$(url)" full 2>&1 || true)"
    # The folder is named after the address when nothing else is said; an empty one is no hindrance.
    mkdir inside && mkdir inside/remote && cd inside
    sync_repo "file://$PWD/../remote/" >/dev/null 2>&1
    same two "$(cat remote/a)"
}

test_clones_submodules() {
    make_remote
    git clone -q remote inner
    git -C remote submodule --quiet add "file://$PWD/inner" part/inner
    commit submodule
    sync_repo "$(url)" copy >/dev/null 2>&1
    same two "$(cat copy/part/inner/a)"
    # It follows.
    echo inner >inner/a
    git -C inner commit -q -a -m inner
    git -C remote/part/inner pull -q
    commit 'submodule follows'
    update "$(url)" copy >/dev/null 2>&1
    same inner "$(cat copy/part/inner/a)"
}

# A server for the repositories in this folder. What it sends of the one that the file `hold` names stands still once a
# part has come. Sets `line`, its address.
make_slow_server() {
    python3 -B - >/dev/null 2>server.log 3>&- <<'PYTHON' &
import os, socket, subprocess, threading, time

def pump(read, write, done, slow=None):
    count = 0
    while True:
        data = read(4096)
        if not data:
            break
        count += len(data)
        if slow and count > 100000:
            # Named after what is held: the line of a client that was killed may still be here.
            open("waiting-" + slow, "w").close()
            while os.path.exists("hold"):
                time.sleep(0.05)
        write(data)
    done()

def serve(client):
    first = client.recv(4096)
    held = open("hold").read().strip() if os.path.exists("hold") else None
    slow = held if held and f"/{held}\0".encode() in first else None
    git = subprocess.Popen(["git", "daemon", "--inetd", "--export-all", "--base-path=."], bufsize=0,
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    git.stdin.write(first)
    threading.Thread(target=pump, args=(client.recv, git.stdin.write, git.stdin.close), daemon=True).start()
    pump(git.stdout.read, client.sendall, client.close, slow)

listener = socket.create_server(("127.0.0.1", 0))
with open("port.part", "w") as file:
    file.write(str(listener.getsockname()[1]))
os.rename("port.part", "port")
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PYTHON
    server=$!
    trap 'kill "$server"' EXIT
    until [[ -e port ]]; do
        sleep 0.05
    done
    line=git://127.0.0.1:$(<port)
}

# Clones until the line stands still; then everything is killed.
clone_and_kill() {
    local child waiting
    waiting=waiting-$(<hold)
    rm -f -- "$waiting"
    # shellcheck disable=SC2016
    setsid bash -c 'source "$AIKORE_LIB/functions.sh"; sync_repo "$0" copy' "$line/remote" >clone.log 2>&1 &
    child=$!
    # shellcheck disable=SC2016
    timeout 90 bash -c 'until [[ -e $0 ]]; do sleep 0.05; done' "$waiting"
    kill -KILL -- "-$child"
    wait "$child" 2>/dev/null || true
    rm hold
}

test_a_clone_that_was_killed_is_gone_on_with() {
    make_remote
    make_slow_server
    git clone -q remote inner
    head -c 3000000 /dev/urandom | tee remote/big >inner/big
    git -C inner add big
    git -C inner commit -q -m big
    git -C remote submodule --quiet add "$line/inner" inner
    commit submodule
    # In the middle of the app itself.
    echo remote >hold
    clone_and_kill
    [[ ! -e copy && -d copy.part && ! -e copy.part/a ]]
    # Then in the middle of its submodule.
    echo inner >hold
    clone_and_kill
    [[ ! -e copy && -f copy.part/big && ! -e copy.part/inner/a ]]
    # What git itself leaves when it is killed in a bad moment.
    touch copy.part/.git/index.lock
    # Gone on with, not begun anew: what has come is still there.
    echo kept >copy.part/mark
    has 'Going on with the clone' "$(sync_repo "$line/remote" copy 2>&1)"
    same 'kept two' "$(cat copy/mark copy/inner/a | xargs)"
    cmp copy/big copy/inner/big
    [[ ! -e copy.part ]]
    same '?? mark' "$(git -C copy status --porcelain)"
    same "$(git -C remote log --oneline)" "$(git -C copy log --oneline)"
}

test_a_clone_without_its_history_works_and_gets_it_with_the_next_update() {
    make_remote
    git clone -q --depth 1 "$(url)" copy
    echo three >remote/a
    commit three
    update "$(url)" copy >/dev/null
    same 'three 3' "$(cat copy/a) $(git -C copy rev-list --count HEAD)"
}

test_two_at_once_clone_once() {
    make_remote
    (sync_repo "$(url)" copy) >one 2>&1 &
    (sync_repo "$(url)" copy) >two 2>&1
    wait $!
    same 1 "$(cat one two | grep -c Cloning)"
    same two "$(cat copy/a)"
}

run_tests
