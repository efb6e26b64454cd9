#!/usr/bin/env bash
# Holds a program to what the README shows: smoke.sh PROGRAM.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$PWD/$1
[ -x "$program" ] || program=$1

"$program" --version
code=0
found=$("$program" scan --quiet testdata/quickstart) || code=$?
if [ "$code" != 1 ] || ! grep -q 'gain every permission' <<< "$found"; then
    echo "::error::exit code $code, and: $found"
    exit 1
fi
