#!/usr/bin/env bash
# Tries what tools/release.sh builds, for the system of this machine: that two builds are equal to the byte, that the binary
# knows its version, that k6 accepts it for a script that asks for that version, and that it shares a binary with others.
set -euo pipefail

version=v0.1.0
module=github.com/xk6-clientcreds/harness
platform=$(go env GOOS)/$(go env GOARCH)
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

failed=0
# is NAME COMMAND…: reports whether the command succeeds.
is() {
    local name=$1
    shift
    if "$@" >"$work/log" 2>&1; then
        echo "ok: $name"
    else
        echo "FAILED: $name" >&2
        cat "$work/log" >&2
        failed=1
    fi
}

# The second build is of a clone in another folder.
git clone --quiet --no-hardlinks . "$work/clone"
PLATFORMS=$platform OUT=$work/first tools/release.sh "$version" >"$work/first.log"
(cd "$work/clone" && PLATFORMS=$platform OUT=$work/second tools/release.sh "$version" >"$work/second.log")
is 'two builds have the same checksums' diff "$work/first/checksums.txt" "$work/second/checksums.txt"
is 'the checksums are right' env -C "$work/first" sha256sum --check --strict checksums.txt

# shellcheck disable=SC2317 # "is" calls it
refuses_version() { ! OUT=$work/first tools/release.sh v99.0.0 2>"$work/refused" && grep -F 'has no section "## [99.0.0]"' "$work/refused"; }
is 'a version that the changelog lacks is refused' refuses_version
is 'the refused version leaves the other release as it is' env -C "$work/first" sha256sum --check --strict checksums.txt

archive=$work/first/xk6-clientcreds_${version}_${platform/\//_}.tar.gz
mkdir "$work/bin"
tar -xzf "$archive" -C "$work/bin"
k6=$work/bin/k6
"$k6" version >"$work/version"
is 'k6 version shows the version of the extension' grep -F "$module $version, k6/x/clientcreds [js]" "$work/version"
is 'the archive has the license of the extension' cmp LICENSE "$work/bin/LICENSE"
is 'the SBOM names the extension and k6' grep -q "pkg:golang/go.k6.io/k6/v2@" "${archive%.tar.gz}.cdx.json"

# go.mod names modules that only tests and generators import.
go version -m "$k6" >"$work/built-from"
is 'the list of modules can be read' grep -F "$module" "$work/built-from"
is 'the binary contains no module of tests and generators' test -z \
    "$(grep -E 'itchyny/gojq|santhosh-tekuri/jsonschema|grafana-foundation-sdk|go.uber.org/goleak|stretchr/testify' "$work/built-from")"

# With k6's resolution of extensions on, as it is by default: it must find nothing to resolve.
unset K6_AUTO_EXTENSION_RESOLUTION
# A busy machine makes a run INVALID, but is not what is tried here.
export K6_CLIENTCREDS_ALLOW=generator_saturated
# shellcheck disable=SC2317 # "is" calls it
serve() { env -C "$work" "$k6" x clientcreds serve --addr 127.0.0.1:0 -- "$@"; }
scripts=$PWD/tools/release/testdata
is 'k6 accepts the version that a script asks for' serve "$k6" run --quiet "$scripts/versions.js"

is 'k6 runs with both outputs' serve "$k6" run --quiet --out "clientcreds-record=$work/run.json" \
    --out "prometheus=addr=127.0.0.1:0,textfile=$work/k6.prom" "$scripts/versions.js"
is 'the version is in the record' grep -E "\"extension\": *\"$version\"" "$work/run.json"
is 'the version is in k6_info' grep -E "^k6_info\{.*extension_version=\"$version\"" "$work/k6.prom"

# Together with other extensions for k6 v2.
export GOMODCACHE=$work/modules CGO_ENABLED=0 GOFLAGS=-buildvcs=false
GOPROXY="file://$work/proxy,file://$(env -u GOMODCACHE go env GOMODCACHE)/cache/download,$(go env GOPROXY)"
export GOPROXY GONOSUMDB="$module${GONOSUMDB:+,$GONOSUMDB}"
"$RELEASE" proxy "$module" "$version" "$work/proxy"
k6_version=${K6_VERSION:?run make test-release}
unset K6_VERSION # xk6 reads it too
is 'builds with two other extensions' "$XK6" --verbose build "$k6_version" --with "$module@$version" --with github.com/grafana/xk6-faker@v0.5.2 \
    --with github.com/grafana/xk6-redis@v0.4.3 --output "$work/together"
is 'one script uses three extensions' serve "$work/together" run --quiet "$scripts/three-extensions.js"
exit "$failed"
