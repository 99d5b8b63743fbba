#!/usr/bin/env bash
# Installs what the tests need and is not there: Chromium with its driver, PostgreSQL's server programs, xmlsec1, SoftHSM,
# axe-core and html-validate. Debian and npm packages only.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v npm >/dev/null || missing+=(npm)
command -v xmlsec1 >/dev/null || missing+=(xmlsec1)
[ -e /usr/lib/softhsm/libsofthsm2.so ] || missing+=(softhsm2)
if ! command -v initdb >/dev/null && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  missing+=(postgresql-15)
fi
if [ "${#missing[@]}" -gt 0 ]; then
  as_root=""
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

# These are asked from npm once and kept with the build's other products. html-validate 9 is the last that runs on Debian's Node.
if [ ! -f target/axe/node_modules/axe-core/axe.min.js ] || [ ! -x target/axe/node_modules/.bin/html-validate ]; then
  mkdir -p target/axe
  npm install --silent --no-audit --no-fund --prefix target/axe axe-core@4.14.1 html-validate@9.7.1
fi
