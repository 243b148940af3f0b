#!/usr/bin/env bash
# Builds the harnesses named and runs each for some seconds; fails when one has a finding.
#
#   Tests/Fuzzing/fuzz.sh SECONDS NAME...
#
# What a harness has found interesting stays in .build/fuzzing/corpus and is where it begins next
# time; inputs that it fails on stay in .build/fuzzing/findings. Run a harness with such a file as its
# argument to see the failure again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=Tests/Fuzzing
built=.build/fuzzing

seconds=$1
shift

export NABLA_FUZZING=1
# swiftc heeds its last list of sanitizers alone, and SwiftPM writes a list for each.
for name in "$@"; do
    swift build -c release --scratch-path $built --explicit-target-dependency-import-check error \
        --sanitize fuzzer --sanitize address -Xswiftc -sanitize=fuzzer,address \
        --product "Fuzz$name"
done

# libFuzzer keeps the input of a crash only where Swift doesn't catch the signal first.
export SWIFT_BACKTRACE=enable=no
findings=()
for name in "$@"; do
    echo "Fuzzing $name for $seconds s"
    mkdir -p "$built/corpus/$name" "$built/findings/$name"
    corpora=("$built/corpus/$name" "$here/$name/Corpus")
    dictionary=$here/json.dict
    case $name in
        Requests | Chunks) dictionary=$here/http.dict ;;
        JSON) corpora+=(Tests/JSONTestSuite/test_parsing) ;;
    esac
    log=$built/$name.log
    if ! "$built/release/Fuzz$name" -max_total_time="$seconds" -timeout=10 -dict="$dictionary" \
        -artifact_prefix="$built/findings/$name/" "${corpora[@]}" >"$log" 2>&1; then
        findings+=("$name")
        # From the failure on; before it are the inputs that led there.
        grep -v -E '^(#[0-9]+|\s*NEW_FUNC|INFO|Dictionary)' "$log" | head -n 60
        continue
    fi
    grep -q 'inline 8-bit counters' "$log" || {
        echo "$name is not instrumented, so nothing was searched: see $log" >&2
        exit 1
    }
    grep -E '^Done|DONE' "$log"
done

if ((${#findings[@]})); then
    echo "Findings in ${findings[*]}: the inputs are in $built/findings" >&2
    exit 1
fi
