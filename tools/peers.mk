# Measures other load generators beside k6. It takes two cores for a quarter of an hour and installs nine tools, so it is not a test.

OHA_VERSION := 1.16.0
PEERS := .cache/peers-$(shell (cat tools/peers/go.* tools/peers/npm/* tools/peers/requirements.txt tools/peers/jmeter/* \
	tools/peers/TokenLoad.java tools/gatling/pom.xml; echo $(OHA_VERSION)) | sha256sum | cut -c1-8)

# How often everything is measured, and which tools: a regular expression for their names.
ROUNDS ?= 3
TOOLS ?=

.PHONY: bench-peers
bench-peers: peers-needs build/k6 $(PEERS)/done ## Measure ten load generators side by side, to docs/evidence/peers.md; ROUNDS TOOLS; Linux, 20 min
	go build -o build/peers ./xk6-clientcreds/bench/peers
	taskset --cpu-list 0 build/k6 x clientcreds serve --quiet --addr 127.0.0.1:0 -- build/peers -home $(CURDIR)/$(PEERS) \
		-gatling $(CURDIR)/$(GATLING) -rounds $(ROUNDS) -out build/peers.json \
		$(if $(TOOLS),-only '$(TOOLS)',-table docs/evidence/peers.md)

# First, because the installation takes minutes.
.PHONY: peers-needs
peers-needs:
	@tools/require.sh go java jdk maven npm cargo python wrk

# Versions are pinned: by go.mod and go.sum, by package-lock.json, by requirements.txt, which has hashes, by the lock
# file in the crate, and by the pom, whose checksums Maven checks.
$(PEERS)/done: $(GATLING)/classes
	@mkdir -p $(PEERS)/bin
	GOBIN=$(CURDIR)/$(PEERS)/bin go -C tools/peers install github.com/tsenart/vegeta/v12 github.com/rakyll/hey
	cp tools/peers/npm/package.json tools/peers/npm/package-lock.json $(PEERS)/
	npm --prefix $(PEERS) ci --ignore-scripts --no-audit --no-fund
	python3 -m venv $(PEERS)/venv
	$(PEERS)/venv/bin/pip install --quiet --require-hashes --requirement tools/peers/requirements.txt
	mvn --quiet --batch-mode --strict-checksums --file tools/peers/jmeter dependency:copy-dependencies \
		-DoutputDirectory=$(CURDIR)/$(PEERS)/jmeter/lib
	mkdir -p $(PEERS)/jmeter/lib/ext $(PEERS)/jmeter/lib/junit
	mv $(PEERS)/jmeter/lib/ApacheJMeter_*.jar $(PEERS)/jmeter/lib/ext/
	cd $(PEERS)/jmeter && jar xf lib/ext/ApacheJMeter_config-*.jar bin
	javac -cp '$(GATLING)/lib/*' -d $(PEERS)/gatling tools/peers/TokenLoad.java
	cargo install --quiet --locked --root $(PEERS) --version $(OHA_VERSION) oha
	touch $@
