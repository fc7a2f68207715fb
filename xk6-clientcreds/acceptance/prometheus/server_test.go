package prometheus

import (
	"context"
	"encoding/json"
	"fmt"
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

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/acceptance/k6test"
)

// prometheus is a real Prometheus that scrapes once per second and evaluates the project's rules.
type prometheus struct {
	*k6test.Process

	url   string
	major int // version
}

// startPrometheus starts a Prometheus with these scrape configurations.
func startPrometheus(t *testing.T, scrapeConfigs func(major int) string) *prometheus {
	t.Helper()
	bin := k6test.Program(t, "PROMETHEUS_BIN")
	p := &prometheus{major: majorVersion(t, bin)}
	rules, err := filepath.Abs(filepath.Join(k6test.Root, "dashboards/prometheus/rules.yml"))
	require.NoError(t, err)
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n" +
		"rule_files: [" + strconv.Quote(rules) + "]\nscrape_configs:\n" + scrapeConfigs(p.major)
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	addr := k6test.FreeAddress(t)
	p.url = "http://" + addr
	log := new(k6test.Output)
	cmd := exec.CommandContext(t.Context(), bin, // #nosec G204 -- the tool that the environment names
		"--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+addr, "--web.enable-remote-write-receiver", "--log.level=warn",
		"--enable-feature=created-timestamp-zero-ingestion", // Prometheus 2.42 does not know it, and says so
		"--scrape.discovery-reload-interval=100ms")          // else the first scrape comes after five seconds
	cmd.Stdout, cmd.Stderr = log, log
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(log)
		}
	})
	p.Process = k6test.StartProcess(t, cmd)
	k6test.Eventually(t, func() bool {
		select {
		case <-p.Done:
			t.Fatalf("Prometheus ended at its start: %s", log)
		default:
		}
		resp, err := http.Get(p.url + "/-/ready") // #nosec G107 -- of this test
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, "Prometheus is ready")
	jobs := strings.Count(text, "job_name:")
	k6test.Eventually(t, func() bool {
		return len(p.query(t, "up", time.Now())) == jobs
	}, "Prometheus scrapes")
	return p
}

func majorVersion(t *testing.T, bin string) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), bin, "--version").CombinedOutput() // #nosec G204 -- as above
	require.NoError(t, err)
	// A build from the module proxy does not know its version: it is a Prometheus 3.
	_, version, _ := strings.Cut(string(out), "version ")
	number, _, _ := strings.Cut(version, ".")
	if major, err := strconv.Atoi(number); err == nil {
		return major
	}
	return 3
}

// series is one series of a query's result. A histogram has no values here.
type series struct {
	Metric     map[string]string `json:"metric"`
	Value      *point            `json:"value"`
	Values     []point           `json:"values"`
	Histogram  json.RawMessage   `json:"histogram"`
	Histograms []json.RawMessage `json:"histograms"`
}

// point is a value at a time.
type point struct {
	at time.Time
	v  float64
}

func (p *point) UnmarshalJSON(text []byte) error {
	var pair [2]any
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	seconds, isNumber := pair[0].(float64)
	value, isText := pair[1].(string)
	if !isNumber || !isText {
		return fmt.Errorf("%s is not a point", text)
	}
	v, err := strconv.ParseFloat(value, 64)
	p.at, p.v = time.UnixMilli(int64(seconds*1000)), v
	return err
}

// query evaluates an expression at one time.
func (p *prometheus) query(t *testing.T, expr string, at time.Time) []series {
	t.Helper()
	return p.ask(t, "query", url.Values{"query": {expr}, "time": {unix(at)}})
}

// queryRange evaluates an expression at every second of a time.
func (p *prometheus) queryRange(t *testing.T, expr string, from, to time.Time) []series {
	t.Helper()
	return p.ask(t, "query_range", url.Values{"query": {expr}, "start": {unix(from)}, "end": {unix(to)}, "step": {"1"}})
}

func unix(at time.Time) string { return strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64) }

func (p *prometheus) ask(t *testing.T, what string, form url.Values) []series {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), k6test.Soon)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/api/v1/"+what, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	var answer struct {
		Status, Error string
		Data          struct {
			ResultType string
			Result     []series
		}
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer), form.Get("query"))
	require.Equal(t, "success", answer.Status, "%s: %s", form.Get("query"), answer.Error)
	return answer.Data.Result
}

// value is the only value of an expression at one time.
func (p *prometheus) value(t *testing.T, expr string, at time.Time) float64 {
	t.Helper()
	result := p.query(t, expr, at)
	require.Len(t, result, 1, "%s", expr)
	require.NotNil(t, result[0].Value, "%s", expr)
	return result[0].Value.v
}
