#!/usr/bin/env bash
# Keeps one comment on the pull request that says what rolecall found: made when there is something to say, and updated in
# place from then on. What goes wrong here is a notice and never fails the run: the token of a fork's pull request may not
# comment.
#
# BODY       the file with what to say
# SAY        how much there is to say: 0 makes no new comment
# CATEGORY   tells several runs on one pull request apart
# API, REPOSITORY, NUMBER, TOKEN, TEMP
set -uo pipefail

# GitHub takes 65,536 characters.
limit=65000
pages=30

quit() {
    echo "::notice::No comment: $1"
    exit 0
}

# Calls the API: method, path, further arguments of curl. A command line is no place for a token.
api() {
    curl --silent --show-error --fail-with-body --retry 2 --max-time 60 --request "$1" --header "@$work/headers" \
        "${@:3}" "$API$2"
}

command -v jq > /dev/null || quit "it needs jq"
[ -n "$TOKEN" ] || quit "there is no token"
umask 077
work=$(mktemp -d "$TEMP/rolecall-comment.XXXXXX") || quit "there is no room for it"
trap 'rm -r "$work"' EXIT
printf '%s\n' "authorization: Bearer $TOKEN" 'accept: application/vnd.github+json' 'x-github-api-version: 2022-11-28' \
    'content-type: application/json' > "$work/headers"

marker='<!-- rolecall -->'
if [ "$CATEGORY" != rolecall ]; then marker="<!-- rolecall ${CATEGORY//[!A-Za-z0-9_.\/ ]/-} -->"; fi

# The first comment of a program that begins with the marker: a person can write the marker too.
earlier() {
    local page=1 got
    while [ "$page" -le "$pages" ]; do
        got=$(api GET "/repos/$REPOSITORY/issues/$NUMBER/comments?per_page=100&page=$page") || return 1
        jq -r --arg marker "$marker" '
            map(select(.user.type == "Bot" and ((.body // "") | startswith($marker)))) | first | .id // empty' <<< "$got" |
            grep . && return
        [ "$(jq length <<< "$got")" = 100 ] || return 0
        page=$((page + 1))
    done
}

found=$(earlier) || quit "the comments cannot be read; the job needs the permission 'pull-requests: write'"
if [ -z "$found" ] && [ "$SAY" = 0 ]; then exit 0; fi

# Cut between lines, and closed if that is inside a block of code.
text=$(awk -v limit="$limit" '
    NR == 1 && /^<!-- rolecall/ { next }
    { size += length($0) + 1 }
    size > limit { cut = 1; exit }
    /^ *```/ {
        match($0, /`+/)
        if (!open) open = RLENGTH; else if (RLENGTH >= open && $0 ~ /^ *`+ *$/) open = 0
    }
    { print }
    END {
        if (!cut) exit
        for (fence = ""; open > 0; open--) fence = fence "`"
        if (fence != "") print fence
        print "\nThe rest is in the summary of the run."
    }' "$BODY")
jq -n --arg body "$marker"$'\n'"$text" '{body: $body}' > "$work/body"
send() { api "$1" "$2" --data "@$work/body" > "$work/answer"; }

if [ -n "$found" ]; then
    send PATCH "/repos/$REPOSITORY/issues/comments/$found" || quit "comment $found cannot be updated"
else
    send POST "/repos/$REPOSITORY/issues/$NUMBER/comments" ||
        quit "it cannot be written; the job needs the permission 'pull-requests: write'"
fi
