#!/usr/bin/env bash
# Prints the section of CHANGELOG.md about a tag: notes.sh TAG. Fails when there is none.
set -euo pipefail
cd "$(dirname "$0")/../.."
awk -v title="## ${1#v}" '
    /^## / { found = index($0, title) == 1 && substr($0, length(title) + 1) !~ /^[0-9A-Za-z.+-]/; any = any || found; next }
    found { print }
    END { exit !any }' CHANGELOG.md
