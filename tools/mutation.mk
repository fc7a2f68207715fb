# Mutation tests: whether the tests notice when the code is changed.

GREMLINS := $(call tool,tools/gremlins,gremlins,github.com/go-gremlins/gremlins)

$(GREMLINS): tools/gremlins/go.mod tools/gremlins/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/gremlins build -o $(CURDIR)/$@ github.com/go-gremlins/gremlins/cmd/gremlins
	@touch $@

# The go command that gremlins runs.
MUTATION_GO := build/mutation-go

$(MUTATION_GO): $(wildcard tools/mutation/*)
	@tools/require.sh go
	go -C tools/mutation build -o $(CURDIR)/$@ .

# Packages below xk6-clientcreds, such as "redact oauth"; all when empty.
PACKAGES ?=
WORKERS ?= 1

.PHONY: mutation
mutation: $(GREMLINS) $(MUTATION_GO) ## Change the code in one place at a time and see that a test fails; PACKAGES WORKERS AGAIN=1
	@tools/require.sh go git node
	node tools/mutation.mjs $(CURDIR)/$(GREMLINS) $(CURDIR)/$(MUTATION_GO) $(WORKERS) $(PACKAGES)
