#!/usr/bin/env bash
# A controller update run over many documents, on SQLite and on a throw-away PostgreSQL cluster; then, on the same documents, its peer: the plain
# UPDATE of one column of each in pieces of 2,000, each a transaction of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
liitos=${LIITOS:-target/release/liitos}
folder=$(mktemp -d)
data=
stop() {
  if [ -f "$data/postmaster.pid" ]; then "${as[@]}" "$bin/pg_ctl" -D "$data" -m fast stop >/dev/null; fi
}
kept=
trap 'stop || true; rm -rf "$folder" "$kept"' EXIT
as=()
if [ "$(id -u)" = 0 ]; then
  # initdb refuses root.
  chown nobody "$folder"
  as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
bin=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb | tail -1)")

for documents in "$@"; do
  echo "SQLite, $documents documents:"
  kept=$(mktemp -d)
  $liitos bench controller-run --documents "$documents" --keep "$kept"
  python3 - "$kept/liitos.db" "$documents" <<'PYTHON'
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA journal_mode=WAL")
database.execute("PRAGMA synchronous=FULL")
documents, begun = int(sys.argv[2]), time.monotonic()
for first in range(1_000_000_000, 1_000_000_000 + documents, 2_000):
    database.execute(
        "UPDATE archive_document SET active_controller = '1.2.3' WHERE document_id >= ? AND document_id < ?",
        (f"1.2.246.537.10.15675350.11.{first}", f"1.2.246.537.10.15675350.11.{first + 2_000}"),
    )
took = time.monotonic() - begun
left = database.execute("SELECT count(*) FROM archive_document WHERE active_controller <> '1.2.3'").fetchone()[0]
print(f"peer, plain UPDATE in pieces by Python's sqlite3: {took * 1000:.0f} ms, {documents / took:.0f}/s, {left} left")
PYTHON
  rm -rf "$kept"
  echo "PostgreSQL, $documents documents:"
  data="$folder/$documents"
  "${as[@]}" "$bin/initdb" -D "$data" -U bench --auth=trust >/dev/null
  "${as[@]}" "$bin/pg_ctl" -D "$data" -l "$folder/log" -w -o "-c listen_addresses=127.0.0.1 -p 54341 -k $folder" start >/dev/null
  $liitos bench controller-run --documents "$documents" --database "postgres://bench@127.0.0.1:54341/postgres"
  python3 - "$documents" >"$folder/peer.sql" <<'PYTHON'
import sys
documents = int(sys.argv[1])
for first in range(1_000_000_000, 1_000_000_000 + documents, 2_000):
    print(
        "UPDATE archive_document SET active_controller = '1.2.3' WHERE document_id >= "
        f"'1.2.246.537.10.15675350.11.{first}' AND document_id < '1.2.246.537.10.15675350.11.{first + 2_000}';"
    )
PYTHON
  # On rows and indexes as if there had been no run before; each line is a transaction, written through to the disk.
  psql=("$(command -v psql || echo "$bin/psql")" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p 54341 -U bench postgres)
  "${psql[@]}" -c "VACUUM (FULL, ANALYZE) archive_document"
  begun=$(date +%s%N)
  "${psql[@]}" -f "$folder/peer.sql"
  took=$((($(date +%s%N) - begun) / 1000000))
  echo "peer, plain UPDATE in pieces by psql: $took ms, $((documents * 1000 / (took > 0 ? took : 1)))/s"
  "${psql[@]}" -At -c "SELECT count(*) || ' left' FROM archive_document WHERE active_controller <> '1.2.3'"
  stop
  rm -rf "$data"
done
