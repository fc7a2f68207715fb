package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// mismatches lists why the runs are not runs of one test: another script, or another load. Scenarios are read off the
// records as they were given, since a merged one has each scenario once.
func mismatches(baseRecords, headRecords, baseRuns, headRuns []*runrecord.Record) []string {
	var reasons []string
	script := func(r *runrecord.Record) string { return r.Run.Script }
	if b, h := distinct(baseRecords, script), distinct(headRecords, script); differ(b, h) {
		reasons = append(reasons, "the runs are not of one script: "+inBoth(b, h))
	}
	differences := scenarioDifferences(baseRecords, headRecords)
	if b, h := distinct(baseRuns, segments), distinct(headRuns, segments); differ(b, h) {
		differences = append(differences, "execution segments: "+inBoth(b, h))
	}
	if len(differences) > 0 {
		reasons = append(reasons, summarize("the runs are not of one load: ", differences))
	}
	return reasons
}

// differ reports whether there is more than one value on both sides together.
func differ(base, head []string) bool {
	return len(base) != 1 || len(head) != 1 || base[0] != head[0]
}

// scenarioDifferences names each option of a scenario that is not the same in all runs, and its values.
func scenarioDifferences(base, head []*runrecord.Record) []string {
	b, h := optionsOf(base), optionsOf(head)
	var list []string
	for _, name := range names(b, h) {
		switch inBase, inHead := b.has(name), h.has(name); {
		case inBase == all && inHead == all:
			list = append(list, optionDifferences(name, b, h)...)
		case inBase == none:
			list = append(list, "scenario "+shorten(name, maxText)+" is in head only")
		case inHead == none:
			list = append(list, "scenario "+shorten(name, maxText)+" is in base only")
		default:
			list = append(list, "scenario "+shorten(name, maxText)+" is not in all runs")
		}
	}
	return list
}

// options are the options of the scenarios of each record of one side: by the name of the scenario, and by the path of
// the option, such as stages[1].duration.
type options []map[string]map[string]string

func optionsOf(records []*runrecord.Record) options {
	side := make(options, len(records))
	for i, r := range records {
		side[i] = make(map[string]map[string]string)
		for _, s := range r.Run.Scenarios {
			flat := map[string]string{"executor": s.Executor, "exec": s.Exec}
			for name, value := range s.Config {
				flatten(flat, name, value)
			}
			side[i][s.Name] = flat
		}
	}
	return side
}

// flatten adds a value as JSON has it, and what is in it, by path.
func flatten(into map[string]string, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			flatten(into, path+"."+name, member)
		}
	case []any:
		for i, element := range v {
			flatten(into, fmt.Sprintf("%s[%d]", path, i), element)
		}
	case string:
		into[path] = v
	default:
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte(err.Error()) // what was read from JSON can be written
		}
		into[path] = string(text)
	}
}

// presence is in how many of the records of a side something is.
type presence int

const (
	none presence = iota
	some
	all
)

func (side options) has(scenario string) presence {
	n := 0
	for _, record := range side {
		if record[scenario] != nil {
			n++
		}
	}
	switch n {
	case 0:
		return none
	case len(side):
		return all
	default:
		return some
	}
}

// names returns the names of the scenarios of both sides.
func names(base, head options) []string {
	seen := make(map[string]bool)
	for _, record := range slices.Concat(base, head) {
		for name := range record {
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func optionDifferences(scenario string, base, head options) []string {
	paths := make(map[string]bool)
	for _, record := range slices.Concat(base, head) {
		for path := range record[scenario] {
			paths[path] = true
		}
	}
	var list []string
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		b, h := base.values(scenario, path), head.values(scenario, path)
		if differ(b, h) {
			list = append(list, fmt.Sprintf("scenario %s: %s is %s", shorten(scenario, maxText), shorten(path, maxText),
				inBoth(b, h)))
		}
	}
	return list
}

// values are the values of an option on one side, each once.
func (side options) values(scenario, path string) []string {
	seen := make(map[string]bool)
	for _, record := range side {
		value, set := record[scenario][path]
		if !set {
			value = "not set"
		}
		seen[value] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
