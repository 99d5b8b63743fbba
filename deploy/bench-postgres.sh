#!/usr/bin/env bash
# A measurement (an import of 72,000 entries where none is named) in a throw-away PostgreSQL cluster on this machine's own socket.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then
  # initdb refuses root.
  chown nobody "$folder"
  as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
bin=$(dirname "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb | tail -1)")
"${as[@]}" "$bin/initdb" -D "$folder/data" -U bench --auth=trust >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -o "-c listen_addresses=127.0.0.1 -p 54339 -k $folder" start >/dev/null
trap '"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m fast stop >/dev/null; rm -rf "$folder"' EXIT
target/release/liitos bench "${@:-import}" --database postgres://bench@127.0.0.1:54339/postgres
