package compare

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// changed are four runs, of which the second is different.
func changed(change func(*runrecord.Record)) []*runrecord.Record {
	list := four(20, 0)
	change(list[1])
	return list
}

func TestRunsOfOneTest(t *testing.T) {
	p95 := rules(t, "p95 of clientcreds_request_duration", "+10%")
	scenario := func(r *runrecord.Record) *runrecord.Scenario { return &r.Run.Scenarios[0] }
	invalid := func(r *runrecord.Record) {
		r.Validity = validity.Validity{
			Verdict: validity.Invalid,
			Reasons: []validity.Reason{{Text: "3 answers were 401"}, {Text: "1 sample was lost by an output"}},
		}
	}
	for name, c := range map[string]struct {
		base, head []*runrecord.Record
		want       string
	}{
		"an untrusted base": {
			changed(invalid), four(20, 0),
			"run 2 of base is INVALID: 3 answers were 401; 1 sample was lost by an output",
		},
		"an untrusted head": {
			four(20, 0), changed(invalid),
			"run 2 of head is INVALID: 3 answers were 401; 1 sample was lost by an output",
		},
		"another script": {
			four(20, 0), changed(func(r *runrecord.Record) { r.Run.Script = "api-load.js" }),
			"the runs are not of one script: token-load.js in base and api-load.js or token-load.js in head",
		},
		"another option": {
			four(20, 0), changed(func(r *runrecord.Record) { scenario(r).Config["vus"] = 20 }),
			"the runs are not of one load: scenario token: vus is 10 in base and 10 or 20 in head",
		},
		"another element": {
			four(20, 0, func(r *runrecord.Record) {
				scenario(r).Config["stages"] = []any{map[string]any{"target": 5.0}, map[string]any{"duration": "200ms"}}
			}),
			four(20, 0, func(r *runrecord.Record) {
				scenario(r).Config["stages"] = []any{map[string]any{"target": 5.0}, map[string]any{"duration": "300ms"}}
			}),
			"the runs are not of one load: scenario token: stages[1].duration is 200ms in base and 300ms in head",
		},
		"an option more": {
			four(20, 0), four(20, 0, func(r *runrecord.Record) { scenario(r).Config["startTime"] = "1s" }),
			"the runs are not of one load: scenario token: startTime is not set in base and 1s in head",
		},
		"another function": {
			four(20, 0), four(20, 0, func(r *runrecord.Record) {
				scenario(r).Exec, scenario(r).Executor = "api", "shared-iterations"
			}),
			"the runs are not of one load: scenario token: exec is  in base and api in head; scenario token: executor is " +
				"constant-vus in base and shared-iterations in head",
		},
		"a scenario more in base": {
			four(20, 0, func(r *runrecord.Record) {
				r.Run.Scenarios = append(r.Run.Scenarios, runrecord.Scenario{Name: "api"})
			}), four(20, 0),
			"the runs are not of one load: scenario api is in base only",
		},
		"another scenario": {
			four(20, 0), four(20, 0, func(r *runrecord.Record) { scenario(r).Name = "tokens" }),
			"the runs are not of one load: scenario token is in base only; scenario tokens is in head only",
		},
		"a scenario less in one run": {
			four(20, 0), changed(func(r *runrecord.Record) { r.Run.Scenarios = nil }),
			"the runs are not of one load: scenario token is not in all runs",
		},
		"another segment": {
			four(20, 0), four(20, 0, func(r *runrecord.Record) { r.Instances[0].Segment = "0:1/2" }),
			"the runs are not of one load: execution segments: 0:1 in base and 0:1/2 in head",
		},
		"more values than fit": {
			four(20, 0),
			[]*runrecord.Record{
				run(20, 0, func(r *runrecord.Record) { scenario(r).Config["vus"] = 1 }),
				run(20, 0, func(r *runrecord.Record) { scenario(r).Config["vus"] = 2 }),
				run(20, 0, func(r *runrecord.Record) { scenario(r).Config["vus"] = 3 }),
				run(20, 0, func(r *runrecord.Record) { scenario(r).Config["vus"] = 4 }),
			},
			"the runs are not of one load: scenario token: vus is 10 in base and 1 or 2 or 2 other values in head",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := compared(t, c.base, c.head, p95)
			assert.Equal(t, validity.Invalid, r.Verdict)
			assert.Equal(t, []string{c.want}, r.Reasons)
		})
	}
	assert.Equal(t, validity.Pass, compared(t, four(20, 0), four(20, 0), p95).Verdict)
}

// Scenarios of processes of one run are compared too, although the merged run has each once.
func TestProcessesOfDifferentLoad(t *testing.T) {
	head := changed(func(r *runrecord.Record) { r.Run.Scenarios[0].Config["vus"] = 20 })
	head[1].Run.Start = head[0].Run.Start
	r := compared(t, four(20, 0), head, rules(t, "error rate", "+0"))
	require.NotEmpty(t, r.Reasons)
	assert.Contains(t, r.Reasons[0], "scenario token: vus is 10 in base and 10 or 20 in head")
}

