#!/usr/bin/env bash
# sync_repo of the shell library: when something is done, and what an update keeps.
# shellcheck source-path=SCRIPTDIR source=check.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/check.sh"
# shellcheck source-path=SCRIPTDIR source=repositories.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/repositories.sh"

# --- When something is done, and when nothing ---------------------------------------------------------------

test_a_clone_stays_as_it_is_until_an_update_is_asked_for() {
    make_remote
    sync_repo "$(url)" copy 2>/dev/null
    echo three >remote/a
    commit three
    mv remote away
    # No word, no network.
    same '' "$(sync_repo "file://$PWD/remote" copy 2>&1)"
    mv away remote
    same '' "$(sync_repo "$(url)" copy 2>&1)"
    same two "$(cat copy/a)"
    has 'Now at' "$(update "$(url)" copy)"
    same three "$(cat copy/a)"
}

test_a_clone_is_what_git_would_have_made() {
    make_remote
    git clone -q "$(url)" theirs
    sync_repo "$(url)" ours >/dev/null 2>&1
    same "$(git -C theirs branch -a; git -C theirs tag; git -C theirs log --oneline)" \
        "$(git -C ours branch -a; git -C ours tag; git -C ours log --oneline)"
    same false "$(git -C ours rev-parse --is-shallow-repository)"
    same origin/main "$(git -C ours rev-parse --abbrev-ref '@{upstream}')"
    same '' "$(git -C ours status --porcelain)"
}

test_a_changed_pin_is_followed_without_an_update() {
    make_remote
    sync_repo "$(url)" copy v1 >/dev/null 2>&1
    same one "$(cat copy/a)"
    same '' "$(sync_repo "$(url)" copy v1 2>&1)"
    echo three >remote/a
    commit three
    git -C remote tag v3
    sync_repo "$(url)" copy v3 >/dev/null
    same three "$(cat copy/a)"
    # A commit that is here needs no network.
    local first
    first=$(git -C remote rev-parse v1)
    mv remote away
    sync_repo "file://$PWD/remote" copy "$first" >/dev/null
    same one "$(cat copy/a)"
    # A tag that is here neither, though it is looked for.
    sync_repo "file://$PWD/remote" copy v3 >/dev/null 2>&1
    same three "$(cat copy/a)"
    # One that is not here waits for the network.
    has 'going on with the version that is here' "$(sync_repo "file://$PWD/remote" copy v4 2>&1)"
    mv away remote
    git -C remote tag v4 v1
    sync_repo "$(url)" copy v4 >/dev/null
    same one "$(cat copy/a)"
    # No pin any more: the default branch.
    sync_repo "$(url)" copy >/dev/null
    same 'three main' "$(cat copy/a) $(git -C copy branch --show-current)"
}

test_a_pin_to_a_branch_moves_only_with_an_update() {
    make_remote
    sync_repo "$(url)" copy old >/dev/null 2>&1
    same 'one old' "$(cat copy/a) $(git -C copy branch --show-current)"
    git -C remote checkout -q old
    echo newer >remote/a
    commit newer
    sync_repo "$(url)" copy old
    same one "$(cat copy/a)"
    update "$(url)" copy old >/dev/null
    same newer "$(cat copy/a)"
}

test_another_address_is_followed() {
    make_remote
    git clone -q remote fork
    echo fork >fork/a
    git -C fork commit -q -a -m fork
    sync_repo "$(url)" copy >/dev/null 2>&1
    sync_repo "file://$PWD/fork" copy >/dev/null
    same fork "$(cat copy/a)"
    same '' "$(sync_repo "file://$PWD/fork" copy 2>&1)"
    # One that a person has set stays.
    git -C copy remote set-url origin "$(url)"
    same '' "$(sync_repo "file://$PWD/fork" copy 2>&1)"
    same "$(url)" "$(git -C copy remote get-url origin)"
}

test_a_pin_that_does_not_exist_changes_nothing() {
    make_remote
    sync_repo "$(url)" copy v1 >/dev/null 2>&1
    has "'nowhere' exists neither as branch, tag nor commit" "$(sync_repo "$(url)" copy nowhere 2>&1)"
    same one "$(cat copy/a)"
}

test_a_clone_of_before_is_left_alone() {
    make_remote
    git clone -q "$(url)" copy
    git clone -q --branch v1 "$(url)" pinned 2>/dev/null
    mv remote away
    same '' "$(sync_repo "file://$PWD/remote" copy 2>&1)"
    same '' "$(sync_repo "file://$PWD/remote" pinned v1 2>&1)"
    mv away remote
    # One that is on another version than asked for is brought there.
    sync_repo "$(url)" copy v1 >/dev/null
    same one "$(cat copy/a)"
}

