# The gate: does a version of the server, or of this project, make token requests slower?

.PHONY: regression
regression: build/k6 ## Compare two versions under one load; REGRESSION_MODE DURATION RATE BASE_K6 HEAD_K6 BASE_REF … change it
	@tools/regression.sh

# Each result is kept in testdata/proof.json as soon as it is known. An interrupted proof continues where it ended. To
# measure a row again, delete its results there. Comparisons that run at once disturb each other.
.PHONY: regression-proof
regression-proof: build/k6 $(HYDRA) ## Try the gate on known changes, to docs/evidence/regression.md; ROWS REPETITIONS AT_ONCE; 2 h
	status=0; K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 6h -parallel $(or $(AT_ONCE),1) $(TESTFLAGS) \
		-run '^TestRegressionProof$$' ./xk6-clientcreds/acceptance/regression -proof '$(or $(ROWS),.)' \
		$(if $(REPETITIONS),-repetitions $(REPETITIONS)) || status=$$?; \
	go test -count=1 -run '^TestRegressionProofTable$$' ./xk6-clientcreds/acceptance/regression -update && exit $$status

