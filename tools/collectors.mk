# The collectors of docs/guides/collectors.md that can be built here: vmagent, and the parser of Grafana Alloy.

VMAGENT := $(call tool,tools/collectors,vmagent,github.com/VictoriaMetrics/VictoriaMetrics)
ALLOY_SOURCE := xk6-clientcreds/acceptance/prometheus/testdata/alloy/main.go
ALLOY_PARSE := $(call tool,tools/collectors,alloy-parse,github.com/grafana/alloy/syntax)

export VMAGENT_BIN := $(CURDIR)/$(VMAGENT)
export ALLOY_PARSE_BIN := $(CURDIR)/$(ALLOY_PARSE)

test-acceptance: $(VMAGENT) $(ALLOY_PARSE)

.PHONY: test-collectors
test-collectors: build/k6 $(PROMETHEUS) $(VMAGENT) $(ALLOY_PARSE) ## Try the configurations of other collectors
	K6_BIN=$(CURDIR)/build/k6 go test -count=1 -timeout 5m -run Collector -v ./xk6-clientcreds/acceptance/prometheus

# Without C, so that it needs no compiler.
$(VMAGENT): tools/collectors/go.mod tools/collectors/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	CGO_ENABLED=0 go -C tools/collectors build -o $(CURDIR)/$@ github.com/VictoriaMetrics/VictoriaMetrics/app/vmagent
	@touch $@

$(ALLOY_PARSE): tools/collectors/go.mod tools/collectors/go.sum $(ALLOY_SOURCE)
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/collectors build -o $(CURDIR)/$@ $(CURDIR)/$(ALLOY_SOURCE)
	@touch $@
