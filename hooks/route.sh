# shellcheck shell=sh
# Keep this worktree on the session of its branch. Sourced by the hooks beside it, inside whatever sh a
# hook is written for, so it touches nothing of its surroundings: no options, no arguments, no stdin.
#
# Needs: wagit_event, wagit_python (absolute interpreter), wagit_home (directory of hook.py).
# When the slot stays the same, only builtins run: no process is started.
# shellcheck disable=SC2154

# Put the git directory in wagit_git_dir: git names it in GIT_DIR, or `.git` is it or names it.
wagit_find_git_dir() {
    wagit_git_dir=${GIT_DIR-}
    if [ -n "$wagit_git_dir" ]; then
        :
    elif [ -d .git ]; then
        wagit_git_dir=.git
    elif [ -r .git ]; then
        IFS= read -r wagit_git_dir <.git || :
        wagit_git_dir=${wagit_git_dir#gitdir: }
    fi
    [ -r "$wagit_git_dir/HEAD" ]
}

# Put the directory that all worktrees share in wagit_shared.
wagit_find_shared() {
    wagit_line=
    [ ! -r "$wagit_git_dir/commondir" ] || IFS= read -r wagit_line <"$wagit_git_dir/commondir" || :
    case $wagit_line in
        /*) wagit_shared=$wagit_line/wagit ;;
        *) wagit_shared=$wagit_git_dir/${wagit_line:-.}/wagit ;;
    esac
}

# Succeed when there is a session to keep: wagit was set up in this repository.
wagit_is_set_up() {
    wagit_find_shared
    [ -d "$wagit_shared" ]
}

# Succeed when a merge may have ended a branch whose session came from another slot.
wagit_may_give_back() {
    [ "$wagit_event" = post-merge ] || return 1
    wagit_find_shared
    [ -e "$wagit_shared/origins" ]
}

# After a merge: have a process that nobody waits for ask the team's remote for news, where there is a team.
wagit_ask_for_news() {
    [ "$wagit_event" = post-merge ] || return 0
    wagit_find_shared
    [ -d "$wagit_shared/team" ] && [ -x "$wagit_python" ] || return 0
    wagit_news=$wagit_home/operations/team_news_process.py
    ("$wagit_python" -I "$wagit_news" "$PWD" </dev/null >/dev/null 2>&1 &) || :
}

# Put what HEAD names in wagit_head: `ref: refs/heads/…`, or a hash when it is detached.
wagit_read_head() {
    [ ! -h "$wagit_git_dir/HEAD" ] || return 1
    IFS= read -r wagit_head <"$wagit_git_dir/HEAD" || :
    [ "$wagit_head" = 'ref: refs/heads/.invalid' ] || return 0
    # A reftable repository keeps HEAD in its tables: only git can read it, and 1 says detached.
    wagit_head=$(git symbolic-ref -q HEAD </dev/null 2>/dev/null) || [ "$?" = 1 ] || return 1
    wagit_head=${wagit_head:+ref: $wagit_head}
}

# Succeed when nothing that decides the slot has changed since the slot was last decided.
wagit_is_settled() {
    case ${WAGIT_STRATEGY+x}${WAGIT_DEFAULT+x}${WAGIT_STORE+x}${WHATSAPP_SESSION_NAME+x} in x*) return 1 ;; esac
    case ${WA_SHARED_SESSION+x}${WA_BRANCH_SESSIONS+x}${WA_BRANCH_DETECTION+x} in x*) return 1 ;; esac
    case ${WA_TEAM_COLLABORATION+x}${WA_BRANCH_PATTERN_STRATEGY+x}${WAGIT_BRANCH_DETECTION+x} in x*) return 1 ;; esac
    case ${WAGIT_DRIVER+x}${WAGIT_BOT_LINK+x} in x*) return 1 ;; esac
    [ -r "$wagit_git_dir/wagit/route" ] && wagit_read_head || return 1
    case $wagit_head in
        'ref: refs/heads/'*) wagit_route=$wagit_git_dir/wagit/routes/${wagit_head#ref: refs/heads/} ;;
        'ref: '*) return 1 ;;
        *) return 0 ;; # detached: a tag, a rebase, a bisect keep the slot
    esac
    [ -f "$wagit_route" ] || return 1
    { IFS= read -r wagit_slot && IFS= read -r wagit_digest; } <"$wagit_route" || return 1
    wagit_seen=$wagit_git_dir/wagit/seen/
    wagit_is_fresh <"$wagit_git_dir/wagit/route"
}

# Succeed when stdin, the worktree's route, has the branch's slot by the same config, its link still leads there
# and its config files are still as they were: neither saved since nor replaced by an older one.
wagit_is_fresh() {
    IFS= read -r wagit_line && [ "$wagit_line" = "$wagit_slot" ] || return 1
    IFS= read -r wagit_line && [ "$wagit_line" = "$wagit_digest" ] || return 1
    while IFS= read -r wagit_line; do
        case $wagit_line in
            @*) wagit_link=${wagit_line#?} && [ -h "$wagit_link" ] || return 1 ;;
            '>'*) wagit_leads_to "${wagit_line#?}" || return 1 ;;
            =*)
                wagit_seen=${wagit_seen}1
                [ -e "${wagit_line#?}" ] && [ "$wagit_route" -nt "${wagit_line#?}" ] || return 1
                [ ! "${wagit_line#?}" -ot "$wagit_seen" ] || return 1
                ;;
            !*) [ ! -e "${wagit_line#?}" ] || return 1 ;;
            *) return 1 ;;
        esac
    done
}

# Succeed when the link leads to $1: what is in the slot, or the file that a bot is yet to make there.
wagit_leads_to() {
    [ "$wagit_link" -ef "$1" ] || { [ ! -e "$wagit_link" ] && [ ! -e "$1" ] && [ -d "${1%/*}" ]; }
}

# Decide the slot and switch to it. Whatever goes wrong, git must not notice.
wagit_switch() {
    if [ -x "$wagit_python" ]; then
        "$wagit_python" -I -S "$wagit_home/hook.py" "$wagit_event" "$PWD" "$wagit_git_dir" </dev/null || :
    else
        echo "wagit: $wagit_python is gone, so the session was not switched: run 'wagit hooks install'" >&2
    fi
}

# `wagit hooks status` proves that the hook fires: it names a file, and nothing else may run.
if [ -n "${WAGIT_PROBE-}" ]; then
    echo "$wagit_event" >>"$WAGIT_PROBE"
    exit 0
fi
if wagit_find_git_dir; then
    wagit_ask_for_news
    if { wagit_may_give_back || ! wagit_is_settled; } && wagit_is_set_up; then
        wagit_switch
    fi
fi
unset -f wagit_find_git_dir wagit_is_set_up wagit_read_head wagit_is_settled wagit_is_fresh wagit_leads_to
unset -f wagit_switch wagit_find_shared wagit_may_give_back wagit_ask_for_news
unset wagit_git_dir wagit_line wagit_head wagit_route wagit_slot wagit_digest wagit_seen wagit_link wagit_shared
unset wagit_news
