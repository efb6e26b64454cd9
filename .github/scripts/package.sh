#!/usr/bin/env bash
# Packs a program for a release: package.sh TARGET PROGRAM FOLDER leaves FOLDER/rolecall-TARGET.tar.gz.
#
# The program is run for its manual pages and completions, so it must be one for this machine.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
target=$1 program=$2 folder=$3

case $target in *windows*) name=rolecall.exe ;; *) name=rolecall ;; esac
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cp "$program" "$work/$name"
cp "$here/README.md" "$here/LICENSE" "$here/NOTICE" "$here/CHANGELOG.md" "$work"
mkdir "$work/man" "$work/completions"
"$program" man "$work/man"
for shell in bash zsh fish powershell elvish; do "$program" completions "$shell" > "$work/completions/rolecall.$shell"; done
mkdir -p "$folder"
tar -czf - -C "$work" . > "$work.tar.gz"
mv "$work.tar.gz" "$folder/rolecall-$target.tar.gz"
