#!/usr/bin/env bash
# Storing by many at once, and reading and searching among so many documents, on SQLite and on a throw-away PostgreSQL cluster with fsync;
# plain single-row commits beside it in each run, of a short row and of one of a document's size. Then storing and reading while a controller update run of
# so many documents is carried through, and large bodies.
set -euo pipefail
cd "$(dirname "$0")/.."
liitos=${LIITOS:-target/release/liitos}
filled=${1:-1000000}
folder=$(mktemp -d)
stop() {
  if [ -f "$folder/data/postmaster.pid" ]; then "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m fast stop >/dev/null; fi
}
trap 'stop || true; rm -rf "$folder"' EXIT
as=()
if [ "$(id -u)" = 0 ]; then
  # initdb refuses root.
  chown nobody "$folder"
  as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
bin=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb | tail -1)")

# A new cluster for what comes next.
start() {
  stop
  rm -rf "$folder/data"
  "${as[@]}" "$bin/initdb" -D "$folder/data" -U bench --auth=trust >/dev/null
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -o "-c listen_addresses=127.0.0.1 -p 54343 -k $folder" start >/dev/null
}
database=postgres://bench@127.0.0.1:54343/postgres

echo "SQLite, among $filled documents:"
$liitos bench store --filled "$filled"
echo "SQLite, bodies of 900 kB:"
$liitos bench store --documents 200 --at-once 1 --longer-kb 900
echo "SQLite, while a run of $filled documents is carried through:"
$liitos bench store --documents 500 --at-once 2 --run "$filled"
echo "PostgreSQL, among $filled documents:"
start
# Each connection prepares each of its statements first: of 2,000 documents that takes a tenth of the time.
$liitos bench store --documents 8000 --filled "$filled" --database "$database"
echo "PostgreSQL, bodies of 900 kB:"
start
$liitos bench store --documents 200 --at-once 1 --longer-kb 900 --database "$database"
echo "PostgreSQL, while a run of $filled documents is carried through:"
start
$liitos bench store --documents 500 --at-once 2 --run "$filled" --database "$database"
