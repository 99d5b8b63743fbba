#!/usr/bin/env bash
# Builds every fuzz target with the stable compiler and runs each a short while on the samples. For a real search with
# coverage and sanitizers: cargo fuzz run TARGET (nightly).
set -euo pipefail
cd "$(dirname "$0")/../fuzz"
cargo build --release
for file in fuzz_targets/*.rs; do
  target=$(basename "$file" .rs)
  seeds=$(mktemp -d)
  find ../samples seeds -type f -size -64k -exec cp {} "$seeds" \;
  "target/release/$target" -runs="${RUNS:-20000}" -max_total_time="${SECONDS_EACH:-5}" -seed=1 "$seeds" >/dev/null 2>"$seeds.log" ||
    { cat "$seeds.log" >&2; exit 1; }
  echo "$target: no fault"
  rm -rf "$seeds" "$seeds.log"
done
