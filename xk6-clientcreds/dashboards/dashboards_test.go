package dashboards

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// written is where the dashboards and rules are that users take.
const written = "../../dashboards"

// load reads the dashboards as Grafana does, and fails on a field that its schema does not know.
func load(t *testing.T) map[string]dashboard.Dashboard {
	t.Helper()
	plugins.RegisterDefaultPlugins()
	paths, err := filepath.Glob(filepath.Join(written, "grafana", "*.json"))
	require.NoError(t, err)
	loaded := make(map[string]dashboard.Dashboard)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		requireSchema(t, text, path)
		var d dashboard.Dashboard
		require.NoError(t, json.Unmarshal(text, &d), path)
		loaded[filepath.Base(path)] = d
	}
	return loaded
}

// requireSchema checks a dashboard strictly. The strict reader is for its errors only: it leaves
// panels out of what it reads, and its error is never nil but a list.
func requireSchema(t *testing.T, text []byte, path string) {
	t.Helper()
	var d dashboard.Dashboard
	err := d.UnmarshalJSONStrict(text)
	var wrong cog.BuildErrors
	if !errors.As(err, &wrong) || len(wrong) > 0 {
		require.NoError(t, err, path)
	}
}

func panels(d dashboard.Dashboard) []dashboard.Panel {
	var list []dashboard.Panel
	for _, p := range d.Panels {
		if p.Panel != nil {
			list = append(list, *p.Panel)
		}
		if p.RowPanel != nil {
			list = append(list, p.RowPanel.Panels...)
		}
	}
	return list
}

func TestFilesAreWhatTheCodeBuilds(t *testing.T) {
	texts, err := Files()
	require.NoError(t, err)
	found, err := os.ReadDir(filepath.Join(written, "grafana"))
	require.NoError(t, err)
	assert.Len(t, found, len(texts), "files in dashboards/grafana")
	for name, text := range texts {
		have, err := os.ReadFile(filepath.Join(written, "grafana", name))
		require.NoError(t, err)
		assert.Equal(t, string(text), string(have), "%s: `go generate ./xk6-clientcreds/dashboards` writes it anew", name)
	}
}

func TestSchema(t *testing.T) {
	loaded := load(t)
	require.Len(t, loaded, 3)
	uids := make(map[string]bool)
	for name, d := range loaded {
		require.NotNil(t, d.Uid, name)
		assert.False(t, uids[*d.Uid], "%s: uid %s is taken", name, *d.Uid)
		uids[*d.Uid] = true
		assert.Contains(t, d.Tags, tag, "%s: the dashboards link to each other by this tag", name)
		assert.NotEmpty(t, d.Annotations.List, name)
		var variables []string
		for _, v := range d.Templating.List {
			variables = append(variables, v.Name)
		}
		assert.Equal(t, []string{"datasource", "job", "instance", "testid", "scenario", "client"}, variables, name)
	}
}

// Variables in Grafana's menu of controls are not visible.
func TestLinksAndAnnotationsAreAtTheTop(t *testing.T) {
	for name, d := range load(t) {
		assert.NotEmpty(t, d.Links, name)
		assert.NotEmpty(t, d.Annotations.List, name)
		for _, link := range d.Links {
			assert.Nil(t, link.Placement, "%s: %s", name, link.Title)
		}
		for _, annotation := range d.Annotations.List {
			assert.Nil(t, annotation.Placement, "%s: %s", name, annotation.Name)
		}
	}
}

// A subquery without a step uses the interval of Prometheus's rules, a minute by default: most of a run.
func TestSubqueriesHaveAStep(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(written, "grafana", "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		for _, query := range queries(t, file) {
			assert.NotContains(t, query, ":]", filepath.Base(file))
		}
	}
}

func TestEveryPanelExplainsItself(t *testing.T) {
	for name, d := range load(t) {
		ids, titles := make(map[uint32]bool), make(map[string]bool)
		for _, p := range panels(d) {
			require.NotNil(t, p.Title, name)
			title := *p.Title
			assert.False(t, titles[title], "%s: two panels are called %q", name, title)
			titles[title] = true
			require.NotNil(t, p.Id, title)
			assert.False(t, ids[*p.Id], "%s: %q has an id that is taken", name, title)
			ids[*p.Id] = true
			assert.NotEmpty(t, p.Description, "%s: %q has no description", name, title)
			assert.NotEmpty(t, p.Targets, "%s: %q has no query", name, title)
			require.NotNil(t, p.Datasource, title)
			assert.Equal(t, "${datasource}", *p.Datasource.Uid, title)
			if p.Type != "table" && p.Type != "state-timeline" && p.Type != "heatmap" {
				require.NotNil(t, p.FieldConfig, title)
				assert.NotEmpty(t, p.FieldConfig.Defaults.Unit, "%s: %q has no unit", name, title)
			}
		}
	}
}

// Grafana moves panels that overlap, each time it loads the dashboard.
func TestPanelsFillTheGridWithoutOverlap(t *testing.T) {
	for name, d := range load(t) {
		var list []dashboard.GridPos
		for _, p := range d.Panels {
			if p.Panel != nil {
				list = append(list, *p.Panel.GridPos)
			} else {
				list = append(list, *p.RowPanel.GridPos)
			}
		}
		area, bottom := uint32(0), uint32(0)
		for i, a := range list {
			assert.LessOrEqual(t, a.X+a.W, uint32(24), "%s: panel %d is wider than the grid", name, i)
			for j, b := range list[:i] {
				overlap := a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
				assert.False(t, overlap, "%s: panels %d and %d overlap", name, j, i)
			}
			area += a.W * a.H
			bottom = max(bottom, a.Y+a.H)
		}
		assert.Equal(t, 24*bottom, area, "%s: the panels leave holes", name)
	}
}

// metricName finds the metrics that a query names: metrics of k6 and its process, of the rules
// and of Prometheus.
var metricName = regexp.MustCompile(`\b((?:[a-z_]+:)?k6_[a-z0-9_]+(?::[a-z0-9_]+)?|(?:scrape|process|go)_[a-z_]+)\b`)

func metricNames(texts ...string) []string {
	var names []string
	for _, text := range texts {
		names = append(names, metricName.FindAllString(text, -1)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// queries are the queries of a file's panels, variables and annotations.
func queries(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var tree any
	require.NoError(t, json.Unmarshal(text, &tree))
	var found []string
	var walk func(node any)
	walk = func(node any) {
		switch node := node.(type) {
		case map[string]any:
			for key, value := range node {
				if s, ok := value.(string); ok && (key == "expr" || key == "definition") {
					found = append(found, s)
				}
				walk(value)
			}
		case []any:
			for _, value := range node {
				walk(value)
			}
		}
	}
	walk(tree)
	return found
}

type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Record, Alert, Expr string
			Annotations         map[string]string
			Labels              map[string]string
		}
	}
}

func rules(t *testing.T) ruleFile {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(written, "prometheus", "rules.yml"))
	require.NoError(t, err)
	var file ruleFile
	require.NoError(t, yaml.Unmarshal(text, &file))
	require.NotEmpty(t, file.Groups)
	return file
}
