package exporter

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"
	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"
)

func resolve(t *testing.T, jsonConfig string, env map[string]string, argument string) (*options, error) {
	t.Helper()
	return resolveOptions(json.RawMessage(jsonConfig), env, argument, k6kit.Params("").Logger)
}

func TestOptionsHavePrecedence(t *testing.T) {
	const (
		fromJSON     = `{"addr": "json:1", "maxSeries": 3}`
		fromArgument = "addr=argument:3"
	)
	env := map[string]string{"K6_PROMETHEUS_ADDR": "env:2"}

	o, err := resolve(t, "", nil, "")
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:9464", o.Addr, "the default")
	assert.Equal(t, 10_000, o.MaxSeries)

	o, err = resolve(t, fromJSON, nil, "")
	require.NoError(t, err)
	assert.Equal(t, "json:1", o.Addr, "JSON before the default")

	o, err = resolve(t, fromJSON, env, "")
	require.NoError(t, err)
	assert.Equal(t, "env:2", o.Addr, "the environment before JSON")

	o, err = resolve(t, fromJSON, env, fromArgument)
	require.NoError(t, err)
	assert.Equal(t, "argument:3", o.Addr, "the argument before the environment")
	assert.Equal(t, 3, o.MaxSeries, "what the argument does not set stays")
}

func TestOptionsFromEverySource(t *testing.T) {
	want := options{
		Addr: "[::1]:9000", Path: "/k6", WebConfig: "web.yml", Linger: linger{atMost: 15 * time.Second},
		Metrics:   nameFilter{allow: []string{"http_*", "k6_vus"}, deny: []string{"*_blocked"}},
		Labels:    labelFilter{nameFilter{allow: []string{"s*", "name"}, deny: []string{"proto"}}, true},
		MaxSeries: 7,
		Buckets: bucketRules{
			"http_*": {0.1, 1},
			"size":   {1000},
		},
		Histograms: histogramsNative, RuntimeMetrics: false, Textfile: "k6.prom",
		Push: pushOptions{
			URL: "https://push.example.com", Job: "load", Labels: map[string]string{"env": "ci"},
			Username: "user", Password: "pass",
		},
	}
	t.Run("argument", func(t *testing.T) {
		o, err := resolve(t, "", nil, "[::1]:9000,path=/k6,webConfig=web.yml,linger=15s,metrics=http_* k6_vus,dropMetrics=*_blocked,labels=s* name,dropLabels=proto,"+
			"urlLabel=true,maxSeries=7,buckets=http_*:0.1 1;size:1e3,histograms=native,runtimeMetrics=false,"+
			"textfile=k6.prom,pushUrl=https://push.example.com,pushJob=load,pushLabels=env:ci,"+
			"pushUsername=user,pushPassword=pass")
		require.NoError(t, err)
		assert.Equal(t, &want, o)
	})
	t.Run("environment", func(t *testing.T) {
		o, err := resolve(t, "", map[string]string{
			"K6_PROMETHEUS_ADDR": "[::1]:9000", "K6_PROMETHEUS_PATH": "/k6", "K6_PROMETHEUS_WEB_CONFIG": "web.yml",
			"K6_PROMETHEUS_LINGER": "15s", "K6_PROMETHEUS_METRICS": "http_*,k6_vus",
			"K6_PROMETHEUS_DROP_METRICS": "*_blocked", "K6_PROMETHEUS_LABELS": "s*,name", "K6_PROMETHEUS_DROP_LABELS": "proto",
			"K6_PROMETHEUS_URL_LABEL": "true", "K6_PROMETHEUS_MAX_SERIES": "7",
			"K6_PROMETHEUS_BUCKETS": "http_*:0.1,1; size:1000", "K6_PROMETHEUS_HISTOGRAMS": "native",
			"K6_PROMETHEUS_RUNTIME_METRICS": "false", "K6_PROMETHEUS_TEXTFILE": "k6.prom",
			"K6_PROMETHEUS_PUSH_URL": "https://push.example.com", "K6_PROMETHEUS_PUSH_JOB": "load",
			"K6_PROMETHEUS_PUSH_LABELS": "env:ci", "K6_PROMETHEUS_PUSH_USERNAME": "user",
			"K6_PROMETHEUS_PUSH_PASSWORD": "pass",
		}, "")
		require.NoError(t, err)
		assert.Equal(t, &want, o)
	})
	t.Run("JSON", func(t *testing.T) {
		o, err := resolve(t, `{"addr": "[::1]:9000", "path": "/k6", "webConfig": "web.yml", "linger": "15s",
			"metrics": ["http_*", "k6_vus"], "dropMetrics": ["*_blocked"], "labels": ["s*", "name"], "dropLabels": ["proto"], "urlLabel": true, "maxSeries": 7,
			"buckets": {"http_*": [0.1, 1], "size": [1000]}, "histograms": "native", "runtimeMetrics": false,
			"textfile": "k6.prom", "pushUrl": "https://push.example.com", "pushJob": "load", "pushLabels": "env:ci",
			"pushUsername": "user", "pushPassword": "pass"}`, nil, "")
		require.NoError(t, err)
		assert.Equal(t, &want, o)
	})
}

