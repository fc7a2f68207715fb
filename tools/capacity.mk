# Measures the tokens per second of real authorization servers, each on one core, with k6 on another one. It takes both for minutes,
# and its numbers depend on the machine, so it is not a test.

.PHONY: capacity
capacity: build/k6 $(NODE_MODULES) $(HYDRA) $(ZITADEL) ## Find the capacity of three authorization servers, to docs/evidence/capacity.md; Linux
	K6_BIN=$(CURDIR)/build/k6 go test -tags capacity -count=1 -timeout 10m -run '^TestCapacity$$' -v ./xk6-clientcreds/acceptance/interop
