#!/usr/bin/env bash
# Builds what a release consists of, from the commit that is checked out, into build/release:
#
#   tools/release.sh v0.1.0
#
# k6 is built by xk6 from the module's version, as users build it: the module is packed as a zip behind a file proxy, and
# the working copy is not used. Builds are reproducible: the same commit, Go and version give the same bytes, anywhere.
# PLATFORMS lists the systems and architectures, OUT names another folder.
set -euo pipefail

version=${1:?usage: tools/release.sh vX.Y.Z}
module=github.com/xk6-clientcreds/harness
k6_version=${K6_VERSION:?K6_VERSION is not set; run make release}
unset K6_VERSION # xk6 reads it too
xk6=${XK6:?XK6 is not set; run make release}
release=${RELEASE:?RELEASE is not set; run make release}
sbom=${SBOM:?SBOM is not set; run make release}
platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}
out=${OUT:-build/release}

if [[ ! $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
    echo "VERSION is $version; it must be a semantic version with a v, such as v0.1.0" >&2
    exit 2
fi
if [ -n "$(git status --porcelain)" ]; then
    echo "note: uncommitted changes are not part of the release, which is built from $(git rev-parse --short HEAD)" >&2
fi

commit=$(git rev-parse HEAD)

work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT

"$release" changes CHANGELOG.md "$version" >"$work/CHANGES.md" # before anything is built: the section may be missing

rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)
mv "$work/CHANGES.md" "$out/"

# A module cache of its own, so that a version that is only tried does not stay in the user's. Modules
# that are in the user's cache already are taken from there.
user_cache=$(go env GOMODCACHE)
user_proxy=$(go env GOPROXY)
export GOMODCACHE=$work/modules
export GOPROXY="file://$work/proxy,file://$user_cache/cache/download,$user_proxy"
export GONOSUMDB="$module${GONOSUMDB:+,$GONOSUMDB}"
export GOFLAGS=-buildvcs=false
export CGO_ENABLED=0
SOURCE_DATE_EPOCH=$(git show --no-patch --format=%ct HEAD)
export SOURCE_DATE_EPOCH

"$release" proxy "$module" "$version" "$work/proxy"

# pack ARCHIVE FOLDER: the files of the folder, without what differs from machine to machine.
pack() {
    tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r,go-w --mtime="@$SOURCE_DATE_EPOCH" \
        -C "$2" -cf - . | gzip --no-name --best >"$1"
}

for platform in $platforms; do
    os=${platform%/*}
    arch=${platform#*/}
    name=xk6-clientcreds_${version}_${os}_$arch
    binary=$work/$name/k6
    [ "$os" != windows ] || binary+=.exe
    mkdir "$work/$name"
    echo "building $name"
    # xk6 warns where a proxy cannot list versions; its warnings matter when it fails.
    if ! GOOS=$os GOARCH=$arch "$xk6" build "$k6_version" --with "$module@$version" --output "$binary" >"$work/log" 2>&1; then
        cat "$work/log" >&2
        exit 1
    fi
    cp LICENSE "$work/$name/"
    cp deploy/LICENSING.md "$work/$name/"
    "$sbom" bin -json -noserial -notimestamp -output "$out/$name.cdx.json" "$binary" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
    if [ ! -d "$work/licenses" ]; then # the modules are the same on all platforms
        "$release" licenses "$binary" "$work/licenses"
        pack "$out/xk6-clientcreds_${version}_licenses.tar.gz" "$work/licenses"
    fi
    pack "$out/$name.tar.gz" "$work/$name"
done

mkdir "$work/scenarios"
git archive HEAD scripts examples index.d.ts dashboards docker-compose.yml deploy | tar -x -C "$work/scenarios"
pack "$out/xk6-clientcreds_${version}_scenarios.tar.gz" "$work/scenarios"
git show HEAD:index.d.ts >"$out/index.d.ts"

if [ "$(git rev-parse HEAD)" != "$commit" ]; then
    echo "another commit was checked out during the build, so that the files are of two commits: build again" >&2
    exit 1
fi
(cd "$out" && sha256sum -- * >"$work/checksums.txt")
mv "$work/checksums.txt" "$out/checksums.txt"
echo "$out:"
cat "$out/checksums.txt"
