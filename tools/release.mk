# What a release consists of: binaries, their parts and licenses, scenarios, types and checksums.

RELEASE := $(CACHE)/release-$(shell cat tools/release/*.go tools/release/go.sum | sha256sum | cut -c1-12)
SBOM := $(call tool,tools/release,cyclonedx-gomod,github.com/CycloneDX/cyclonedx-gomod)

# The environment of tools/release.sh.
RELEASE_ENV = K6_VERSION=$(K6_VERSION) XK6=$(CURDIR)/$(XK6) RELEASE=$(CURDIR)/$(RELEASE) SBOM=$(CURDIR)/$(SBOM)

.PHONY: release
release: $(XK6) $(RELEASE) $(SBOM) ## Build a release of VERSION into build/release, from the commit that is checked out
	@$(RELEASE_ENV) tools/release.sh "$(VERSION)"

.PHONY: test-release
test-release: $(XK6) $(RELEASE) $(SBOM) ## Build a release for this machine twice, and use it as a stranger would
	@$(RELEASE_ENV) tools/release-test.sh

$(RELEASE): $(wildcard tools/release/*.go) tools/release/go.mod
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/release build -o $(CURDIR)/$@ .

$(SBOM): tools/release/go.mod tools/release/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/release build -o $(CURDIR)/$@ github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
	@touch $@
