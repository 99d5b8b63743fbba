#!/usr/bin/env bash
# Measures what docs/benchmarks.md holds. Nothing here is a test: machines differ.
set -euo pipefail
cd "$(dirname "$0")/.."
liitos=target/release/liitos

echo "binary: $(stat -c %s $liitos) bytes liitos, $(stat -c %s target/release/liitos-gateway) bytes liitos-gateway"
echo "import:"
$liitos bench import
echo "import's peer: as many ready rows by Python's sqlite3, one INSERT a row in one transaction"
deploy/bench-sqlite.sh
echo "archive (store end to end through mutual TLS):"
$liitos bench archive
echo "check (a plan read, every rule asked):"
$liitos bench check
echo "demo:"
folder=$(mktemp -d)
$liitos demo --listen 127.0.0.1:0 --dir "$folder/d" >"$folder/out" &
demo=$!
for _ in $(seq 100); do grep -q 'Stop with' "$folder/out" && break; sleep 0.1; done
grep 'ready after' "$folder/out"
sleep 5
awk '/VmRSS/ {print "idle memory: " $2 / 1024 " MB"}' "/proc/$demo/status"
kill "$demo"
rm -rf "$folder"
