# Everything a newcomer, a developer and CI call. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help setup toolchain build run test test-sanitized schema order fuzz lint format docs bench bench-peers \
    docker clean

# Package.swift links these libraries, or the program loads them; the rest is what compiling and the quick start call.
define PACKAGES
libopenblas-dev large matrix products
libxsmm-dev small and middling matrix products, on amd64
libsimdjson-dev reading JSON
libcurl4-openssl-dev the client library
libsqlite3-dev storing runs and datasets
zlib1g-dev compressed bodies of requests and answers
g++ the C++ standard library that Swift compiles and links against
pkg-config finding the libraries above
git fetching the Swift packages
curl waiting in `make run` until the server answers
ca-certificates fetching over TLS
endef
export PACKAGES

MINIMUM_SWIFT := 6.2

# An import of a module that the target does not name as its dependency is an error.
CHECKED := --explicit-target-dependency-import-check error
SWIFT_SOURCES := Package.swift Sources Tests Benchmarks

# Swift's own libraries are linked into the program, which starts in half the time then: the dynamic linker
# has 3,600 symbols to look up in place of 32,000. Its addresses are written in the compact form where the
# C library knows that, as glibc does from 2.36 on; GNU's older linkers, Swift's default, can't write it.
# Nobody looks a symbol up in the program, so it has no table of all of them: 1.3 MB, half of it in memory.
# Functions that run together lie together, as Benchmarks/functions.txt lists them (`make order`), so that fewer
# pages of the program are in memory; a name there that the program no longer has does no harm.
GLIBC := $(lastword $(shell getconf GNU_LIBC_VERSION 2>/dev/null))
COMPACT := $(if $(filter 2.36,$(firstword $(shell printf '%s\n' 2.36 $(GLIBC) | sort --version-sort))), \
    -Xlinker -z -Xlinker pack-relative-relocs)
STATIC := --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker --no-export-dynamic $(COMPACT) \
    -Xswiftc -Xfrontend -Xswiftc -function-sections \
    -Xlinker --symbol-ordering-file=$(CURDIR)/Benchmarks/functions.txt \
    -Xlinker --no-warn-symbol-ordering

# What libFuzzer feeds, a folder of Tests/Fuzzing each, and for how long.
FUZZED := Requests Chunks JSON Tensors Gradients Gzip
FUZZ_SECONDS ?= 60

SANITIZERS ?= address thread

