# Keycloak, at the version of docker-compose.yml, for make keycloak and the tests. It needs Java.

KEYCLOAK_VERSION := $(shell sed -n 's|.*/keycloak/keycloak:\([0-9.]*\)}.*|\1|p' docker-compose.yml)
KEYCLOAK := .cache/keycloak-$(KEYCLOAK_VERSION)-$(shell cat tools/keycloak/install.sh tools/keycloak/sha256sums | sha256sum | cut -c1-8)

export KEYCLOAK_HOME := $(CURDIR)/$(KEYCLOAK)

MODE ?= development
PORT ?= 8080

.PHONY: keycloak
keycloak: $(KEYCLOAK)/version.txt ## Run Keycloak on loopback; MODE (development, production with TLS) PORT RUN (a command) change it
	@tools/keycloak/run.sh "$(MODE)" "$(PORT)" '$(subst ','\'',$(RUN))'

$(KEYCLOAK)/version.txt:
	@tools/require.sh java curl
	@tools/keycloak/install.sh $(KEYCLOAK_VERSION) $(KEYCLOAK_HOME)
	@touch $@
