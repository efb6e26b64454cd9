#!/usr/bin/env bash
# Builds the image of a release from its programs and pushes it: image.sh FOLDER NAME VERSION. GH_TOKEN may push.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1 name=$2 version=$3

for pair in amd64:x86_64 arm64:aarch64; do
    to=target/image/${pair%%:*}
    mkdir -p "$to"
    tar -xzf "$folder/rolecall-${pair##*:}-unknown-linux-musl.tar.gz" -C "$to" ./rolecall
done
docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<< "$GH_TOKEN"
docker buildx create --use
docker buildx build --push --platform linux/amd64,linux/arm64 --build-context programs=target/image \
    --tag "$name:$version" --tag "$name:latest" .
