package exporter

import (
	"errors"
	"fmt"
	"math"
	"net"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"
)

// option is one row of the table of options.
type option struct {
	name    string // in the argument and in JSON
	initial string // the default; "" is the zero value
	help    string
	set     func(o *options, text string) error
}

// OptionInfo describes one option of the output.
type OptionInfo struct{ Name, Variable, Default, Help string }

// Options lists the options of the output.
func Options() []OptionInfo {
	var infos []OptionInfo
	for _, row := range optionTable() {
		infos = append(infos, OptionInfo{row.name, environmentName(row.name), row.initial, row.help})
	}
	return infos
}

// optionTable lists every option.
func optionTable() []option {
	return []option{
		{
			"addr", "127.0.0.1:9464",
			"Address to listen on, `host:port`. Without a host: every interface. Port 0: any free " +
				"port.",
			func(o *options, s string) error {
				o.Addr = s
				_, port, err := net.SplitHostPort(s)
				if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil {
					return fmt.Errorf("%q is not an address; it must be host:port, or :port for every interface", s)
				}
				return nil
			},
		},
		{
			"path", "/metrics", "Path of the metrics.",
			func(o *options, s string) error {
				o.Path = s
				if !strings.HasPrefix(s, "/") || s == "/" || strings.ContainsAny(s, " {}?#") {
					return fmt.Errorf("%q is not a path; it must be \"/\" and a name, such as \"/metrics\"", s)
				}
				if s == healthPath {
					return fmt.Errorf("%q is the path of the health check; choose another path, such as \"/metrics\"", s)
				}
				return nil
			},
		},
		{
			"webConfig", "",
			"[Web configuration " +
				"file](https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md) for TLS and basic " +
				"authentication.",
			func(o *options, s string) error { o.WebConfig = s; return nil },
		},
		{
			"linger", "auto",
			"How long the metrics stay available after the test: `auto` (until the last scrape), or a duration " +
				"such as `15s`.",
			func(o *options, s string) (err error) { o.Linger, err = parseLinger(s); return err },
		},
		{
			"metrics", "*",
			"Metrics of the script and of k6 to serve, by k6 name or by Prometheus name. `*`, `?`, and `[a-z]` match.",
			func(o *options, s string) (err error) { o.Metrics.allow, err = parseGlobs(s); return err },
		},
		{
			"dropMetrics", "", "Metrics to drop from these.",
			func(o *options, s string) (err error) { o.Metrics.deny, err = parseGlobs(s); return err },
		},
		{
			"labels", "*", "Labels to serve, by name. `*`, `?`, and `[a-z]` match.",
			func(o *options, s string) (err error) { o.Labels.allow, err = parseGlobs(s); return err },
		},
		{
			"dropLabels", "", "Labels to drop from these.",
			func(o *options, s string) (err error) { o.Labels.deny, err = parseGlobs(s); return err },
		},
		{
			"urlLabel", "false", "`true`: keep the label `url` where there is a `name`.",
			func(o *options, s string) (err error) { o.Labels.url, err = parseBool(s); return err },
		},
		{
			"maxSeries", "10000", "Maximum number of label sets per metric.",
			func(o *options, s string) (err error) {
				if o.MaxSeries, err = strconv.Atoi(s); err != nil || o.MaxSeries < 1 {
					return fmt.Errorf("%q is not a number of series; it must be an integer from 1", s)
				}
				return nil
			},
		},
		{
			"buckets", "",
			"Classic buckets of Trends by k6 name, in base units: `http_req_*:0.1 0.5 1;my_size:1e3 1e6`. The " +
				"longest matching name takes precedence.",
			func(o *options, s string) (err error) { o.Buckets, err = parseBucketRules(s); return err },
		},
		{
			"histograms", string(histogramsBoth),
			"`both`, `native`, or `classic` buckets. With `native`, formats other than protobuf contain sum and " +
				"count only.",
			func(o *options, s string) (err error) {
				o.Histograms, err = parseHistogramKind(s)
				return err
			},
		},
		{
			"runtimeMetrics", "true", "`false`: no `go_*` and `process_*` metrics.",
			func(o *options, s string) (err error) { o.RuntimeMetrics, err = parseBool(s); return err },
		},
		{
			"textfile", "", "File to write the metrics to, in the text format, when the test ends.",
			func(o *options, s string) error { o.Textfile = s; return nil },
		},
		{
			"pushUrl", "", "Pushgateway to push the metrics to when the test ends.",
			func(o *options, s string) (err error) { o.Push.URL, err = parsePushURL(s); return err },
		},
		{
			"pushJob", "k6", "`job` of the pushed group.",
			func(o *options, s string) error {
				o.Push.Job = s
				if s == "" {
					return errors.New("the name is empty; set a job name")
				}
				return nil
			},
		},
		{
			"pushLabels", "", "Additional labels of the group, which no metric may have: `instance:a env:ci`.",
			func(o *options, s string) (err error) { o.Push.Labels, err = parsePushLabels(s); return err },
		},
		{
			"pushUsername", "", "User name for basic authentication at the Pushgateway.",
			func(o *options, s string) error { o.Push.Username = s; return nil },
		},
		{
			"pushPassword", "",
			"Password for basic authentication. Set it in the environment: other users can see arguments in " +
				"process lists.",
			func(o *options, s string) error { o.Push.Password = s; return nil },
		},
	}
}

