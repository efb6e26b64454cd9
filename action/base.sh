#!/usr/bin/env bash
# Prints the commit to compare with, having fetched of it and of the history what the comparison needs.
#
# BASE         a revision that the user names, or
# EVENT_BASE   the base of the pull request or merge group, with EVENT_HEAD, the head of the pull request
# SERVER       https://github.com
# TOKEN        reads the repository, where the checkout left no credentials
set -euo pipefail

export GIT_TERMINAL_PROMPT=0

fail() {
    echo "::error::$1" >&2
    exit 2
}

# What the token says to git, in the environment, where no other process reads it.
authorized() {
    GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$SERVER/.extraheader" \
        GIT_CONFIG_VALUE_0="AUTHORIZATION: basic $(printf 'x-access-token:%s' "$TOKEN" | base64 | tr -d '\n')" "$@"
}

fetch() {
    git fetch --quiet --no-tags "$@" 2> /dev/null && return
    [ -n "$TOKEN" ] && authorized git fetch --quiet --no-tags "$@" 2> /dev/null
}

shallow() { [ "$(git rev-parse --is-shallow-repository)" = true ]; }

# Fetches commits by name or id; no more of the history than is needed, where the clone leaves history out already.
commits() { if shallow; then fetch --depth="$1" origin "${@:2}"; else fetch origin "${@:2}"; fi; }

known() { git rev-parse --quiet --verify --end-of-options "$1^{commit}"; }

# The commit that the user's revision names; fetched by that name when it is not there.
named() {
    known "$1" && return
    known "refs/remotes/origin/$1" && return
    case $1 in -*) return 1 ;; esac
    commits 1 "$1" && known FETCH_HEAD
}

# A pull request is checked out as its merge into the base; that merge's first parent is the base as it was then, which may
# be newer than the one in the event.
merged_into() {
    git cat-file commit HEAD | awk '
        $1 == "parent" { parents[++n] = $2 }
        /^$/ { exit }
        END { if (n == 2 && (head == "" || parents[2] == head)) print parents[1] }' head="$EVENT_HEAD"
}

if [ -n "$BASE" ]; then
    base=$(named "$BASE") || fail "the base '${BASE//[![:print:]]/?}' is not in this clone and cannot be fetched"
else
    base=$(merged_into)
    base=${base:-$EVENT_BASE}
    known "$base" > /dev/null || commits 1 "$base" ||
        fail "commit $base cannot be fetched; give actions/checkout 'fetch-depth: 0'"
fi

head=$(git rev-parse HEAD)
for depth in 2 50 1000; do
    if git merge-base "$base" "$head" > /dev/null || ! shallow; then break; fi
    commits "$depth" "$base" "$head" || break
done
if ! git merge-base "$base" "$head" > /dev/null && shallow; then fetch --unshallow origin || true; fi
printf '%s\n' "$base"
