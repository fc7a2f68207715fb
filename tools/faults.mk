# Faults between k6 and everything that it talks to, and a soak. Both write a page of docs/evidence.

.PHONY: test-faults
test-faults: build/k6 ## Meet every fault with 1,000 virtual users, and write docs/evidence/faults.md; Linux; 15 min
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 60m $(TESTFLAGS) ./xk6-clientcreds/acceptance/faults -long -update

SOAK_DURATION ?= 20m

.PHONY: soak
soak: build/k6 ## Load for SOAK_DURATION (20m), twice, and write docs/evidence/soak.md with a plot of what grows; Linux
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 3h $(TESTFLAGS) ./xk6-clientcreds/acceptance/soak \
		-duration $(SOAK_DURATION) -users 500 -update
