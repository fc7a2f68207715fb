#!/usr/bin/env bash
# Runs kc.sh with a home of its own: the programs of KEYCLOAK_HOME, which tools/keycloak/install.sh made, a copy of its
# database, and the realm of deploy/keycloak, which it imports at its first start. A second start goes on with the database.
#
#   tools/keycloak/start.sh HOME start --optimized …
set -euo pipefail

home=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
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
    mkdir -p "$home/data/import"
    cp "$here/../../deploy/keycloak/realm.json" "$home/data/import/"
fi
# The defaults of kc.sh and of docker-compose.yml.
export JAVA_OPTS_KC_HEAP=${JAVA_OPTS_KC_HEAP:-"-Xms64m -Xmx512m"}
export CLIENT_ID=${CLIENT_ID:-demo} CLIENT_SECRET=${CLIENT_SECRET:-only-for-the-local-demo}
exec "$home/bin/kc.sh" "$@" --import-realm
