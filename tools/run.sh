#!/usr/bin/env bash
# The main job: a protected API under load, from build/k6 and scripts/api-load.js. The server is one of our own
# on loopback, unless TOKEN_URL or ISSUER names another. Leaves build/run/summary.json (k6's end-of-test summary),
# build/run/record.json (the run record) and, of our own server, build/run/server.json (what it counted).
set -euo pipefail

mkdir -p build/run
rm -f build/run/summary.json build/run/server.json build/run/record.json
load=(build/k6 run --summary-export build/run/summary.json -o clientcreds-record=build/run/record.json)

if [ -n "${TOKEN_URL:-}${ISSUER:-}" ]; then
    exec "${load[@]}" scripts/api-load.js
fi

# The server sets what a script has to know of it. An API_URL from outside goes before the one it sets.
if [ -n "${API_URL:-}" ]; then
    load+=(--env "API_URL=$API_URL")
fi
exec build/k6 x clientcreds serve --addr "${ADDR:-127.0.0.1:0}" --tls-dir build/run/tls --ttl "${TTL:-5s}" \
    --stats-file build/run/server.json -- "${load[@]}" scripts/api-load.js
