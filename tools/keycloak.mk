# Keycloak, at the version of docker-compose.yml, for make keycloak and the tests. It needs Java.

KEYCLOAK_VERSION := $(shell sed -n 's|.*/keycloak/keycloak:\([0-9.]*\)}.*|\1|p' docker-compose.yml)
KEYCLOAK := .cache/keycloak-$(KEYCLOAK_VERSION)-$(shell cat tools/keycloak/install.sh tools/keycloak/sha256sums deploy/keycloak/realm.json | sha256sum | cut -c1-8)

export KEYCLOAK_HOME := $(CURDIR)/$(KEYCLOAK)

MODE ?= development
PORT ?= 8080

.PHONY: keycloak
keycloak: $(KEYCLOAK)/version.txt ## Run Keycloak on loopback; MODE (development, production with TLS) PORT RUN (a command) change it
	@tools/keycloak/run.sh "$(MODE)" "$(PORT)" '$(subst ','\'',$(RUN))'

test-acceptance test-interop interop capacity: $(KEYCLOAK)/version.txt

.PHONY: test-keycloak
test-keycloak: build/k6 $(KEYCLOAK)/version.txt ## Test with Keycloak, in production and development mode; 5 min
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 15m -run Keycloak -v ./xk6-clientcreds/acceptance/interop
	tools/keycloak/run.sh production 18443 'build/k6 run scripts/smoke.test.js'
	tools/keycloak/run.sh development 18080 'build/k6 run scripts/smoke.test.js'

$(KEYCLOAK)/version.txt:
	@tools/require.sh java curl
	@tools/keycloak/install.sh $(KEYCLOAK_VERSION) $(KEYCLOAK_HOME)
	@touch $@
