package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// environment is where the runs ran, and with which configuration.
func environment(groups []*group) section {
	part := section{ID: "environment", Title: "Environment and configuration"}
	part.table(instances(groups), loaded(groups), configuration(groups), allowed(groups), lost(groups))
	return part
}

// instances is the table of the k6 processes; those that are alike are one row.
func instances(groups []*group) *table {
	t := &table{Caption: "Environment", Columns: []string{
		"side", "processes", "k6", "extension", "Go", "system", "CPU", "GOMAXPROCS", "connections", "segments",
	}}
	if len(groups) == 1 {
		t.Columns[0] = "what"
	}
	for _, g := range groups {
		name := g.name
		if name == "" {
			name = "k6"
		}
		count := make(map[string]int)
		first := make(map[string][]string)
		segments := make(map[string][]string)
		for i := range g.record.Instances {
			instance := &g.record.Instances[i]
			cells := describe(instance)
			key := strings.Join(cells, "\x00")
			count[key]++
			first[key] = cells
			if segment := instance.Segment; segment != "" && !slices.Contains(segments[key], segment) {
				segments[key] = append(segments[key], segment)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(count)) {
			t.add(slices.Concat([]string{name, strconv.Itoa(count[key])}, first[key],
				[]string{orNone(strings.Join(segments[key], ", "))})...)
		}
	}
	return t
}

func describe(i *runrecord.Instance) []string {
	connections := []string{"reused"}
	if i.Connection.NoReuse {
		connections[0] = "not reused"
	} else if i.Connection.NoVUReuse {
		connections[0] = "reused within an iteration"
	}
	connections = append(connections, slices.Concat(i.Connection.Protocols, i.Connection.TLS)...)
	return []string{
		orNone(i.K6), orNone(i.Extension), orNone(i.Go), i.OS + "/" + i.Arch,
		strings.TrimSpace(fmt.Sprintf("%s, %d logical", i.CPU, i.CPUs)), strconv.Itoa(i.GOMAXPROCS),
		strings.Join(connections, ", "),
	}
}

func orNone(text string) string {
	if text == "" {
		return none
	}
	return text
}

// loaded is the table of the servers that the test loaded.
func loaded(groups []*group) *table {
	t := &table{Caption: "Servers", Columns: []string{"what", "servers"}}
	for _, g := range groups {
		targets := g.record.Run.Targets
		for what, origins := range map[string][]string{"token endpoint": targets.TokenEndpoints, "API": targets.APIs} {
			if len(origins) > 0 {
				t.add(g.label(what), strings.Join(origins, ", "))
			}
		}
	}
	slices.SortFunc(t.Rows, func(a, b row) int { return strings.Compare(a.Cells[0], b.Cells[0]) })
	return t
}

// configuration is the table of the scenarios and their executors' options.
func configuration(groups []*group) *table {
	t := &table{Caption: "Scenarios", Columns: []string{"scenario", "executor", "function", "options"}}
	for _, g := range groups {
		for _, scenario := range g.record.Run.Scenarios {
			t.add(g.label(scenario.Name), scenario.Executor, scenario.Exec, optionsOf(scenario.Config))
		}
	}
	return t
}

func optionsOf(config map[string]any) string {
	var texts []string
	for _, name := range slices.Sorted(maps.Keys(config)) {
		value, err := json.Marshal(config[name])
		if err != nil {
			continue // what was read from JSON can be written
		}
		texts = append(texts, name+": "+strings.Trim(string(value), `"`))
	}
	return orNone(strings.Join(texts, ", "))
}

// allowed returns the limits of validity that the runs raised.
func allowed(groups []*group) *table {
	t := &table{Caption: "Limits of validity that the run raised", Columns: []string{"rule", "limit"}}
	for _, s := range groups {
		for _, rule := range slices.Sorted(maps.Keys(s.record.Validity.Tolerances)) {
			t.add(s.label(rule), strconv.FormatFloat(s.record.Validity.Tolerances[rule], 'g', -1, 64))
		}
	}
	return t
}

// lost are the samples that are missing.
func lost(groups []*group) *table {
	t := &table{Caption: "Samples that were lost", Columns: []string{"reason", "samples"}}
	for _, g := range groups {
		all := make(map[string]int64)
		for _, i := range g.record.Instances {
			for reason, n := range i.Lost {
				all[reason] += n
			}
		}
		for _, reason := range slices.Sorted(maps.Keys(all)) {
			t.mark(warn, g.label(reason), digits(float64(all[reason])))
		}
	}
	return t
}

// runs is the table of the runs, each with its own verdict.
func runs(groups []*group) section {
	part := section{ID: "runs", Title: "Runs"}
	t := &table{Caption: "Runs", Columns: []string{
		"run", "script", "start", "duration", "processes", "version", "verdict",
		"reasons",
	}}
	for _, g := range groups {
		for i, r := range g.runs {
			v := r.Validity
			t.mark(markOf(v.Verdict), g.label(strconv.Itoa(i+1)), orNone(r.Run.Script), moment(r.Run.Start),
				clock(int64(r.Run.Duration().Seconds())), strconv.Itoa(len(r.Instances)), versionOf(&r.Run),
				string(v.Verdict), orNone(strings.Join(texts(v.Reasons), "; ")))
		}
	}
	part.table(t)
	return part
}

func texts(reasons []validity.Reason) []string {
	list := make([]string, len(reasons))
	for i, r := range reasons {
		list[i] = r.Text
	}
	return list
}

func markOf(v validity.Verdict) string {
	switch v {
	case validity.Pass:
		return good
	case validity.Fail:
		return bad
	default:
		return warn
	}
}

// versionOf returns the name of the version under test: the tag version, the commit, or both.
func versionOf(run *runrecord.Run) string {
	version, commit := run.Tags[compare.VersionTag], run.ShortCommit()
	if version != "" && commit != "" {
		return version + ", " + commit
	}
	return orNone(version + commit)
}
