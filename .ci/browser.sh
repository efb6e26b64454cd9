#!/usr/bin/env bash
# The HTML report in headless Chromium. usage: browser.sh FOLDER_OF_NODE_MODULES ROLECALL OUTPUT_FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
modules=$1 rolecall=$2 output=$3

if ! command -v chromium > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null
fi
mkdir -p "$output/pages"
ROLECALL_SAMPLE_PAGES=$PWD/$output/pages cargo test --quiet -p rolecall-report --lib html > /dev/null
CHROMIUM=$(command -v chromium) timeout 300 node .ci/node/browser_test.mjs "$modules" "$output/pages" "$rolecall" "$output/screens"
