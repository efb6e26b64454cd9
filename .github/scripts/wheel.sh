#!/usr/bin/env bash
# Packs the program as a Python wheel: wheel.sh TARGET FOLDER. WHEEL holds further options of maturin.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$1 folder=$2

python3 -m venv target/maturin 2> /dev/null || python -m venv target/maturin
bin=target/maturin/bin
[ -d "$bin" ] || bin=target/maturin/Scripts
"$bin/python" -m pip install --quiet --disable-pip-version-check maturin==1.16.0
options=()
read -ra options <<< "${WHEEL:-}"
"$bin/maturin" build --release --locked --target "$target" --out "$folder" ${options[@]+"${options[@]}"}
