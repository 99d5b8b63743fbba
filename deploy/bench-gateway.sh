#!/usr/bin/env bash
# What calls, handshakes and passed-on connections cost at our doors, at HAProxy's and at nginx's: the proxies on the first core,
# backend and callers on the second. Installs the peers where they are missing (Debian, root); nothing else needs them.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v haproxy >/dev/null || ! command -v nginx >/dev/null || ! [ -e /usr/lib/nginx/modules/ngx_stream_module.so ]; then
  apt-get update -qq
  # Installed, not started: the bench starts its own.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends haproxy nginx libnginx-mod-stream >/dev/null
fi
taskset -c 1 target/release/liitos bench gateway "$@"
