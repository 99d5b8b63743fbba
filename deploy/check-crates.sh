#!/usr/bin/env bash
# Fewer than 500 crates in the product, and no second TLS or crypto library beside aws-lc.
set -euo pipefail
cd "$(dirname "$0")/.."
count=$(cargo tree --locked -p liitos -p liitos-gateway -e normal,build --prefix none --no-dedupe | awk '{print $1, $2}' | sort -u | wc -l)
echo "crates compiled for the product: $count"
[ "$count" -lt 500 ] || { echo "500 is the wall (docs/dependencies.md)" >&2; exit 1; }
for banned in ring openssl-sys native-tls; do
  if cargo tree --locked -p liitos -p liitos-gateway -i "$banned" 2>/dev/null | grep -q .; then
    echo "$banned has come in: see cargo tree -i $banned" >&2
    exit 1
  fi
done
