#!/usr/bin/env bash
# The dependency table of ARCHITECTURE.md, checked with cargo tree: a crate may use its row and nothing else of ours.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A may=(
  [liitos-domain]=""
  [liitos-texts]="liitos-domain"
  [liitos-pki]="liitos-domain"
  [liitos-documents]="liitos-domain liitos-pki"
  [liitos-store]="liitos-domain"
  [liitos-service]="liitos-domain liitos-texts liitos-pki liitos-documents liitos-store"
  [liitos-web]="liitos-domain liitos-texts liitos-documents liitos-service"
  [liitos-gateway]="liitos-domain liitos-texts liitos-pki liitos-documents"
  [liitos]="liitos-domain liitos-texts liitos-pki liitos-documents liitos-store liitos-service liitos-web liitos-gateway"
)
wrong=0
for crate in "${!may[@]}"; do
  used=$(cargo tree --locked -p "$crate" --depth 1 -e normal,build --prefix none --format '{p}' | awk 'NR>1 {print $1}' | grep -E '^liitos' | sort -u || true)
  for other in $used; do
    [ "$other" = "$crate" ] && continue
    if [[ " ${may[$crate]} " != *" $other "* ]]; then
      echo "$crate may not use $other (ARCHITECTURE.md)" >&2
      wrong=1
    fi
  done
done
exit $wrong
