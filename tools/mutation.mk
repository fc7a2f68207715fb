# Mutation tests: whether the tests notice when the code is changed.

GREMLINS := $(call tool,tools/gremlins,gremlins,github.com/go-gremlins/gremlins)

$(GREMLINS): tools/gremlins/go.mod tools/gremlins/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/gremlins build -o $(CURDIR)/$@ github.com/go-gremlins/gremlins/cmd/gremlins
	@touch $@

# Packages below xk6-clientcreds, such as "redact oauth"; all when empty.
PACKAGES ?=
WORKERS ?= 1

.PHONY: mutation
mutation: $(GREMLINS) ## Change the code in one place at a time and see that a test fails; PACKAGES WORKERS; hours for all
	@tools/require.sh go git node
	node tools/mutation.mjs $(CURDIR)/$(GREMLINS) $(WORKERS) $(PACKAGES)