// rising returns so many bounds of buckets.
func rising(n int) string {
	var bounds []string
	for i := range n {
		bounds = append(bounds, strconv.Itoa(i))
	}
	return strings.Join(bounds, " ")
}

func TestManyBuckets(t *testing.T) {
	o, err := resolve(t, "", nil, "buckets=x:1 2 +Inf")
	require.NoError(t, err)
	assert.Equal(t, []float64{1, 2}, o.Buckets["x"], "every histogram has the last one")
	o, err = resolve(t, "", nil, "buckets=x:"+rising(maxBuckets))
	require.NoError(t, err)
	assert.Len(t, o.Buckets["x"], maxBuckets)
}

func TestNamesInTheEnvironment(t *testing.T) {
	assert.Equal(t, "K6_PROMETHEUS_A_ZOO_OF_AXES", environmentName("aZooOfAxes"))
}

func TestOptionErrorsNameTheOptionAndWhatIsAllowed(t *testing.T) {
	for _, c := range []struct{ argument, want string }{
		{"nine", `option "addr" (-o prometheus=…): "nine" is not an address; it must be host:port, or :port for every interface`},
		{"http://a/", `option "addr" (-o prometheus=…): "http://a/" is not an address; it must be host:port, or :port for every interface`},
		{"a:", `option "addr" (-o prometheus=…): "a:" is not an address; it must be host:port, or :port for every interface`},
		{"adr=:1", `unknown option "adr" (-o prometheus=…) (did you mean "addr"?); use one of addr, path, webConfig, linger, metrics, dropMetrics, labels, dropLabels, urlLabel, maxSeries, buckets, histograms, runtimeMetrics, textfile, pushUrl, pushJob, pushLabels, pushUsername, pushPassword`},
		{":1,linger", `part 2 of -o prometheus=… has no "="; write ADDR, or ADDR,option=value,…, with spaces between the items of a list`},
		{"path=metrics", `option "path" (-o prometheus=…): "metrics" is not a path; it must be "/" and a name, such as "/metrics"`},
		{"path=/", `option "path" (-o prometheus=…): "/" is not a path; it must be "/" and a name, such as "/metrics"`},
		{"path=/-/healthy", `option "path" (-o prometheus=…): "/-/healthy" is the path of the health check; choose another path, such as "/metrics"`},
		{"metrics=[a", `option "metrics" (-o prometheus=…): "[a" is not a pattern; write a name with *, ?, and [a-z]`},
		{"dropMetrics=http_* [a", `option "dropMetrics" (-o prometheus=…): "[a" is not a pattern; write a name with *, ?, and [a-z]`},
		{"path=/{x}", `option "path" (-o prometheus=…): "/{x}" is not a path; it must be "/" and a name, such as "/metrics"`},
		{"linger=15", `option "linger" (-o prometheus=…): "15" is not a time; it must be "auto", "0s", or a duration such as "15s"`},
		{"linger=-1s", `option "linger" (-o prometheus=…): "-1s" is not a time; it must be "auto", "0s", or a duration such as "15s"`},
		{"labels=[a", `option "labels" (-o prometheus=…): "[a" is not a pattern; write a name with *, ?, and [a-z]`},
		{"dropLabels=[a", `option "dropLabels" (-o prometheus=…): "[a" is not a pattern; write a name with *, ?, and [a-z]`},
		{"urlLabel=yes", `option "urlLabel" (-o prometheus=…): "yes" is not a boolean; it must be true or false`},
		{"maxSeries=0", `option "maxSeries" (-o prometheus=…): "0" is not a number of series; it must be an integer from 1`},
		{"maxSeries=many", `option "maxSeries" (-o prometheus=…): "many" is not a number of series; it must be an integer from 1`},
		{"buckets=x", `option "buckets" (-o prometheus=…): "x" is not a rule; it must be name:bound bound …, with *, ? and [a-z] in the name, and ";" between rules`},
		{"buckets=x:", `option "buckets" (-o prometheus=…): the rule of "x" has 0 bounds; it must have 1 to 200, besides +Inf`},
		{"buckets=x:1 one", `option "buckets" (-o prometheus=…): "one" in the rule of "x" is not a number`},
		{"buckets=x:NaN", `option "buckets" (-o prometheus=…): "NaN" in the rule of "x" is not a number`},
		{"buckets=x:1 1", `option "buckets" (-o prometheus=…): "1" in the rule of "x" does not rise; write bounds in rising order`},
		{"buckets=x:" + rising(maxBuckets+1), `option "buckets" (-o prometheus=…): the rule of "x" has 201 bounds; it must have 1 to 200, besides +Inf`},
		{"buckets=x:1 +Inf 2", `option "buckets" (-o prometheus=…): "2" in the rule of "x" does not rise; write bounds in rising order`},
		{"buckets=x:+Inf", `option "buckets" (-o prometheus=…): the rule of "x" has 0 bounds; it must have 1 to 200, besides +Inf`},
		{"buckets=x:2 1", `option "buckets" (-o prometheus=…): "1" in the rule of "x" does not rise; write bounds in rising order`},
		{"histograms=all", `option "histograms" (-o prometheus=…): "all" is not a kind of histogram; it must be both, native, or classic`},
		{"runtimeMetrics=1", `option "runtimeMetrics" (-o prometheus=…): "1" is not a boolean; it must be true or false`},
		{"pushUrl=gateway:9091", `option "pushUrl" (-o prometheus=…): the value is not a URL; it must be http:// or https:// and the host of a Pushgateway`},
		{
			"pushUrl=http://u:hidden@g",
			`option "pushUrl" (-o prometheus=…): the URL has credentials in it; use a URL without them, and the options pushUsername and pushPassword`,
		},
		{"pushJob=", `option "pushJob" (-o prometheus=…): the name is empty; set a job name`},
		{"pushLabels=job:x", `option "pushLabels" (-o prometheus=…): "job:x" is not a grouping label; it must be name:value, where name is not job`},
		{"pushLabels=a-b:x", `option "pushLabels" (-o prometheus=…): "a-b:x" is not a grouping label; it must be name:value, where name is not job`},
		{"pushPassword=hidden", `option "pushPassword" is set without "pushUsername"; set both or none`},
	} {
		t.Run(c.argument, func(t *testing.T) {
			_, err := resolve(t, "", nil, c.argument)
			require.EqualError(t, err, c.want)
			assert.NotContains(t, err.Error(), "hidden", "a secret")
		})
	}
}