func parseBool(s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%q is not a boolean; it must be true or false", s)
}

// parseList splits at spaces and commas. In the argument commas part the options.
func parseList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

func parseLinger(s string) (linger, error) {
	if s == "auto" {
		return linger{auto: true}, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return linger{}, fmt.Errorf("%q is not a time; it must be \"auto\", \"0s\", or a duration such as \"15s\"", s)
	}
	return linger{atMost: d}, nil
}

func parseHistogramKind(s string) (histogramKind, error) {
	switch kind := histogramKind(s); kind {
	case histogramsBoth, histogramsNative, histogramsClassic:
		return kind, nil
	}
	return "", fmt.Errorf("%q is not a kind of histogram; it must be %s, %s, or %s",
		s, histogramsBoth, histogramsNative, histogramsClassic)
}

// parseBucketRules reads glob:bound bound …;glob:….
func parseBucketRules(s string) (bucketRules, error) {
	rules := make(bucketRules)
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' }) {
		glob, list, found := strings.Cut(part, ":")
		glob = strings.TrimSpace(glob)
		if _, err := path.Match(glob, ""); err != nil || !found || glob == "" {
			return nil, fmt.Errorf("%q is not a rule; it must be name:bound bound …, with *, ? and [a-z] in the name, "+
				"and \";\" between rules", part)
		}
		var bounds []float64
		for _, item := range parseList(list) {
			bound, err := strconv.ParseFloat(item, 64)
			if err != nil || math.IsNaN(bound) {
				return nil, fmt.Errorf("%q in the rule of %q is not a number", item, glob)
			}
			if n := len(bounds); n > 0 && bound <= bounds[n-1] {
				return nil, fmt.Errorf("%q in the rule of %q does not rise; write bounds in rising order", item, glob)
			}
			bounds = append(bounds, bound)
		}
		if n := len(bounds); n > 0 && math.IsInf(bounds[n-1], 1) {
			bounds = bounds[:n-1] // each histogram has this bucket: its count
		}
		if len(bounds) == 0 || len(bounds) > maxBuckets {
			return nil, fmt.Errorf("the rule of %q has %d bounds; it must have 1 to %d, besides +Inf",
				glob, len(bounds), maxBuckets)
		}
		rules[glob] = bounds
	}
	return rules, nil
}

// parsePushLabels reads name:value name:value ….
func parsePushLabels(s string) (map[string]string, error) {
	labels := make(map[string]string)
	for _, item := range parseList(s) {
		name, value, found := strings.Cut(item, ":")
		if !found || value == "" || name == "job" || !model.LegacyValidation.IsValidLabelName(name) {
			return nil, fmt.Errorf("%q is not a grouping label; it must be name:value, where name is not job", item)
		}
		labels[name] = value
	}
	return labels, nil
}
