#!/usr/bin/env bash
# The main job: a protected API under load, with the scenario api-load of build/k6. The server is one of our own
# on loopback, unless TOKEN_URL or ISSUER names another. Leaves build/run/summary.json (k6's end-of-test summary),
# build/run/record.json (the run record) and, of our own server, build/run/server.json (what it counted).
set -euo pipefail

run=build/run
mkdir -p "$run"
started=$(mktemp "$run/started.XXXXXX") # what is older was there before
trap 'rm -f "$started"' EXIT

load=(build/k6 x clientcreds run api-load)
outputs=(--summary-export "$run/summary.json" -o "clientcreds-record=$run/record.json")
if [ -n "${TOKEN_URL:-}${ISSUER:-}" ]; then
    # A configuration that k6 does not take must not cost the files of the last run.
    build/k6 inspect --include-system-env-vars scripts/api-load.js > /dev/null
    command=("${load[@]}" -- "${outputs[@]}")
else
    # The server sets the variables that a script needs. An API_URL in the environment takes precedence over the server's.
    if [ -n "${API_URL:-}" ]; then
        load+=(--api-url "$API_URL")
    fi
    command=(build/k6 x clientcreds serve --addr "${ADDR:-127.0.0.1:0}" --tls-dir "$run/tls" --ttl "${TTL:-5s}"
        --stats-file "$run/server.json" -- "${load[@]}" -- "${outputs[@]}")
fi
rm -f "$run/summary.json" "$run/server.json" "$run/record.json"

# In the background, so that a signal is passed on at once. Ctrl-C reaches both.
"${command[@]}" &
job=$!
trap 'kill -TERM "$job"' TERM
trap : INT
while
    status=0
    wait "$job" || status=$?
    kill -0 "$job" 2> /dev/null
do :; done

for file in record summary server; do
    if [ "$run/$file.json" -nt "$started" ]; then
        echo "Written: $run/$file.json"
    fi
done
if [ "$run/record.json" -nt "$started" ]; then
    echo "To see it: build/k6 x clientcreds report $run/record.json"
fi
exit "$status"
