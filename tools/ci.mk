# The workflows that run the gate.

ACTIONLINT := $(call tool,tools/actionlint,actionlint,github.com/rhysd/actionlint)

check: actionlint

.PHONY: actionlint
actionlint: $(ACTIONLINT) ## Check the workflows for GitHub Actions, and the shell in them
	$(ACTIONLINT) deploy/ci/github-actions.yml .github/workflows/*.yml

$(ACTIONLINT): tools/actionlint/go.mod tools/actionlint/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/actionlint build -o $(CURDIR)/$@ github.com/rhysd/actionlint/cmd/actionlint
	@touch $@
