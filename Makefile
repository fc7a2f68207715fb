# Everything one does with this project. `make` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

K6_VERSION := v2.2.0
MODULE := github.com/xk6-clientcreds/harness

# k6 looks for extensions and reports its use on the network unless it is told not to.
export K6_AUTO_EXTENSION_RESOLUTION := false
export K6_NO_USAGE_REPORT := true

# Flags for every go test, such as -v or -run.
TESTFLAGS ?=
FUZZTIME ?= 10s

# Tools are pinned by the go.mod of their own folder below tools/, and built once per version of
# them and of Go into .cache/. They are modules of their own so that they raise nothing that k6 pins.
GO_VERSION := $(shell GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)
CACHE := .cache/$(firstword $(GO_VERSION) no-go)
version_in = $(shell awk '$$1 == "require" { $$1 = ""; $$0 = $$0 } $$1 == "$(2)" { print $$2 }' $(1)/go.mod)
tool = $(CACHE)/$(2)-$(call version_in,$(1),$(3))
XK6 := $(call tool,tools,xk6,go.k6.io/xk6)
GOLANGCI_LINT := $(call tool,tools/golangci-lint,golangci-lint,github.com/golangci/golangci-lint/v2)
GOSEC := $(call tool,tools/gosec,gosec,github.com/securego/gosec/v2)
GOVULNCHECK := $(call tool,tools/govulncheck,govulncheck,golang.org/x/vuln)

# What ends up in the binary: code and what it embeds, not tests.
SOURCES := $(shell find register.go embed.go go.mod go.sum index.d.ts docker-compose.yml scripts dashboards xk6-clientcreds -type f \
	! -name '*_test.go' ! -path '*/testdata/*' ! -path '*/acceptance/*' ! -path '*/bench/*' \
	! -path '*/dashboards/*' ! -path '*/reference/*')
NODE_MODULES := tools/npm/node_modules/.package-lock.json

