# The container image, docker-compose.yml and deploy/. Compose is pinned by tools/compose/go.mod.

COMPOSE := $(call tool,tools/compose,docker-compose,github.com/docker/compose/v2)
STACK_PARTS := $(CACHE)/prometheus-static-$(call version_in,tools/prometheus,github.com/prometheus/prometheus)

# Reproducible: the image has the time of the commit.
REVISION = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)

.PHONY: image
image: ## Build the container image; IMAGE BASE_IMAGE BINARY VERSION change it
	DOCKER_BUILDKIT=1 docker build --file deploy/Dockerfile --tag $(or $(IMAGE),xk6-clientcreds/k6:local) \
		--build-arg VERSION=$(or $(VERSION),dev) --build-arg REVISION=$(REVISION) \
		--build-arg CREATED=$(shell date -u -d @$(SOURCE_DATE_EPOCH) +%FT%TZ) \
		--build-arg SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) \
		$(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) $(if $(BINARY),--build-arg BINARY=$(BINARY)) .

test: test-deploy

.PHONY: test-deploy
test-deploy: build/k6 ## Test docker-compose.yml and deploy/ without an engine
	K6_BIN=$(CURDIR)/build/k6 go -C tools/compose test -count=1 -timeout 5m $(TESTFLAGS) ./files
	K6_BIN=$(CURDIR)/build/k6 go -C tools/kubernetes test -count=1 -timeout 10m $(TESTFLAGS) ./files

# The test binary is built beforehand: an engine that is started for the test has no network.
.PHONY: test-compose
test-compose: build/k6 $(COMPOSE) $(STACK_PARTS)/prometheus ## Run docker-compose.yml on a Docker engine, less Grafana and Keycloak
	go -C tools/compose test -c -o $(CURDIR)/build/stack.test ./stack
	PROJECT_ROOT=$(CURDIR) COMPOSE_BIN=$(CURDIR)/$(COMPOSE) PROMETHEUS_CONTEXT=$(CURDIR)/$(STACK_PARTS) \
		tools/compose/with-engine.sh build/stack.test -test.v -test.timeout 10m $(patsubst -%,-test.%,$(filter-out -v,$(TESTFLAGS)))

$(COMPOSE): tools/compose/go.mod tools/compose/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/compose build -o $(CURDIR)/$@ github.com/docker/compose/v2/cmd
	@touch $@

# For an image that has no C library.
$(STACK_PARTS)/prometheus: tools/prometheus/go.mod tools/prometheus/go.sum
	@tools/require.sh go git cc
	@mkdir -p $(@D)/data
	go -C tools/prometheus build -tags remove_all_sd,netgo -ldflags '-s -w -linkmode external -extldflags -static' \
		-o $(CURDIR)/$(@D)/ github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool
	@touch $@
