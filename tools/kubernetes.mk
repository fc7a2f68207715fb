# A Kubernetes node for deploy/kubernetes, in namespaces of its own. Its build takes more than ten minutes of CPU, so nothing but its
# own targets needs it.

PROMETHEUS_KUBERNETES := $(CACHE)/prometheus-kubernetes-$(call version_in,tools/prometheus,github.com/prometheus/prometheus)
KUBERNETES_VERSION := $(call version_in,tools/kubernetes/node,k8s.io/kubernetes)
KUBERNETES := $(CACHE)/kubernetes-$(KUBERNETES_VERSION)
KUBERNETES_PARTS := etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl

# Without them, the parts would say that they are v0.0.0, and not work with each other.
kubernetes_flags = $(foreach package,k8s.io/component-base/version k8s.io/client-go/pkg/version, \
	-X $(package).gitVersion=$(KUBERNETES_VERSION) -X $(package).gitMajor=1 -X $(package).gitMinor=$(word 2,$(subst ., ,$(KUBERNETES_VERSION))) \
	-X $(package).gitTreeState=clean -X $(package).gitCommit=none -X $(package).buildDate=1970-01-01T00:00:00Z)

on_node = go -C tools/kubernetes build -o $(CURDIR)/build/standin ./standin && \
	go -C tools/kubernetes test -c -o $(CURDIR)/build/kubernetes.test ./proof && \
	PROJECT_ROOT=$(CURDIR) K6_BIN=$(CURDIR)/build/k6 STANDIN_BIN=$(CURDIR)/build/standin KUBERNETES_VERSION=$(KUBERNETES_VERSION) \
	PROMETHEUS_KUBERNETES_BIN=$(CURDIR)/$(PROMETHEUS_KUBERNETES) tools/kubernetes/with-node.sh $(KUBERNETES) \
	build/kubernetes.test -test.v -test.timeout 30m $(patsubst -%,-test.%,$(filter-out -v,$(TESTFLAGS)))

# Before a build of ten minutes.
.PHONY: kubernetes-needs
kubernetes-needs:
	@tools/kubernetes/with-node.sh

.PHONY: test-kubernetes
test-kubernetes: kubernetes-needs build/k6 $(KUBERNETES)/kubernetes $(PROMETHEUS_KUBERNETES) ## Run deploy/kubernetes on a node that is started for it; Linux, root
	CGO_ENABLED=0; export CGO_ENABLED; $(on_node)

.PHONY: kubernetes
kubernetes: kubernetes-needs build/k6 $(KUBERNETES)/kubernetes $(PROMETHEUS_KUBERNETES) ## The same, and write docs/evidence/kubernetes.md
	CGO_ENABLED=0; export CGO_ENABLED; $(on_node) -update

$(KUBERNETES)/kubernetes: tools/kubernetes/node/go.mod tools/kubernetes/node/go.sum tools/kubernetes/node/main.go
	@tools/require.sh go git
	@mkdir -p $(@D)
	CGO_ENABLED=0 go -C tools/kubernetes/node build -trimpath -ldflags '-s -w $(kubernetes_flags)' -o $(CURDIR)/$@ .
	@for part in $(KUBERNETES_PARTS); do ln -sf kubernetes $(@D)/$$part; done
	@touch $@

# With the discovery of pods, which the Prometheus of the other tests leaves out.
$(PROMETHEUS_KUBERNETES): tools/prometheus/go.mod tools/prometheus/go.sum
	@tools/require.sh go git
	@mkdir -p $(@D)
	go -C tools/prometheus build -tags remove_all_sd,enable_kubernetes_sd,netgo -o $(CURDIR)/$@ \
		github.com/prometheus/prometheus/cmd/prometheus
	@touch $@
