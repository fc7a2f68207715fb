#!/usr/bin/env bash
# Names what the make targets need and cannot fetch, with the command that installs it.
#
#   tools/require.sh go git node
set -euo pipefail

missing=0

# lacks prints what is missing, why, and how to get it.
lacks() {
    echo "missing: $1" >&2
    echo "    install: $2" >&2
    missing=1
}

# at_least reports whether version $1 (1.26.3) is $2 (1.25) or newer.
at_least() {
    [ "$(printf '%s\n%s\n' "$2" "$1" | sort --version-sort | head -n 1)" = "$2" ]
}

# xk6 needs Go 1.26. Go 1.25 fetches it automatically, unless GOTOOLCHAIN forbids it.
need_go() {
    local line="https://go.dev/doc/install"
    if ! command -v go >/dev/null; then
        lacks 'Go 1.25 or newer' "$line"
        return
    fi
    local version
    version=$(GOTOOLCHAIN=local go env GOVERSION)
    version=${version#go}
    version=${version%% *}
    if ! at_least "$version" 1.25; then
        lacks "Go 1.25 or newer (found $version)" "$line"
    elif ! at_least "$version" 1.26 && [ "$(go env GOTOOLCHAIN)" = local ]; then
        lacks "Go 1.26 or newer (found $version, and GOTOOLCHAIN=local keeps it from fetching one)" "$line"
    fi
}

# The race detector is C.
need_cc() {
    command -v "${CC:-gcc}" >/dev/null || lacks 'a C compiler' 'apt-get install gcc libc6-dev'
}

need_git() {
    command -v git >/dev/null || lacks git 'apt-get install git'
}

need_node() {
    local line='https://nodejs.org/en/download (Debian 13: apt-get install nodejs npm)'
    if ! command -v node >/dev/null; then
        lacks 'Node.js 20 or newer' "$line"
        return
    fi
    local version
    version=$(node --version)
    at_least "${version#v}" 20 || lacks "Node.js 20 or newer (found ${version#v})" "$line"
    command -v npm >/dev/null || lacks npm "$line"
}

# Keycloak runs with Java 17 or newer.
need_java() {
    local line='apt-get install default-jre-headless' version
    if ! command -v "${JAVA_HOME:+$JAVA_HOME/bin/}java" >/dev/null; then
        lacks 'Java 17 or newer' "$line"
        return
    fi
    version=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.* version "\([0-9.]*\).*/\1/p')
    at_least "$version" 17 || lacks "Java 17 or newer (found $version)" "$line"
}

# Gatling's simulation is compiled.
need_jdk() {
    command -v "${JAVA_HOME:+$JAVA_HOME/bin/}javac" >/dev/null || lacks 'a JDK' 'apt-get install default-jdk-headless'
}

need_maven() {
    command -v mvn >/dev/null || lacks Maven 'apt-get install maven'
}

need_npm() {
    command -v npm >/dev/null || lacks npm 'apt-get install npm'
}

need_cargo() {
    command -v cargo >/dev/null || lacks 'Rust 1.88 or newer, with cargo' 'https://rustup.rs'
}

need_python() {
    python3 -c 'import ensurepip, venv' 2>/dev/null || lacks 'Python 3 with venv' 'apt-get install python3-venv'
}

need_wrk() {
    command -v wrk >/dev/null || lacks wrk 'apt-get install wrk'
}

need_curl() {
    command -v curl >/dev/null || lacks curl 'apt-get install curl'
}

# The browser that reports are tested in.
need_chromium() {
    local name
    for name in ${CHROMIUM:-chromium chromium-browser google-chrome}; do
        if command -v "$name" >/dev/null; then
            return
        fi
    done
    lacks Chromium 'apt-get install chromium, or let CHROMIUM name the binary'
}

for tool in "$@"; do
    case "$tool" in
        go) need_go ;;
        cc) need_cc ;;
        git) need_git ;;
        node) need_node ;;
        chromium) need_chromium ;;
        curl) need_curl ;;
        java) need_java ;;
        jdk) need_jdk ;;
        maven) need_maven ;;
        npm) need_npm ;;
        cargo) need_cargo ;;
        python) need_python ;;
        wrk) need_wrk ;;
        *)
            echo "tools/require.sh: unknown tool $tool" >&2
            exit 2
            ;;
    esac
done
exit "$missing"
