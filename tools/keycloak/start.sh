#!/usr/bin/env bash
# Runs kc.sh with a home of its own: the programs of KEYCLOAK_HOME, which tools/keycloak/install.sh made, and a copy of its
# database. A second start goes on with the database.
#
#   tools/keycloak/start.sh HOME start --optimized …
set -euo pipefail

home=$1
shift
if [ ! -e "$home/data" ]; then
    mkdir -p "$home/bin"
    cp "$KEYCLOAK_HOME/bin/kc.sh" "$home/bin/"
    cp -r "$KEYCLOAK_HOME/conf" "$home/"
    ln -s "$KEYCLOAK_HOME/providers" "$KEYCLOAK_HOME/themes" "$home/"
    # Development mode builds the server again: in a folder of its own, which is kept.
    lib=$KEYCLOAK_HOME/lib
    if [ "${1:-}" = start-dev ]; then
        lib=$KEYCLOAK_HOME/development
        if [ ! -e "$lib" ]; then
            mkdir -p "$lib"
            cp -r "$KEYCLOAK_HOME/lib/quarkus" "$lib/"
            ln -s ../lib/app ../lib/lib ../lib/quarkus-run.jar "$lib/"
        fi
    fi
    ln -s "$lib" "$home/lib"
    cp -r "$KEYCLOAK_HOME/data" "$home/"
fi
# Without a cluster, whose ports are not on loopback.
exec "$home/bin/kc.sh" "$@" --cache=local