# Debian's own Python is built with profile feedback; measuring the peers on a slower one would
# flatter Nabla.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: toolchain ## install the system packages that are missing (apt, through sudo if needed)
	@if ! command -v dpkg-query >/dev/null; then
	    echo "setup knows Debian's packages only; install what matches these yourself:" >&2
	    echo "$$PACKAGES" >&2
	    exit 0
	fi
	missing=()
	while read -r package reason; do
	    [[ $$package == libxsmm-dev && $$(dpkg --print-architecture) != amd64 ]] && continue
	    state=$$(dpkg-query --show --showformat='$${db:Status-Status}' "$$package" 2>/dev/null || :)
	    [[ $$state == installed ]] && continue
	    missing+=("$$package")
	    reasons+="  $$package: $$reason"$$'\n'
	done <<< "$$PACKAGES"
	(( $${#missing[@]} )) || exit 0
	if (( EUID == 0 )); then
	    as_root=(env)
	elif command -v sudo >/dev/null; then
	    as_root=(sudo env)
	else
	    echo "setup must be root to install packages; as root, run:" \
	        "apt-get update && apt-get install --yes $${missing[*]}" >&2
	    exit 1
	fi
	printf 'Installing with apt-get:\n%s' "$$reasons"
	"$${as_root[@]}" apt-get update -qq
	"$${as_root[@]}" DEBIAN_FRONTEND=noninteractive \
	    apt-get install -qq --yes --no-install-recommends "$${missing[@]}" >/dev/null

toolchain:
	@found=$$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' || :)
	oldest=$$(printf '%s\n' $(MINIMUM_SWIFT) "$${found:-0}" | sort --version-sort | head -n 1)
	if [[ $$oldest != $(MINIMUM_SWIFT) ]]; then
	    echo "Nabla needs Swift $(MINIMUM_SWIFT) or newer, found $${found:-none}:" \
	        "install it from https://swift.org/install" >&2
	    exit 1
	fi

build: setup ## build the program, optimised: .build/release/nabla
	swift build -c release $(CHECKED) $(STATIC) $(PRODUCT)

run: build ## start a server, show what it does, keep serving until Ctrl-C (LISTEN=host:port)
	@exec Examples/quickstart.sh

# Builds all tests with the options first given and runs them with both.
define TEST
	swift build --build-tests $(CHECKED) $(1)
	# Apart: the mathematics, the servers and the killed programs keep all cores busy, each by itself.
	for tests in '--filter ^NablaCoreTests\.' '--filter ^IntegrationTests\.' '--filter \.KillTests/' \
	    '--skip ^NablaCoreTests\. --skip ^IntegrationTests\. --skip \.KillTests/'; do
	    swift test --skip-build --disable-xctest $(CHECKED) $(1) $$tests $(2)
	done
endef

test: setup ## build and run all tests
	$(call TEST)
	$(CHECK_HARNESSES)

# Tests one by one, for all at once are so slow that they wait too long for one another. Not those of
# the program's memory, most of which is then the sanitizer's, and not the 200 kills, whose moments are meant
# for a program that starts at once. Leaks are not looked for: Foundation leaks what it reads files into.
test-sanitized: setup ## run all tests under each of SANITIZERS (address thread)
	export ASAN_OPTIONS=detect_leaks=0:suppressions=$(CURDIR)/Tests/Sanitizers/address.txt
	for sanitizer in $(SANITIZERS); do
	    if [[ $$sanitizer == thread ]]; then
	        mkdir -p .build/thread
	        clang -shared -fPIC -O1 Tests/Sanitizers/mutex.c -o .build/thread/mutex.so
	        export LD_PRELOAD=$(CURDIR)/.build/thread/mutex.so
	    else
	        unset LD_PRELOAD
	    fi
	$(call TEST,--sanitize $$sanitizer --scratch-path .build/$$sanitizer,--no-parallel --skip MemoryTests --skip UploadDiskTests/memory \
	    --skip \.KillTests/)
	done

# They are built for `make fuzz` alone; what they call may change at any time.
define CHECK_HARNESSES
	modules=$$(swift build --show-bin-path)/Modules
	own=.build/harnesses
	mkdir -p $$own
	check=(swiftc -swift-version 6 -warnings-as-errors -enable-upcoming-feature InternalImportsByDefault \
	    -enable-upcoming-feature ExistentialAny -parse-as-library -I $$modules -I $$own)
	for map in Sources/*/module.modulemap $$(swift build --show-bin-path)/CSimdJSON.build/module.modulemap; do
	    check+=(-Xcc "-fmodule-map-file=$$map")
	done
	"$${check[@]}" -emit-module -module-name FuzzSupport -o $$own/FuzzSupport.swiftmodule Tests/Fuzzing/Support/*.swift
	for name in $(FUZZED); do
	    "$${check[@]}" -typecheck -module-name "Fuzz$$name" Tests/Fuzzing/$$name/*.swift
	done
endef

order: build ## list anew, by valgrind, which functions of the program lie next to each other
	$(PYTHON) Benchmarks/order_functions.py .build/release/nabla Benchmarks/functions.txt

schema: ## keep the file that a new database begins as, after a change of its schema
	touch Sources/NablaStore/new.sqlite
	NABLA_NEW_DATABASE=$(CURDIR)/Sources/NablaStore/new.sqlite \
	    swift test --disable-xctest $(CHECKED) --filter NewDatabaseTests/isKept
	# Compares what the program now holds with what the migrations make.
	swift test --disable-xctest $(CHECKED) --filter NewDatabaseTests

fuzz: setup ## feed the parsers made-up bytes for FUZZ_SECONDS (60) each
	Tests/Fuzzing/fuzz.sh $(FUZZ_SECONDS) $(FUZZED)

lint: toolchain ## check the format and the documentation comments
	swift format lint --strict --recursive $(SWIFT_SOURCES)

format: toolchain ## put the sources into the project's format
	swift format format --in-place --recursive $(SWIFT_SOURCES)

# docc and the extractor come with the toolchain, so no package is fetched for them. A page that names
# what isn't there is an error.
docs: setup ## build the documentation of the modules into .build/docs, an archive each
	swift build $(CHECKED)
	built=$$(swift build --show-bin-path)
	maps=()
	for map in Sources/*/module.modulemap "$$built"/{CBLAS,CCurl,CEpoll,CSimdJSON,CVectors}.build/module.modulemap; do
	    maps+=(-Xcc "-fmodule-map-file=$$map")
	done
	rm -rf .build/docs .build/symbols
	mkdir -p .build/docs
	for catalog in Sources/*/*.docc; do
	    module=$$(basename "$$catalog" .docc)
	    mkdir -p ".build/symbols/$$module"
	    swift symbolgraph-extract -module-name "$$module" -I "$$built/Modules" "$${maps[@]}" \
	        -target "$$(uname -m)-unknown-linux-gnu" -minimum-access-level public \
	        -output-dir ".build/symbols/$$module"
	    docc convert "$$catalog" --additional-symbol-graph-dir ".build/symbols/$$module" \
	        --fallback-display-name "$$module" --fallback-bundle-identifier "nabla.$$module" \
	        --output-path ".build/docs/$$module.doccarchive" --warnings-as-errors
	done

bench: build ## measure Nabla beside its peers (ARGS="--only tiny --rounds 3 --markdown FILE")
	$(PYTHON) Benchmarks/bench.py $(ARGS)

bench-peers: ## install the peers into .peers: Python ones, libcurl and simdjson alone, Hummingbird
	@$(PYTHON) -m venv .peers/venv || {
	    echo "bench-peers needs Python's venv module: apt-get install python3-venv" >&2
	    exit 1
	}
	.peers/venv/bin/python -m pip install --quiet --requirement Benchmarks/requirements.txt
	c++ -std=c++17 -O3 Benchmarks/peers/simdjson_reader.cpp -o .peers/simdjson-reader -lsimdjson
	cc -std=c17 -D_POSIX_C_SOURCE=200809L -O3 Benchmarks/peers/curl_caller.c -o .peers/curl-caller \
	    -lcurl
	swift build --configuration release --package-path Benchmarks/peers/hummingbird-constant \
	    --scratch-path .peers/hummingbird
	for program in wrk nginx; do
	    PATH=$$PATH:/usr/sbin command -v "$$program" >/dev/null \
	        || echo "$$program is not installed: apt-get install $${program/nginx/nginx-light}"
	done

docker: ## build the container image `nabla`
	docker build --tag nabla .

clean: ## remove what was built and the peers; data/ stays
	rm -rf .build .peers
