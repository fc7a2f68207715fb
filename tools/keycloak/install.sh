#!/usr/bin/env bash
# Downloads Keycloak from Maven Central, builds it for production, and starts it once, so that it creates its database, with an
# administrator, and imports the realm of deploy/keycloak. tools/keycloak/start.sh starts servers with a copy of the database.
#
#   tools/keycloak/install.sh VERSION FOLDER
#
# MAVEN_REPOSITORY names a mirror of Maven Central.
set -euo pipefail

version=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
archive=keycloak-quarkus-dist-$version.tar.gz
checksum=$(grep -F "  $archive" "$here/sha256sums") || {
    echo "tools/keycloak/sha256sums has no line for $archive: compare the file with its signature, and add its checksum" >&2
    exit 1
}

new=$folder.$$
trap 'rm -rf "$new"' EXIT
mkdir -p "$new"
url=${MAVEN_REPOSITORY:-https://repo1.maven.org/maven2}/org/keycloak/keycloak-quarkus-dist/$version/$archive
echo "downloading $url"
curl --fail --silent --show-error --location --retry 3 --output "$new/$archive" "$url"
(cd "$new" && echo "$checksum" | sha256sum --check --quiet)
tar -xzf "$new/$archive" -C "$new" --strip-components 1
rm "$new/$archive"

# Compiling well takes longer than it saves in a program that runs once.
export JAVA_OPTS_APPEND="-XX:TieredStopAtLevel=1"
log=$new/install.log
failed() {
    cat "$log" >&2
    exit 1
}
echo "building Keycloak $version"
"$new/bin/kc.sh" build --db=dev-file --health-enabled=true --metrics-enabled=true --https-client-auth=request >"$log" 2>&1 || failed

echo "creating its database, with the realm of deploy/keycloak"
mkdir -p "$new/data/import"
cp "$here/../../deploy/keycloak/realm.json" "$new/data/import/"
(umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$new/admin-secret")
export KC_BOOTSTRAP_ADMIN_CLIENT_ID=admin KC_BOOTSTRAP_ADMIN_CLIENT_SECRET
KC_BOOTSTRAP_ADMIN_CLIENT_SECRET=$(cat "$new/admin-secret")
# The defaults of docker-compose.yml, which the realm refers to. Port 0 is any free port.
CLIENT_ID=demo CLIENT_SECRET=only-for-the-local-demo "$new/bin/kc.sh" start --optimized --import-realm \
    --cache=local --hostname-strict=false --http-enabled=true --http-host=127.0.0.1 --http-port=0 --http-management-port=0 >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait || true; rm -rf "$new"' EXIT
until grep -q 'Bootstrap completed' "$log"; do
    kill -0 "$server" 2>/dev/null || failed
    sleep 0.5
done
kill "$server"
wait "$server" || true
grep -q "Realm 'load-test' imported" "$log" || failed
rm -rf "$log" "$folder"
mv "$new" "$folder"
