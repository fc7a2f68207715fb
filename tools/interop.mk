# The authorization servers of docs/evidence/interop.md. npm's oidc-provider comes with tools/npm; Ory Hydra, with its database
# in memory, and zitadel/oidc are built here.

HYDRA := $(call tool,tools/hydra,hydra,github.com/ory/hydra/v2)
ZITADEL_SOURCE := xk6-clientcreds/acceptance/servers/testdata/zitadel/main.go
ZITADEL := $(call tool,tools/zitadel,zitadel,github.com/zitadel/oidc/v3)

export HYDRA_BIN := $(CURDIR)/$(HYDRA)
export ZITADEL_BIN := $(CURDIR)/$(ZITADEL)

test-acceptance capacity: $(HYDRA) $(ZITADEL)

test-faults: $(HYDRA)

.PHONY: test-interop
test-interop: build/k6 $(NODE_MODULES) $(HYDRA) $(ZITADEL) ## Run every method of client authentication against five servers
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 15m -run InteropMatrix -v ./xk6-clientcreds/acceptance/interop

.PHONY: interop
interop: build/k6 $(NODE_MODULES) $(HYDRA) $(ZITADEL) ## The same, and write docs/evidence/interop.md
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 15m -run InteropMatrix ./xk6-clientcreds/acceptance/interop -update

# SQLite is C.
$(HYDRA): tools/hydra/go.mod tools/hydra/go.sum
	@tools/require.sh go git cc
	@mkdir -p $(@D)
	CGO_ENABLED=1 go -C tools/hydra build -tags sqlite -o $(CURDIR)/$@ github.com/ory/hydra/v2
	@touch $@

$(ZITADEL): tools/zitadel/go.mod tools/zitadel/go.sum $(ZITADEL_SOURCE)
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/zitadel build -o $(CURDIR)/$@ $(CURDIR)/$(ZITADEL_SOURCE)
	@touch $@
