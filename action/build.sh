#!/usr/bin/env bash
# Builds rolecall from the source of the action at SOURCE into ROOT/bin.
set -euo pipefail

cargo install --quiet --locked --force --no-track --path "$SOURCE/crates/cli" --root "$ROOT" --target-dir "$ROOT/target"
