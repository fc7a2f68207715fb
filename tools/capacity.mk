# Measures the tokens per second of real authorization servers, each on one core, with k6 on another one, and of Keycloak also with
# Gatling. It takes both cores for minutes, and its numbers depend on the machine, so it is not a test.

GATLING := .cache/gatling-$(shell cat tools/gatling/* | sha256sum | cut -c1-8)

export GATLING_HOME := $(CURDIR)/$(GATLING)

.PHONY: capacity
capacity: build/k6 $(NODE_MODULES) $(GATLING)/classes ## Find the capacity of four authorization servers, to docs/evidence/capacity.md; Linux, 7 min
	K6_BIN=$(CURDIR)/build/k6 go test -tags capacity -count=1 -timeout 30m -run '^TestCapacity$$' -v ./xk6-clientcreds/acceptance/interop

# Maven checks the checksums.
$(GATLING)/classes: tools/gatling/pom.xml tools/gatling/ClientCredentials.java
	@tools/require.sh java jdk maven
	@mkdir -p $(@D)
	mvn --quiet --batch-mode --strict-checksums --file tools/gatling dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(@D)/lib
	javac -cp '$(@D)/lib/*' -d $@ tools/gatling/ClientCredentials.java
	@cp tools/gatling/logback.xml $@/
	@touch $@
