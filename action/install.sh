#!/usr/bin/env bash
# Finds a rolecall to run: the one that was given, a released one whose checksum is right, or this source, to be built.
#
# BINARY, VERSION   the action's inputs
# SOURCE            the action's own files
# SERVER            https://github.com
# TEMP              a folder that outlives the step
set -euo pipefail

upstream=rolecall-rs/rolecall

fail() {
    echo "::error::$1"
    exit 2
}

tell() { printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"; }

sum() { if command -v sha256sum > /dev/null; then sha256sum; else shasum -a 256; fi; }

# The repository that the action comes from; empty when it is a folder of the workspace. Where the runner has put it tells: the
# context's action_repository is not to be relied on in composite actions (github.com/actions/runner/issues/2473).
repository() {
    local path=${SOURCE//\\//}
    case $path in */_actions/*/*/*) path=${path##*/_actions/} && echo "$path" | cut -d / -f 1,2 ;; esac
}

# The version of this source.
own_version() { sed -n 's/^version = "\([^"]*\)"$/\1/p' "$SOURCE/Cargo.toml" | head -n 1; }

# The platform as releases name it; empty where there is none.
platform() {
    case $RUNNER_OS-$RUNNER_ARCH in
        Linux-X64) echo x86_64-unknown-linux-musl ;;
        Linux-ARM64) echo aarch64-unknown-linux-musl ;;
        macOS-X64) echo x86_64-apple-darwin ;;
        macOS-ARM64) echo aarch64-apple-darwin ;;
        Windows-X64) echo x86_64-pc-windows-msvc ;;
    esac
}

# Fetches $1 into file $2. False when it cannot be had.
fetch() {
    curl --fail --silent --show-error --location --retry 2 --connect-timeout 20 --max-time 300 --output "$2" "$1"
}

# Leaves the released program $1 in folder $2. False when there is none; what is there and wrong ends the run.
download() {
    local version=$1 bin=$2 target asset from sums work
    target=$(platform)
    if [ -z "$target" ]; then
        echo "There is no released program for $RUNNER_OS on $RUNNER_ARCH."
        return 1
    fi
    asset=rolecall-$target.tar.gz
    from=$SERVER/${repository:-$upstream}/releases/download/v$version
    work=$(mktemp -d "$TEMP/rolecall-download.XXXXXX")
    if ! fetch "$from/SHA256SUMS" "$work/SHA256SUMS" || ! fetch "$from/$asset" "$work/$asset"; then
        echo "Release v$version, or its $asset, cannot be had."
        return 1
    fi
    sums=$(awk -v name="$asset" '$2 == name || $2 == "*" name { print $1 }' "$work/SHA256SUMS")
    if [ -z "$sums" ] || [ "$sums" != "$(sum < "$work/$asset" | cut -c1-64)" ]; then
        fail "$asset of release v$version is not what its SHA256SUMS says; nothing of it was run"
    fi
    mkdir -p "$bin"
    tar -xzf - -C "$bin" "./rolecall$exe" < "$work/$asset" || fail "$asset of release v$version holds no rolecall$exe"
    rm -r "$work"
    [ "$("$bin/rolecall$exe" --version)" = "rolecall $version" ] || fail "$asset does not hold rolecall $version"
    echo "Release v$version for $target, checksum $sums"
}

# Names the build of this source, for the cache.
key() {
    cd "$SOURCE"
    {
        cat Cargo.toml Cargo.lock
        find crates docs/rules -type f -not -path '*/tests/*' | LC_ALL=C sort | while IFS= read -r file; do
            printf '%s\n' "$file"
            cat "$file"
        done
        rustc --version
    } | sum | cut -c1-32
}

exe=
if [ "$RUNNER_OS" = Windows ]; then exe=.exe; fi

if [ -n "$BINARY" ]; then
    [ -x "$BINARY" ] || fail "the input binary names no program"
    tell binary "$BINARY"
    exit 0
fi

root=$TEMP/rolecall
repository=$(repository)
own=$(own_version)
# shellcheck disable=SC2153 # VERSION comes from the action
version=${VERSION#v}
case $version in
    '') if [ -n "$repository" ]; then version=$own; else version=source; fi ;;
    source) ;;
    *[!0-9A-Za-z.-]* | [!0-9]*) fail "the input version is neither a version nor 'source'" ;;
esac
if [ "$version" != source ] && download "$version" "$root/bin"; then
    tell binary "$root/bin/rolecall$exe"
    exit 0
fi
if [ "$version" != source ] && [ "$version" != "$own" ]; then
    fail "there is no release v$version to run, and the source of this action is of $own"
fi
command -v cargo > /dev/null || fail "rolecall must be built here, which needs a Rust toolchain"
echo "rolecall is built from source."
tell build true
tell key "$(key)"
tell root "$root"
tell binary "$root/bin/rolecall$exe"
