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

# Tools are pinned by the go.mod of their own folder below tools/, and built once per version of
# them and of Go into .cache/. They are modules of their own so that they raise nothing that k6 pins.
GO_VERSION := $(shell GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)
CACHE := .cache/$(firstword $(GO_VERSION) no-go)
version_in = $(shell awk '$$1 == "require" { $$1 = ""; $$0 = $$0 } $$1 == "$(2)" { print $$2 }' $(1)/go.mod)
XK6 := $(CACHE)/xk6-$(call version_in,tools,go.k6.io/xk6)

# What ends up in the binary: code and what it embeds, not tests.
SOURCES := $(shell find register.go go.mod go.sum xk6-clientcreds -type f \
	! -name '*_test.go' ! -path '*/testdata/*' ! -path '*/acceptance/*' ! -path '*/bench/*')

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: build/k6 ## Build k6 with the extension: build/k6

build/k6: $(SOURCES) $(XK6)
	@mkdir -p $(@D)
	$(XK6) build $(K6_VERSION) --with $(MODULE)=. --output $@.$$$$ && mv $@.$$$$ $@

$(XK6): tools/go.mod tools/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools build -o $(CURDIR)/$@ go.k6.io/xk6

.PHONY: clean
clean: ## Remove what was built, not the tools in .cache/
	rm -rf build
