#!/usr/bin/env bash
# Writes FOLDER/SHA256SUMS for the archives of a release: checksums.sh FOLDER.
set -euo pipefail
cd "$1"
sha256sum -- *.tar.gz > SHA256SUMS
