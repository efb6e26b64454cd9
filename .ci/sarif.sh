#!/usr/bin/env bash
# A SARIF file under Microsoft's validator, with its rules for GitHub. usage: sarif.sh FOLDER_OF_NODE_MODULES FILE
set -euo pipefail
validator=$1/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
out=$(mktemp)
trap 'rm -f "$out"' EXIT
chmod u+x "$validator"
validate() {
    DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 timeout 120 "$validator" validate "$1" --rule-kind "Sarif;Ghas" \
        --level "Error;Warning" --output "$out" --log ForceOverwrite > /dev/null 2>&1 || true
    jq -r '.runs[].results[]? | "\(.ruleId) \(.message.arguments[0] // "")"' "$out"
}
complaints=$(validate "$2")
if [ -n "$complaints" ]; then
    printf '%s\n' "$complaints"
    exit 1
fi
# A validator that cannot complain says nothing.
broken=$(mktemp --suffix .sarif)
trap 'rm -f "$out" "$broken"' EXIT
sed 's/"ruleIndex": 0,/"ruleIndex": 77,/' "$2" > "$broken"
validate "$broken" | grep -q SARIF1009 || { echo "the validator did not see a rule that is not there"; exit 1; }
