# Faults between k6 and everything that it talks to, and a soak. Both write a page of docs/evidence.

.PHONY: test-faults
test-faults: build/k6 ## Meet every fault with 1,000 virtual users, and write docs/evidence/faults.md; Linux; 15 min
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 60m $(TESTFLAGS) ./xk6-clientcreds/acceptance/faults -long -update
