#!/usr/bin/env bash
# Runs a command with a Docker engine: the one that is there, or else one that is started for it, in namespaces of
# its own. That one leaves nothing behind, no network, no rule of a firewall and no mount; it cannot pull images.
#
#   tools/compose/with-engine.sh COMMAND…
set -euo pipefail

if [ -z "${INSIDE:-}" ]; then
    command -v docker >/dev/null || { echo 'missing: Docker; install: apt-get install docker.io' >&2; exit 1; }
    if docker info >/dev/null 2>&1; then
        exec "$@"
    fi
    if ! command -v dockerd >/dev/null || [ "$(id -u)" -ne 0 ]; then
        echo 'missing: a Docker engine that answers "docker info"; start it, or as root: apt-get install docker.io' >&2
        exit 1
    fi
    exec env INSIDE=1 unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi
unset INSIDE

dir=$(mktemp -d)
ip link set lo up
export DOCKER_HOST=unix://$dir/docker.sock
dockerd --data-root "$dir/data" --exec-root "$dir/exec" --host "$DOCKER_HOST" --pidfile "$dir/pid" >"$dir/log" 2>&1 &
engine=$!

stop() {
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
    rm -rf "$dir"
    # Control groups are the one thing that no namespace takes along. Groups in use stay.
    find /sys/fs/cgroup -depth -type d \( -name docker -o -path '*/docker/*' \) -exec rmdir {} \; 2>/dev/null || true
}
trap stop EXIT

for _ in $(seq 300); do
    docker info >/dev/null 2>&1 && break
    kill -0 "$engine" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
    sleep 0.1
done
"$@"
