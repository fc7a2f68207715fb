#!/usr/bin/env bash
# Downloads Keycloak from Maven Central, builds it for production, and creates its database, which has an administrator
# but no realm of this project. tools/keycloak/start.sh starts servers with a copy of it.
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
quiet() {
    "$@" >"$new/install.log" 2>&1 || {
        status=$?
        cat "$new/install.log" >&2
        exit "$status"
    }
}
echo "building Keycloak $version"
quiet "$new/bin/kc.sh" build --db=dev-file --health-enabled=true --metrics-enabled=true --https-client-auth=request
echo "creating its database"
(umask 077 && od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$new/admin-secret")
KEYCLOAK_ADMIN_SECRET=$(cat "$new/admin-secret") quiet "$new/bin/kc.sh" bootstrap-admin service --optimized \
    --client-id=admin --client-secret:env=KEYCLOAK_ADMIN_SECRET
rm -rf "$new/install.log" "$folder"
mv "$new" "$folder"