test_it_takes_no_time_when_nothing_is_to_be_done() {
    make_remote
    sync_repo "$(url)" copy >/dev/null 2>&1
    within 100 sync_repo "$(url)" copy
}

# --- Updating -----------------------------------------------------------------------------------------------

test_the_old_form_updates_the_current_folder() {
    make_remote
    echo three >remote/a
    echo new >remote/n
    commit three
    cd app
    echo mine >untracked
    sync_repo
    same two "$(cat a)"
    update
    same 'three new mine' "$(cat a n untracked | xargs)"
    same main "$(git branch --show-current)"
}

test_the_old_form_takes_the_ref_of_a_variable() {
    make_remote
    cd app
    GIT_REF=old check_remote GIT_REF
    same 'one old' "$(cat a) $(git branch --show-current)"
    git -C ../remote checkout -q old
    echo old2 >../remote/a
    git -C ../remote commit -q -a -m old2
    git -C ../remote checkout -q main
    GIT_REF=old check_remote GIT_REF
    same one "$(cat a)"
    AIKORE_UPDATE=true GIT_REF=old check_remote GIT_REF
    same old2 "$(cat a)"
    GIT_REF=v1 check_remote GIT_REF
    same one "$(cat a)"
    GIT_REF=$(git rev-parse origin/main) check_remote GIT_REF
    same two "$(cat a)"
    unset GIT_REF
    check_remote GIT_REF
    same 'two main' "$(cat a) $(git branch --show-current)"
}

test_local_changes_are_kept_once() {
    make_remote
    cd app
    echo mine >a
    update
    same two "$(cat a)"
    has mine "$(git stash show -p)"
    echo mine >a
    update
    same 1 "$(git stash list | wc -l)"
    echo other >a
    update
    same 2 "$(git stash list | wc -l)"
}

test_own_commits_and_files_in_the_way_are_kept() {
    make_remote
    echo theirs >remote/n
    commit three
    cd app
    echo own >own
    git add own
    git commit -q -m own
    echo mine >n
    update
    same 'theirs mine' "$(cat n n.1 | xargs)"
    same own "$(git show "$(git branch --list 'aikore-kept-*' --format='%(refname)')":own)"
    [[ ! -e own ]]
}

test_linked_folders_are_left_alone() {
    make_remote
    sl_folder app models shared models
    cd app
    update
    same ../shared/models "$(realpath --relative-to=. models)"
    [[ -L models && -f ../shared/models/put_here ]]
    rm a
    echo three >../remote/a
    (cd .. && commit three)
    update
    same three "$(cat a)"
    same put "$(cat ../shared/models/put_here)"
    same 0 "$(git stash list | wc -l)"
}

test_an_update_without_network_goes_on_with_what_is_here() {
    make_remote
    mv remote away
    cd app
    has "going on with the version that is here" "$(update 2>&1)"
    update 2>/dev/null
    same two "$(cat a)"
    # A pinned commit that is here needs no network, so there is nothing to complain about.
    same '' "$(GIT_REF=$(git rev-parse HEAD) update GIT_REF 2>&1 >/dev/null)"
}

test_an_update_that_was_cut_off_is_finished() {
    make_remote
    sync_repo "$(url)" copy v1 >/dev/null 2>&1
    local aim
    aim=$(git -C copy rev-parse origin/main)
    # The tree is half there, HEAD is not: killed in the middle.
    git -C copy config aikore.going "$aim main"
    echo two >copy/a
    touch copy/.git/index.lock
    has 'The last update was cut off' "$(sync_repo "$(url)" copy 2>&1)"
    same 'two main' "$(cat copy/a) $(git -C copy branch --show-current)"
    same '' "$(git -C copy config aikore.going || true)"
}

test_an_update_that_was_rolled_back_is_not_repeated() {
    make_remote
    sync_repo "$(url)" copy v1 >/dev/null 2>&1
    git -C copy config aikore.going "$(git -C copy rev-parse origin/main) main"
    mv remote away
    same '' "$(sync_repo "file://$PWD/remote" copy v1 2>&1)"
    same one "$(cat copy/a)"
}

test_what_is_no_repository_is_said() {
    export GIT_CEILING_DIRECTORIES=$PWD/..
    has "no usable git repository" "$(sync_repo 2>&1 || true)"
    fails sync_repo 2>/dev/null
    git init -q x
    git -C x commit -q --allow-empty -m x
    cd x
    sync_repo
    has "has no remote" "$(update 2>&1 || true)"
}

run_tests
