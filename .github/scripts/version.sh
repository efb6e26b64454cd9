#!/usr/bin/env bash
# Holds a release to its tag: version.sh TAG fails unless the tag names the version of the workspace, and the changelog has
# a section for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=$1

version=$(sed -n 's/^version = "\([^"]*\)"$/\1/p' Cargo.toml | head -n 1)
if [ "$tag" != "v$version" ]; then
    echo "::error::the tag is $tag and the workspace is of version $version"
    exit 1
fi
if ! .github/scripts/notes.sh "$tag" > /dev/null; then
    echo "::error::CHANGELOG.md has no section ## $version"
    exit 1
fi
echo "$version"