# A module of its own, for what only the generator of the dashboards imports.
DASHBOARDS := xk6-clientcreds/dashboards

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Parts with tools and targets of their own.
include $(sort $(wildcard tools/*.mk))

##### Build and run

.PHONY: build
build: build/k6 ## Build k6 with the extension: build/k6

# Two warnings of xk6 are left out: behind a module proxy that does not list versions it cannot look for newer ones, which
# a build of pinned versions does not need.
HARMLESS := WRN (could not check for k6 version conflicts|Failed to get latest k6 version)

build/k6: $(SOURCES) $(XK6)
	@mkdir -p $(@D)
	new=$@.$$$$; trap 'rm -f $$new' EXIT; $(XK6) build $(K6_VERSION) --with $(MODULE)=. --output $$new 2>&1 | \
		awk '!/$(HARMLESS)/ { print; fflush() }'; mv $$new $@

.PHONY: run
run: build/k6 ## Load a protected API; VUS DURATION TTL TOKEN_URL ISSUER CLIENT_ID CLIENT_SECRET SCOPE API_URL change it
	@tools/run.sh

.PHONY: bench
bench: build/k6 ## Measure the costs beside plain k6: build/bench.json, docs/evidence/performance.md
	go run ./xk6-clientcreds/bench -k6 build/k6 -out build/bench.json -table docs/evidence/performance.md

.PHONY: bench-growth
bench-growth: build/k6 ## Measure how the costs grow, to 10,000 VUs: build/growth.json, docs/evidence/growth.md; 25 min
	go run ./xk6-clientcreds/bench -growth -k6 build/k6 -out build/growth.json -table docs/evidence/growth.md \
		-plot docs/evidence/growth.svg

# Benchmarks whose allocations are the same each time, and of the algorithms one.
GUARDED := jsmodule oauth tokencache exporter recorder verdict authserver
GUARDED_BENCHMARKS := Acquire|NewClient|Authorization|^BenchmarkGet$$|GetHit|Headers|TokenHit|Current|Response|AddMetricSamples|Sink|API|^BenchmarkScrape$$/protobuf|Proof/ES256|^BenchmarkToken$$/^(opaque|ES256)$$

.PHONY: bench-guard
bench-guard: ## Fail if a benchmark allocates 1.5 times as much as docs/evidence/performance.md says; UPDATE=1 writes the table
	@mkdir -p build
	go test -run '^$$' -bench '$(GUARDED_BENCHMARKS)' -benchtime 500x -benchmem \
		$(addprefix ./xk6-clientcreds/,$(GUARDED)) > build/allocations.txt || { cat build/allocations.txt; exit 1; }
	go run ./xk6-clientcreds/bench/allocations -table docs/evidence/performance.md $(if $(UPDATE),-update) < build/allocations.txt

.PHONY: docs
docs: ## Write the generated parts of docs/reference
	go run ./xk6-clientcreds/reference

.PHONY: clean
clean: ## Remove what was built, not the tools in .cache/
	rm -rf build

##### Test

.PHONY: test
test: needs check test-packages bench-guard test-acceptance ## Everything that CI runs

# Without the one test that compares a file with an npm package.
.PHONY: quick
quick: ## Test the packages without the race detector and npm: the loop while you work
	go test -timeout 5m -skip '^TestLibraryIsTheOneOfNPM$$' $(TESTFLAGS) $$(go list ./... | grep -v -e /acceptance -e /bench$$)
	go -C $(DASHBOARDS) test $(TESTFLAGS) ./...

.PHONY: needs
needs:
	@tools/require.sh go git cc node chromium java curl

.PHONY: test-packages
test-packages: $(NODE_MODULES) ## Test the Go packages with the race detector
	go test -race -count=1 -timeout 10m $(TESTFLAGS) $$(go list ./... | grep -v /acceptance)
	go -C $(DASHBOARDS) test -race -count=1 -timeout 10m $(TESTFLAGS) ./...

# One package at a time: their tests run side by side already.
.PHONY: test-acceptance
test-acceptance: build/k6 $(NODE_MODULES) $(PROMETHEUS) ## Test the built binary against real servers
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 20m -p 1 -parallel 4 $(TESTFLAGS) ./xk6-clientcreds/acceptance/...

.PHONY: fuzz
fuzz: ## Run each fuzz test for FUZZTIME (10s)
	@grep -rl --include='*_test.go' '^func Fuzz' xk6-clientcreds | sort | while read -r file; do \
		sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$file" | while read -r name; do \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "./$$(dirname "$$file")" </dev/null; \
		done; \
	done

##### Check

.PHONY: check
check: lint vet-systems gosec xk6-lint vulncheck smoke types links prose shellcheck ## All checks that are not tests

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Lint the Go code: .golangci.yml
	$(GOLANGCI_LINT) run --allow-parallel-runners ./...
	cd $(DASHBOARDS) && $(CURDIR)/$(GOLANGCI_LINT) run --allow-parallel-runners ./...

# Releases are for all three systems, and contributors work on all of them: tests and benchmarks must compile as well.
.PHONY: vet-systems
vet-systems: ## Compile and vet everything for Windows and macOS
	@for system in windows darwin; do echo "go vet for $$system"; for module in . $(DASHBOARDS); do \
		GOOS=$$system CGO_ENABLED=0 go -C $$module vet ./...; done; done

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the Go code
	$(GOLANGCI_LINT) fmt ./...
	cd $(DASHBOARDS) && $(CURDIR)/$(GOLANGCI_LINT) fmt ./...

.PHONY: gosec
# tools/release and tools/mutation are left out: they read, write and run what their caller names.
gosec: $(GOSEC) ## Look for insecure code
	$(GOSEC) -quiet -exclude-dir=tools/release -exclude-dir=tools/mutation -exclude-dir=tools/kubernetes/node -exclude-generated -nosec-require-rules -nosec-require-justification ./...

# What the strict preset has that is not run here, and why:
#   security, vulnerability   are the targets gosec and vulncheck, with stricter flags and without the need of PATH
#   versions                  requires a release tag, which a working copy need not have
#   smoke, examples, types    xk6 lint takes them for passed without looking, since it reads only the first line that
#                             the binary says of the extension: they are the targets smoke and types and a test
XK6_LINT_ELSEWHERE := security,vulnerability,versions,smoke,examples,types

.PHONY: xk6-lint
xk6-lint: $(XK6) ## Check what k6 asks of extensions, strict preset
	@tools/require.sh go git
	@echo "xk6 lint --preset strict, but for $(XK6_LINT_ELSEWHERE): see the Makefile for why"
	$(XK6) lint --preset strict --disable $(XK6_LINT_ELSEWHERE) --k6-version $(K6_VERSION)

.PHONY: vulncheck
vulncheck: $(GOVULNCHECK) ## Look for known vulnerabilities; GOVULNDB_DIR names a local database
	@tools/vulncheck.sh $(GOVULNCHECK)

.PHONY: smoke
smoke: build/k6 $(XK6) ## One of everything, once, against the local server
	build/k6 x clientcreds serve --addr 127.0.0.1:0 -- $(XK6) test --k6 build/k6 'scripts/smoke.test.js'

.PHONY: types
types: $(NODE_MODULES) ## Check scripts, examples, fixtures of tests, and the examples in index.d.ts against index.d.ts
	tools/npm/node_modules/.bin/tsc --project tools/npm/tsconfig.json
	@# Neither tsc nor k6 minds two functions of one name in a module, of which the first one is lost.
	@for script in $$(git ls-files 'scripts/*.js' 'examples/*.js' 'tools/peers/k6/*.js' 'xk6-clientcreds/acceptance/*.js'); do \
		node --input-type=module --check < "$$script" || { echo "$$script: see above" >&2; exit 1; }; \
	done
	@node tools/doc-examples.mjs build/doc-examples
	tools/npm/node_modules/.bin/tsc --project build/doc-examples/tsconfig.json

.PHONY: links
links: ## Follow the links within the Markdown files
	@tools/require.sh git node
	@node tools/check-links.mjs

.PHONY: prose
prose: ## Look for phrases that the style sheet in CONTRIBUTING.md replaces
	@tools/require.sh git node
	@node tools/prose.mjs

.PHONY: shellcheck
shellcheck: ## Check the shell scripts
	@if command -v shellcheck >/dev/null; then \
		git ls-files -z --cached --others --exclude-standard '*.sh' .ci/run | xargs -0 shellcheck; \
		echo "shellcheck: no findings"; \
	else \
		echo "shellcheck: NOT RUN: it is not installed (apt-get install shellcheck)"; \
	fi

##### Tools

# build_tool FOLDER BINARY PACKAGE
define build_tool
$(2): $(1)/go.mod $(1)/go.sum
	@tools/require.sh go git
	@mkdir -p $$(@D)
	go -C $(1) build -o $$(CURDIR)/$$@ $(3)
	@touch $$@
endef

$(eval $(call build_tool,tools,$(XK6),go.k6.io/xk6))
$(eval $(call build_tool,tools/golangci-lint,$(GOLANGCI_LINT),github.com/golangci/golangci-lint/v2/cmd/golangci-lint))
$(eval $(call build_tool,tools/gosec,$(GOSEC),github.com/securego/gosec/v2/cmd/gosec))
$(eval $(call build_tool,tools/govulncheck,$(GOVULNCHECK),golang.org/x/vuln/cmd/govulncheck))

$(NODE_MODULES): tools/npm/package.json tools/npm/package-lock.json
	@tools/require.sh node
	npm --prefix tools/npm ci --no-audit --no-fund
	@touch $@