func TestJSONErrorsNameTheOption(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`[]`, `collectors.prometheus is not a JSON object of options`},
		{`{"adr": ":1"}`, `unknown option "adr" (collectors.prometheus) (did you mean "addr"?); use one of `},
		{`{"addr": null}`, `option "addr" (collectors.prometheus): null is not a value`},
		{`{"labels": [["a"]]}`, `option "labels" (collectors.prometheus): a list may hold strings and numbers only`},
		{`{"buckets": {"x": 1}}`, `option "buckets" (collectors.prometheus): "x" must be a list`},
		{`{"maxSeries": 1.5}`, `option "maxSeries" (collectors.prometheus): "1.5" is not a number of series; it must be an integer from 1`},
	} {
		_, err := resolve(t, c.config, nil, "")
		require.ErrorContains(t, err, c.want)
	}
}

func TestErrorOfTheEnvironmentNamesTheVariable(t *testing.T) {
	_, err := resolve(t, "", map[string]string{"K6_PROMETHEUS_LINGER": "x"}, "")
	require.ErrorContains(t, err, `option "linger" (K6_PROMETHEUS_LINGER): "x" is not a time`)
}

func TestUnknownVariablesAreWarnedOf(t *testing.T) {
	r := newRig(t, "", func(p *output.Params) {
		p.Environment = map[string]string{"K6_PROMETHEUS_LIGNER": "1s", "K6_PROMETHEUS_RW_SERVER_URL": "http://x"}
	})
	assert.Equal(t, []string{"K6_PROMETHEUS_LIGNER is not an option of the prometheus output and is ignored"},
		r.warnings())
}

func TestWrongOptionsAreAnInvalidConfiguration(t *testing.T) {
	_, err := New(k6kit.Params("nine"))
	var coded errext.HasExitCode
	require.ErrorAs(t, err, &coded)
	assert.Equal(t, exitcodes.InvalidConfig, coded.ExitCode())
}

// TestOptionsAndMetricsAreDescribed: the reference is generated from these descriptions.
func TestOptionsAndMetricsAreDescribed(t *testing.T) {
	names := make(map[string]bool)
	for _, o := range Options() {
		assert.NotEmpty(t, o.Help, o.Name)
		assert.Equal(t, environmentName(o.Name), o.Variable)
		names[o.Name] = true
	}
	assert.Len(t, names, len(optionTable()))
	for _, m := range OwnMetrics() {
		assert.NotEmpty(t, m.Help, m.Name)
		names[m.Name] = true
	}
	assert.Len(t, names, len(optionTable())+len(ownMetrics()))
}
