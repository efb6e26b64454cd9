#!/usr/bin/env bash
# Runs rolecall: `diff` against the base of a pull request, `scan` otherwise. Never fails by itself: exit-code says how the
# run ended, and the step after the uploads ends the job with it.
#
# BINARY, SCAN_PATH, BASE, FAIL_ON, MIN_SEVERITY, CONFIDENCE, FORMAT, CONFIG, ARGS, SUMMARY
# HERE   the folder of this script
# TEMP   a folder that outlives the step
set -uo pipefail

tell() { printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"; }

# Adds each line of $2 that is not empty to the arguments, with $1 in front.
lines() {
    local line
    while IFS= read -r line; do
        if [ -n "$line" ]; then args+=("$1$line"); fi
    done <<< "$2"
}

finish() {
    tell exit-code "$1"
    exit 0
}

out=$(mktemp -d "$TEMP/rolecall-report.XXXXXX") || exit 2
# A container job runs as somebody who does not own the checkout, which git would refuse to read.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0="$PWD"

args=("--format=$FORMAT" "--also=sarif=$out/rolecall.sarif" "--also=json=$out/rolecall.json"
    "--also=markdown=$out/rolecall.md")
# What is empty is for the repository's own configuration to say.
lines --fail-on= "$FAIL_ON"
lines --min-severity= "$MIN_SEVERITY"
lines --confidence= "$CONFIDENCE"
lines --config= "$CONFIG"
# shellcheck disable=SC2153 # ARGS comes from the action
lines "" "$ARGS"

verb=scan
if [ "$BASE" != none ] && [ -n "$BASE$EVENT_BASE" ]; then
    verb="diff"
    base=$("$HERE/base.sh") || finish 2
    # The head is the working tree: then modules that `terraform init` has fetched count on both sides.
    args+=(--merge-base "$base")
fi
args+=(--)
lines "" "$SCAN_PATH"

code=0
"$BINARY" "$verb" "${args[@]}" || code=$?
tell command "$verb"
if [ -s "$out/rolecall.sarif" ] && [ "$code" != 3 ]; then tell sarif "$out/rolecall.sarif"; fi
if [ -s "$out/rolecall.json" ]; then
    tell json "$out/rolecall.json"
    jq -r '
        if .changes then .changes | map(select(.status == "new" or .status == "worsened") | .finding)
        else .findings | map(select(.suppressed == null)) end
        | map(.severity) as $all
        | "findings=\($all | length)", (("critical", "high", "medium", "low") as $s
            | "\($s)=\($all | map(select(. == $s)) | length)")' "$out/rolecall.json" >> "$GITHUB_OUTPUT"
fi
if [ -s "$out/rolecall.md" ]; then
    tell markdown "$out/rolecall.md"
    if [ "$SUMMARY" = true ]; then cat "$out/rolecall.md" >> "$GITHUB_STEP_SUMMARY"; fi
fi
finish "$code"
