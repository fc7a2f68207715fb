# The gate: does a version of the server, or of this project, make token requests slower? And the workflows that run it.

ACTIONLINT := $(call tool,tools/actionlint,actionlint,github.com/rhysd/actionlint)

.PHONY: regression
regression: build/k6 ## Compare two versions under one load; REGRESSION_MODE DURATION RATE BASE_K6 HEAD_K6 BASE_REF … change it
	@tools/regression.sh

# Comparisons are made three at a time: nearly all that they do is to wait for servers that wait.
.PHONY: regression-proof
regression-proof: build/k6 ## Try the gate on 20 changes that are none and 20 that are, to docs/evidence/regression.md; 12 min
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 60m -parallel 3 $(TESTFLAGS) -run '^TestRegressionProof$$' \
		./xk6-clientcreds/acceptance/regression -repetitions 20 -update

check: actionlint

.PHONY: actionlint
actionlint: $(ACTIONLINT) ## Check the workflows for GitHub Actions, and the shell in them
	$(ACTIONLINT) deploy/ci/github-actions.yml .github/workflows/*.yml

$(ACTIONLINT): tools/actionlint/go.mod tools/actionlint/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/actionlint build -o $(CURDIR)/$@ github.com/rhysd/actionlint/cmd/actionlint
	@touch $@
