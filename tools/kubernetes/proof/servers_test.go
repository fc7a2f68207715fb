package proof

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

const (
	clientSecret = "only-for-this-node"
	issuer       = "http://10.96.0.8:8089" // the node does not have DNS
	metricsURL   = "http://127.0.0.1:9090"
)

// clients are the clients of the pool.
const clients = `[
  {"client_id": "shop-1", "client_secret": "only-for-shop-1"}, {"client_id": "shop-2", "client_secret": "only-for-shop-2"},
  {"client_id": "shop-3", "client_secret": "only-for-shop-3"}, {"client_id": "shop-4", "client_secret": "only-for-shop-4"}]`

const server = `
apiVersion: v1
kind: Namespace
metadata: {name: idp}
---
apiVersion: v1
kind: Secret
metadata: {name: clients, namespace: idp}
stringData: {clients.json: '` + clients + `'}
---
apiVersion: v1
kind: Service
metadata: {name: authserver, namespace: idp}
spec: {clusterIP: 10.96.0.8, selector: {app: authserver}, ports: [{port: 8089}]}
---
apiVersion: v1
kind: Pod
metadata: {name: authserver, namespace: idp, labels: {app: authserver}}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  containers:
    - name: authserver
      image: ` + k6BareImage + `
      imagePullPolicy: Never
      args: %s
      env: [{name: CLIENT_ID, value: demo}, {name: CLIENT_SECRET, value: ` + clientSecret + `}, {name: SCOPE, value: orders.read}]
      readinessProbe: {httpGet: {path: /health, port: 8089}, periodSeconds: 1}
      volumeMounts: [{name: clients, mountPath: /clients}]
  volumes: [{name: clients, secret: {secretName: clients}}]
`

// serve starts the server under test again, so that it counts from zero.
func (s *terminal) serve(t *testing.T, args ...string) {
	t.Helper()
	list, err := json.Marshal(append([]string{"x", "clientcreds", "serve", "--addr=:8089", "--issuer=" + issuer}, args...))
	require.NoError(t, err)
	s.write(t, "server.yaml", fmt.Sprintf(server, list))
	quiet := &terminal{dir: s.dir}
	quiet.run(t, "kubectl delete --namespace idp pod/authserver --ignore-not-found")
	quiet.run(t, "kubectl apply --filename server.yaml")
	quiet.run(t, "kubectl wait --namespace idp --for=condition=Ready pod/authserver --timeout=2m")
	eventually(t, "the server answers", func() bool { return fetch(issuer+"/health", nil) == nil })
}

// counted is the answer of /stats.
type counted struct {
	TokenRequests struct {
		Total    int
		ByClient map[string]int `json:"by_client"`
		ByResult map[string]int `json:"by_result"`
	} `json:"token_requests"`
	APIRequests struct{ Total int } `json:"api_requests"`
}

func stats(t *testing.T) counted {
	t.Helper()
	var c counted
	require.NoError(t, fetch(issuer+"/stats", &c))
	return c
}

func fetch(target string, into any) error {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(target)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", target, response.Status, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// eventually waits for what the node does on its own.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 3*time.Minute, 250*time.Millisecond, what)
}

// The jobs that many clusters have, for pods and for Services with annotations.
const usualJobs = `
- job_name: kubernetes-pods
  kubernetes_sd_configs: [{role: pod}]
  relabel_configs:
    - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], action: keep, regex: "true"}
    - source_labels: [__address__, __meta_kubernetes_pod_annotation_prometheus_io_port]
      regex: '([^:]+)(?::\d+)?;(\d+)'
      replacement: $1:$2
      target_label: __address__
- job_name: kubernetes-service-endpoints
  kubernetes_sd_configs: [{role: endpoints}]
  relabel_configs:
    - {source_labels: [__meta_kubernetes_service_annotation_prometheus_io_scrape], action: keep, regex: "true"}
    - source_labels: [__address__, __meta_kubernetes_service_annotation_prometheus_io_port]
      regex: '([^:]+)(?::\d+)?;(\d+)'
      replacement: $1:$2
      target_label: __address__
`

// startPrometheus runs a Prometheus with the scrape job of deploy/kubernetes, and with the usual ones, which must not find the runners too.
func startPrometheus(t *testing.T) {
	t.Helper()
	var config struct {
		Jobs []map[string]any `json:"scrape_configs"`
	}
	content, err := os.ReadFile(filepath.Join(project, "deploy/kubernetes/prometheus.yml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &config))
	var usual []map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(usualJobs), &usual))
	config.Jobs = append(config.Jobs, usual...)
	for _, j := range config.Jobs {
		j["scrape_interval"] = "1s"
		j["kubernetes_sd_configs"].([]any)[0].(map[string]any)["kubeconfig_file"] = os.Getenv("KUBECONFIG")
	}
	dir := t.TempDir()
	content, err = yaml.Marshal(config)
	require.NoError(t, err)
	file := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	cmd := exec.Command(os.Getenv("PROMETHEUS_KUBERNETES_BIN"), "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address=127.0.0.1:9090")
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	eventually(t, "Prometheus is ready", func() bool { return fetch(metricsURL+"/-/ready", nil) == nil })
}

// sum adds up all series of a metric, whichever job scraped them, at the last time that each was scraped.
func sum(t *testing.T, metric string) int {
	t.Helper()
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	query := "sum(last_over_time(" + metric + "[30m]))"
	require.NoError(t, fetch(metricsURL+"/api/v1/query?query="+url.QueryEscape(query), &answer))
	require.Len(t, answer.Data.Result, 1, query)
	value, err := strconv.ParseFloat(answer.Data.Result[0].Value[1].(string), 64)
	require.NoError(t, err)
	return int(value)
}
