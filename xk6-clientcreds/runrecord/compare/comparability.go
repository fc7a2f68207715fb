package compare

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// invalidRuns names the runs whose own verdict is INVALID: their numbers mean nothing, so the comparison means nothing
// either.
func invalidRuns(side string, runs []*runrecord.Record) []string {
	var list []string
	for i, r := range runs {
		if r.Validity.Verdict == validity.Invalid {
			list = append(list, shorten(fmt.Sprintf("run %d of %s is %s", i+1, side, r.Validity), maxReason))
		}
	}
	return list
}

// differences returns other causes that can explain a change.
func differences(base, head []*runrecord.Record) []string {
	var list []string
	for _, aspect := range []struct {
		name string
		of   func(*runrecord.Record) string
	}{
		{"k6", each(func(i *runrecord.Instance) string { return i.K6 })},
		{"Go", each(func(i *runrecord.Instance) string { return i.Go })},
		{"machine", each(func(i *runrecord.Instance) string {
			return strings.TrimSpace(fmt.Sprintf("%s %s/%s, %d CPUs", i.CPU, i.OS, i.Arch, i.CPUs))
		})},
		{"GOMAXPROCS", each(func(i *runrecord.Instance) string { return strconv.Itoa(i.GOMAXPROCS) })},
		{"connections", each(func(i *runrecord.Instance) string {
			return fmt.Sprintf("noConnectionReuse=%t noVUConnectionReuse=%t %s %s", i.Connection.NoReuse, i.Connection.NoVUReuse,
				strings.Join(i.Connection.TLS, "+"), strings.Join(i.Connection.Protocols, "+"))
		})},
		{"processes of a run", func(r *runrecord.Record) string { return strconv.Itoa(len(r.Instances)) }},
	} {
		b, h := distinct(base, aspect.of), distinct(head, aspect.of)
		if !slices.Equal(b, h) {
			list = append(list, fmt.Sprintf("%s: %s in base, %s in head", aspect.name, strings.Join(b, " and "),
				strings.Join(h, " and ")))
		}
	}
	return list
}

// each is an aspect of all processes of a run.
func each(of func(*runrecord.Instance) string) func(*runrecord.Record) string {
	return func(r *runrecord.Record) string { return ofInstances(r, of) }
}

func ofInstances(r *runrecord.Record, of func(*runrecord.Instance) string) string {
	seen := make(map[string]bool)
	for i := range r.Instances {
		seen[of(&r.Instances[i])] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), " + ")
}

// distinct are the values of an aspect, sorted, each once.
func distinct(records []*runrecord.Record, of func(*runrecord.Record) string) []string {
	seen := make(map[string]bool)
	for _, r := range records {
		seen[of(r)] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
