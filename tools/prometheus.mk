# Prometheus and promtool, for the tests of the exporter, the rules and the dashboards. They are
# built without service discovery and web interface: that is half of the time and not needed.

PROMETHEUS_VERSION := $(call version_in,tools/prometheus,github.com/prometheus/prometheus)
PROMETHEUS_DIR := $(CACHE)/prometheus-$(PROMETHEUS_VERSION)
PROMETHEUS := $(PROMETHEUS_DIR)/prometheus $(PROMETHEUS_DIR)/promtool

export PROMETHEUS_BIN := $(CURDIR)/$(PROMETHEUS_DIR)/prometheus
export PROMTOOL_BIN := $(CURDIR)/$(PROMETHEUS_DIR)/promtool

.PHONY: prometheus
prometheus: $(PROMETHEUS) ## Build Prometheus and promtool, for the tests

# One build makes both.
$(PROMETHEUS) &: tools/prometheus/go.mod tools/prometheus/go.sum
	@tools/require.sh go git
	@mkdir -p $(PROMETHEUS_DIR)
	go -C tools/prometheus build -tags remove_all_sd,netgo -o $(CURDIR)/$(PROMETHEUS_DIR)/ \
		github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool
	@touch $(PROMETHEUS)

.PHONY: dashboards
dashboards: ## Write the Grafana dashboards from their Go code
	go -C xk6-clientcreds/dashboards generate .

.PHONY: test-prometheus
test-prometheus: build/k6 $(PROMETHEUS) ## Run the dashboards and rules against a real Prometheus
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 10m -run Prometheus -v ./xk6-clientcreds/acceptance/prometheus

# Debian's Prometheus 2, which knows classic histograms only, once more.
.PHONY: test-prometheus2
test-prometheus2: build/k6 $(PROMETHEUS) ## The same with Debian's Prometheus 2 (apt-get install prometheus)
	@command -v prometheus >/dev/null || { echo 'missing: Prometheus 2; install: apt-get install prometheus' >&2; exit 1; }
	PROMETHEUS_BIN=$$(command -v prometheus) K6_BIN=$(CURDIR)/build/k6 \
		go test -count=1 -timeout 10m -run Prometheus -v ./xk6-clientcreds/acceptance/prometheus
