#!/usr/bin/env bash
# Is the head slower than the base, or does it fail more often? `k6 x clientcreds compare` decides, and this script ends
# with its exit code: 0 PASS, 99 FAIL, 90 INVALID, 91 UNCLEAR.
#
# Paired: one run of scripts/regression-paired.js loads both sides at the same time, until the comparison is decided.
# Sequential: runs of scripts/regression-ci.js, base and head in turns.
#
#   REGRESSION_MODE        paired, sequential, or auto (auto): sequential if RUNS is set, or if a variable of one side
#                          is k6's own; otherwise paired
#   DURATION               paired: the longest duration of the load (60s); sequential: the duration of each run (10s)
#   RUNS                   sequential: runs of each side, 4 or more (5)
#   BASE_K6 HEAD_K6        the k6 binaries (build/k6): each runs the server unless there is another; sequential: and the
#                          load, which HEAD_K6 runs in a paired comparison
#   BASE_REF               builds the base's from this git ref instead
#   BASE_SERVE HEAD_SERVE  flags for the server of each side, as `k6 x clientcreds serve` takes them
#   RULES OUT              the rules (scripts/regression.yml); the folder for what comes of it (build/regression)
#
# Another variable that begins with BASE_ or HEAD_ is one of that side's environment, without the beginning:
# BASE_TOKEN_URL and HEAD_TOKEN_URL compare two servers that run already. docs/guides/regression.md has more.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
runs=${RUNS:-5}
rules=${RULES:-$root/scripts/regression.yml}
out=${OUT:-build/regression}
case "$out" in
    /*) ;;
    *) out=./$out ;; # k6 takes a name that begins with a word and "=" for an option
esac
export K6_NO_USAGE_REPORT=true K6_AUTO_EXTENSION_RESOLUTION=false

if [ $# -gt 0 ]; then
    echo "regression.sh takes no arguments, such as \"$1\": variables of the environment say what it does, see docs/guides/regression.md" >&2
    exit 104
fi

# own_k6_variable names a variable of one side that sets k6 itself: one process has it for both sides or for none.
own_k6_variable() {
    local name
    while read -r name; do
        case "${name#*_}" in
            K6_CLIENTCREDS_RECORD_COMMIT) ;;
            K6_* | GO*)
                echo "$name"
                return
                ;;
        esac
    done < <(compgen -e BASE_; compgen -e HEAD_)
}

mode=${REGRESSION_MODE:-auto}
own=$(own_k6_variable)
case "$mode" in
    auto)
        mode=paired
        if [ -n "${RUNS:-}" ]; then
            mode=sequential
        elif [ -n "$own" ]; then
            mode=sequential
            echo "sequential mode, because one k6 process cannot have $own for one side only"
        fi
        ;;
    paired)
        if [ -n "$own" ]; then
            echo "REGRESSION_MODE is \"paired\", and $own is set: one k6 process cannot have it for one side only; use REGRESSION_MODE=sequential" >&2
            exit 104
        fi
        ;;
    sequential) ;;
    *)
        echo "REGRESSION_MODE is \"$mode\"; it must be paired, sequential, or auto" >&2
        exit 104
        ;;
esac
if [ "$mode" = sequential ] && { ! [[ "$runs" =~ ^[0-9]+$ ]] || [ "$runs" -lt 4 ]; }; then
    echo "RUNS is \"$runs\"; it must be 4 or more, or nothing could be significant" >&2
    exit 104
fi

# Results of an earlier comparison must not be mistaken for results of this one.
mkdir -p "$out"
if [ "$mode" = sequential ]; then
    mkdir -p "$out/base" "$out/head"
fi
rm -f "$out"/{base,head}/run-*.{json,log} "$out"/paired.{json,log} "$out"/comparison.{md,json,xml} "$out/report.html"

# build_base builds the k6 of BASE_REF in a work tree of its own, as the Makefile there does.
build_base() {
    local tree
    tree=$(mktemp -d)
    git -C "$root" worktree add --quiet --detach "$tree" "$BASE_REF"
    # shellcheck disable=SC2064 # the tree as it is called now
    trap "git -C '$root' worktree remove --force '$tree'" EXIT
    ln -s "$root/.cache" "$tree/.cache"
    env -u MAKEFLAGS -u MAKELEVEL make -C "$tree" build >&2
    cp "$tree/build/k6" "$out/k6-base"
    BASE_K6_CLIENTCREDS_RECORD_COMMIT=$(git -C "$tree" rev-parse HEAD)
    HEAD_K6_CLIENTCREDS_RECORD_COMMIT=${HEAD_K6_CLIENTCREDS_RECORD_COMMIT:-$(git -C "$root" rev-parse HEAD)}
    export BASE_K6_CLIENTCREDS_RECORD_COMMIT HEAD_K6_CLIENTCREDS_RECORD_COMMIT
}

if [ -n "${BASE_REF:-}" ]; then
    build_base
    BASE_K6=$out/k6-base
fi
base_k6=${BASE_K6:-$root/build/k6}
head_k6=${HEAD_K6:-$root/build/k6}

# take_side gives the variables of a side (BASE or HEAD) their names in the environment of its runs.
take_side() {
    local name
    while read -r name; do
        case "${name#"$1"_}" in
            K6 | REF | SERVE) ;;
            *) export "${name#"$1"_}=${!name}" ;;
        esac
    done < <(compgen -e "$1"_)
}

# load_once SIDE K6 SERVE NUMBER makes one recorded run, and leaves its output in a log.
load_once() {
    local side=$1 k6=$2 serve=$3 number=$4
    local load=("$k6" run --quiet --no-color -o "clientcreds-record=$out/$side/run-$number.json" "$root/scripts/regression-ci.js")
    (
        take_side "${side^^}"
        if [ -n "${TOKEN_URL:-}${ISSUER:-}" ]; then
            exec "${load[@]}"
        fi
        # shellcheck disable=SC2086 # flags, not one word
        exec "$k6" x clientcreds serve --addr 127.0.0.1:0 $serve -- "${load[@]}"
    ) >"$out/$side/run-$number.log" 2>&1
}

# count_in makes a run for the comparison. One that does not count (90), say because the machine stood still for a moment,
# is made again, once; of what it is then, and of one that its thresholds fail (99), the comparison makes its own.
count_in() {
    local side=$1 number=$4 code=0
    load_once "$@" || code=$?
    if [ "$code" -eq 90 ]; then
        echo "$side, run $number of $runs: does not count, so once more"
        code=0
        load_once "$@" || code=$?
    fi
    echo "$side, run $number of $runs: exit code $code"
    case "$code" in
        0 | 90 | 99) ;;
        *)
            tail -n 20 "$out/$side/run-$number.log" >&2
            exit "$code"
            ;;
    esac
}

# compare decides. Its exit code is the exit code of the script.
compare() {
    "$head_k6" x clientcreds compare --rules "$rules" --json --output "$out/comparison.json" --markdown "$out/comparison.md" \
        --junit "$out/comparison.xml" --force "$@"
}

# report writes the page for people.
report() {
    "$head_k6" x clientcreds report --output "$out/report.html" --force "$@" || echo "the page could not be written" >&2
}

sequential() {
    local i code=0
    for ((i = 1; i <= runs; i++)); do
        count_in base "$base_k6" "${BASE_SERVE:-}" "$i"
        count_in head "$head_k6" "${HEAD_SERVE:-}" "$i"
    done
    compare "$out/base" "$out/head" || code=$?
    report --base "$out/base" --rules "$rules" "$out/head"
    exit "$code"
}

# serve_both COMMAND… runs a command with the variables of both sides. A side without a server gets a local one.
serve_both() {
    local side k6 serve command=("$@")
    for side in HEAD BASE; do
        local token_url=${side}_TOKEN_URL issuer=${side}_ISSUER
        if [ -n "${!token_url:-}${!issuer:-}${TOKEN_URL:-}${ISSUER:-}" ]; then
            continue
        fi
        k6=$base_k6 serve=${BASE_SERVE:-}
        if [ "$side" = HEAD ]; then
            k6=$head_k6 serve=${HEAD_SERVE:-}
        fi
        # The server gives its command variables without the side: they become the side's own.
        # shellcheck disable=SC2016 # for the inner shell
        command=(bash -c 'side=$1; shift
            for name in TOKEN_URL ISSUER API_URL CLIENT_ID CLIENT_SECRET SCOPE ADMIN_URL; do
                [ -z "${!name:-}" ] || { export "${side}_$name=${!name}"; unset "$name"; }
            done
            exec "$@"' serve "$side" "${command[@]}")
        # shellcheck disable=SC2206 # flags, not one word
        command=("$k6" x clientcreds serve --addr 127.0.0.1:0 $serve -- "${command[@]}")
    done
    "${command[@]}"
}

# paired makes one run. One that does not count is made again, once, like the runs of the sequential mode.
paired() {
    local attempt code=0 loaded
    local load=("$head_k6" run --quiet --no-color -o "clientcreds-record=$out/paired.json" "$root/scripts/regression-paired.js")
    export K6_CLIENTCREDS_RECORD_RULES=$rules # in the argument, a name could not have a comma
    for attempt in 1 2; do
        loaded=0
        (serve_both "${load[@]}") >"$out/paired.log" 2>&1 || loaded=$?
        if [ ! -s "$out/paired.json" ]; then
            tail -n 20 "$out/paired.log" >&2
            exit "$loaded"
        fi
        echo "run $attempt: exit code $loaded"
        code=0
        compare "$out/paired.json" || code=$?
        if [ "$code" -ne 90 ] || [ "$loaded" -ne 90 ] || [ "$attempt" -eq 2 ]; then
            break
        fi
        echo "the run does not count, so once more"
    done
    report --rules "$rules" "$out/paired.json"
    exit "$code"
}

"$mode"