// A reason is a line to read, however different the runs are.
func TestReasonsAreBounded(t *testing.T) {
	many := func(value string) func(*runrecord.Record) {
		return func(r *runrecord.Record) {
			for i := range 40 {
				r.Run.Scenarios[0].Config[fmt.Sprintf("option%02d", i)] = value
			}
		}
	}
	long := strings.Repeat("ö", 300)
	for name, value := range map[string]string{"short": "x", "long": long} {
		r := compared(t, four(20, 0), four(20, 0, many(value)), rules(t, "error rate", "+0"))
		require.Len(t, r.Reasons, 1)
		assert.LessOrEqual(t, len(r.Reasons[0]), maxReason, name)
		assert.Contains(t, r.Reasons[0], "scenario token: option00 is not set in base and ", name)
		assert.Regexp(t, `; and \d\d more$`, r.Reasons[0], name)
	}
	r := compared(t, four(20, 0, func(r *runrecord.Record) {
		r.Run.Scenarios[0].Name = long
		r.Validity = validity.Validity{
			Verdict: validity.Invalid,
			Reasons: []validity.Reason{{Text: long}, {Text: long}, {Text: long}},
		}
	}), four(20, 0, func(r *runrecord.Record) { r.Run.Script = long }), rules(t, "error rate", "+0"))
	for _, reason := range r.Reasons {
		assert.LessOrEqual(t, len(reason), maxReason)
		assert.NotContains(t, reason, "\ufffd", "characters are whole")
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string][]string{
		"0:1":           {"0:1/3", "2/3:1", "1/3:2/3"},
		"0:1/2":         {"0:1/4", "1/4:1/2"},
		"0:1/4 + 1/2:1": {"1/2:1", "0:1/4"},
		"0:1 + 0:1":     {"", ""},
		"0:1/2 + 0:1/2": {"0:2/4", "0:1/2"},
		"nonsense":      {"nonsense"},
		"0:1e99":        {"0:1e99"},
		"0:1/0":         {"0:1/0"},
	} {
		r := new(runrecord.Record)
		for _, part := range parts {
			r.Instances = append(r.Instances, runrecord.Instance{Segment: part})
		}
		assert.Equal(t, want, segments(r))
	}
}

func TestDifferences(t *testing.T) {
	for want, change := range map[string]func(*runrecord.Instance){
		"k6: v2.2.0 in base, v2.3.0 in head": func(i *runrecord.Instance) {
			i.K6 = "v2.3.0"
		},
		"Go: go1.26 in base, go1.27 in head": func(i *runrecord.Instance) {
			i.Go = "go1.27"
		},
		"machine: linux/amd64, 2 CPUs in base, linux/amd64, 4 CPUs in head": func(i *runrecord.Instance) {
			i.CPUs = 4
		},
		"machine: linux/amd64, 2 CPUs in base, darwin/amd64, 2 CPUs in head": func(i *runrecord.Instance) {
			i.OS = "darwin"
		},
		"machine: linux/amd64, 2 CPUs in base, linux/arm64, 2 CPUs in head": func(i *runrecord.Instance) {
			i.Arch = "arm64"
		},
		"machine: linux/amd64, 2 CPUs in base, Fast linux/amd64, 2 CPUs in head": func(i *runrecord.Instance) {
			i.CPU = "Fast"
		},
		"GOMAXPROCS: 2 in base, 1 in head": func(i *runrecord.Instance) {
			i.GOMAXPROCS = 1
		},
		connections("noConnectionReuse=true noVUConnectionReuse=false  "): func(i *runrecord.Instance) {
			i.Connection.NoReuse = true
		},
		connections("noConnectionReuse=false noVUConnectionReuse=true  "): func(i *runrecord.Instance) {
			i.Connection.NoVUReuse = true
		},
		connections("noConnectionReuse=false noVUConnectionReuse=false tls1.3 "): func(i *runrecord.Instance) {
			i.Connection.TLS = []string{"tls1.3"}
		},
		connections("noConnectionReuse=false noVUConnectionReuse=false  HTTP/2.0"): func(i *runrecord.Instance) {
			i.Connection.Protocols = []string{"HTTP/2.0"}
		},
	} {
		other := run(20, 0, func(r *runrecord.Record) { change(&r.Instances[0]) })
		r := compared(t, []*runrecord.Record{run(20, 0)}, []*runrecord.Record{other}, rules(t, "error rate", "+0"))
		assert.Equal(t, []string{want}, r.Differences)
		assert.Equal(t, validity.Pass, r.Verdict, "it is for a reader to judge")
	}
	r := compared(t, four(20, 0), changed(func(r *runrecord.Record) { r.Instances[0].Go = "go1.27" }),
		rules(t, "error rate", "+0"))
	assert.Equal(t, []string{"Go: go1.26 in base, go1.26 and go1.27 in head"}, r.Differences)
	assert.Empty(t, compared(t, four(20, 0), four(20, 0), rules(t, "error rate", "+0")).Differences)
}

func connections(head string) string {
	return "connections: noConnectionReuse=false noVUConnectionReuse=false   in base, " + head + " in head"
}
