#!/usr/bin/env bash
# Measures what docs/benchmarks.md holds. Nothing here is a test: machines differ.
set -euo pipefail
cd "$(dirname "$0")/.."
liitos=target/release/liitos

echo "binary: $(stat -c %s $liitos) bytes liitos, $(stat -c %s target/release/liitos-gateway) bytes liitos-gateway"
echo "import, SQLite (72,000 entries, then 1,000,000):"
$liitos bench import
$liitos bench import --entries 1000000
echo "import, PostgreSQL:"
deploy/bench-postgres.sh
echo "import's peer: as many ready rows by Python's sqlite3, one INSERT a row in one transaction"
deploy/bench-sqlite.sh
echo "archive (store end to end through mutual TLS):"
$liitos bench archive
echo "documents read, checked and verified, and xmlsec1 beside:"
$liitos bench documents
echo "storing by many at once, reading and searching among 1,000,000, and plain commits beside:"
deploy/bench-store.sh 1000000
echo "controller update runs, and the plain UPDATE beside them:"
deploy/bench-controller-run.sh 10000 100000 1000000
echo "a county's merger planned among 20,000 joiners, with 10,000,000 documents:"
$liitos bench change
echo "whom a rule hits (20,000 access points):"
$liitos bench hit
echo "a certificate's path with 100,000 revoked:"
$liitos bench path
echo "check (a plan read, every rule asked):"
$liitos bench check
echo "access decisions (1,000,000 rights; then compared with the plain implementation):"
$liitos bench decide
echo "the directory as IHE mCSD (100,000 rights):"
$liitos bench care
echo "from the commit of a closing until each of 100 gateways decides by it:"
$liitos bench effective
echo "access decisions by Cedar (100,000 rights) and Casbin (1,000 rights):"
(cd benches/peers && cargo run --release --quiet)
echo "calls, handshakes, connections passed on: our doors, HAProxy, nginx (one core for each proxy in turn):"
deploy/bench-gateway.sh
echo "the portal with 20,000 joiners in the database, each page 300 times:"
$liitos bench pages
echo "5,000 joiners moved to another access point in one wave, on SQLite and on PostgreSQL:"
$liitos bench moves
deploy/bench-postgres.sh moves
echo "thousands of messages through the outbox:"
$liitos bench outbox
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
