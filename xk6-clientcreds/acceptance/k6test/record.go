package k6test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// Record holds the parts of a run record that the tests check.
type Record struct {
	Run struct {
		Start     time.Time
		End       time.Time
		Script    string
		Completed bool
		Commit    string
		Scenarios []struct{ Name, Executor string }
		Clients   []struct{ Name, Auth string }
	}
	Instances []struct {
		K6, Segment string
		Series      map[string]json.RawMessage
	}
	Thresholds []struct {
		Metric, Source string
		Crossed        bool
	}
	Validity struct {
		Verdict string
		Reasons []struct{ Rule, Text string }
	}
	Metrics map[string]struct {
		All RecordValues
		By  map[string]map[string]RecordValues
	}
	Series map[string]struct{ Points []RecordValues }

	Text string
}

// RecordValues are the values of a metric.
type RecordValues struct {
	Samples, Sum, Nonzero float64
}

// Rules returns the rules that were broken, each once.
func (r *Record) Rules() []string {
	names := []string{}
	for _, reason := range r.Validity.Reasons {
		names = append(names, reason.Rule)
	}
	return slices.Compact(names)
}

// Mean returns the average of a trend.
func (r *Record) Mean(metric string) float64 {
	all := r.Metrics[metric].All
	return all.Sum / all.Samples
}

// ReadRecord reads a record, which must match the documented schema.
func ReadRecord(t *testing.T, file string) *Record {
	t.Helper()
	r := &Record{Text: ReadFile(t, file)}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join(Root, "docs/reference/record.schema.json"))
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(r.Text))
	require.NoError(t, err)
	require.NoError(t, schema.Validate(value))
	require.NoError(t, json.Unmarshal([]byte(r.Text), r))
	return r
}

// Recorded runs k6 and returns the run record with the result.
func (r Run) Recorded(t *testing.T) (Result, *Record) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "record.json")
	r.Args = append(slices.Clone(r.Args), "-o", "clientcreds-record="+file) // after other outputs
	result := r.Do(t)
	return result, ReadRecord(t, file)
}
