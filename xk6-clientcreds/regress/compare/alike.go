package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// untrusted names the records whose own verdict is INVALID: their numbers say nothing, so neither do
// those of a comparison.
func untrusted(side string, records []*regress.Record) []string {
	var list []string
	for i, r := range records {
		if r.Validity.Verdict == regress.Invalid {
			list = append(list, fmt.Sprintf("run %d of %s is %s", i+1, side, r.Validity))
		}
	}
	return list
}

// notTheSame says why the runs are not runs of one test.
func notTheSame(base, head []*regress.Record) []string {
	var list []string
	for _, aspect := range []struct {
		name string
		of   func(*regress.Record) string
	}{
		{"script", func(r *regress.Record) string { return r.Run.Script }},
		{"load", load},
	} {
		if seen := distinct(slices.Concat(base, head), aspect.of); len(seen) > 1 {
			list = append(list, fmt.Sprintf("the runs are not of one %s: %s", aspect.name, strings.Join(seen, " and ")))
		}
	}
	return list
}

// load is what the test did, as text.
func load(r *regress.Record) string {
	text, err := json.Marshal(r.Run.Scenarios) // the order of object members is fixed
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// differences are what can explain a change beside the change that the comparison is about.
func differences(base, head []*regress.Record) []string {
	var list []string
	for _, aspect := range []struct {
		name string
		of   func(*regress.Instance) string
	}{
		{"k6", func(i *regress.Instance) string { return i.K6 }},
		{"Go", func(i *regress.Instance) string { return i.Go }},
		{"machine", func(i *regress.Instance) string {
			return strings.TrimSpace(fmt.Sprintf("%s %s/%s, %d CPUs", i.CPU, i.OS, i.Arch, i.CPUs))
		}},
		{"GOMAXPROCS", func(i *regress.Instance) string { return strconv.Itoa(i.GOMAXPROCS) }},
		{"connections", func(i *regress.Instance) string {
			return fmt.Sprintf("noConnectionReuse=%t noVUConnectionReuse=%t %s %s", i.Connection.NoReuse, i.Connection.NoVUReuse,
				strings.Join(i.Connection.TLS, "+"), strings.Join(i.Connection.Protocols, "+"))
		}},
	} {
		of := func(r *regress.Record) string { return ofInstances(r, aspect.of) }
		b, h := distinct(base, of), distinct(head, of)
		if !slices.Equal(b, h) {
			list = append(list, fmt.Sprintf("%s: %s in base, %s in head", aspect.name, strings.Join(b, " and "), strings.Join(h, " and ")))
		}
	}
	return list
}

func ofInstances(r *regress.Record, of func(*regress.Instance) string) string {
	seen := make(map[string]bool)
	for i := range r.Instances {
		seen[of(&r.Instances[i])] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), " + ")
}

// distinct are the values of an aspect, sorted, each once.
func distinct(records []*regress.Record, of func(*regress.Record) string) []string {
	seen := make(map[string]bool)
	for _, r := range records {
		seen[of(r)] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
