#!/usr/bin/env bash
# Runs Keycloak on loopback with the realm of deploy/keycloak until it is interrupted, or as long as a command takes, whose
# exit code it returns: ISSUER, CLIENT_ID, CLIENT_SECRET, SCOPE and API_URL are set for it.
#
#   KEYCLOAK_HOME=… tools/keycloak/run.sh development|production PORT [COMMAND]
set -euo pipefail

mode=$1
port=$2
command=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    wait || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export CLIENT_ID=demo CLIENT_SECRET=only-for-the-local-demo # of the realm
options=(--http-host=127.0.0.1 --http-management-port=$((port + 1)))
case $mode in
    development)
        base=http://127.0.0.1:$port
        options=(start-dev --http-port="$port" "${options[@]}")
        ;;
    production)
        base=https://127.0.0.1:$port
        keytool=${JAVA_HOME:+$JAVA_HOME/bin/}keytool
        store=(-keystore "$work/server.p12" -storepass loopback -alias server)
        "$keytool" -genkeypair -keyalg EC -dname CN=127.0.0.1 -ext san=ip:127.0.0.1,dns:localhost -validity 7 "${store[@]}" 2>/dev/null
        "$keytool" -exportcert -rfc -file "$work/ca.pem" "${store[@]}" 2>/dev/null
        export SSL_CERT_FILE=$work/ca.pem
        options=(start --optimized --https-port="$port" --hostname="$base" --https-key-store-file="$work/server.p12"
            --https-key-store-password=loopback "${options[@]}")
        ;;
    *)
        echo "MODE is $mode; set it to development or production" >&2
        exit 2
        ;;
esac
export ISSUER=$base/realms/load-test SCOPE=openid API_URL=$base/realms/load-test/protocol/openid-connect/userinfo

"$here/start.sh" "$work/home" "${options[@]}" >"$work/log" 2>&1 &
server=$!
echo "Keycloak is starting in $mode mode, which takes about half a minute" >&2
until curl --fail --silent --insecure --output /dev/null --max-time 5 "$ISSUER/.well-known/openid-configuration"; do
    kill -0 "$server" 2>/dev/null || {
        cat "$work/log" >&2
        echo "Keycloak ended at its start: see above" >&2
        exit 1
    }
    sleep 0.5
done
if [ -n "$command" ]; then
    status=0
    bash -c "$command" || status=$?
    exit "$status"
fi
echo "Keycloak listens on $base. For the scripts of this project:"
for name in ISSUER CLIENT_ID CLIENT_SECRET SCOPE API_URL ${SSL_CERT_FILE:+SSL_CERT_FILE}; do
    echo "    export $name='${!name}'"
done
echo "Interrupt this command to end Keycloak."
wait "$server"
