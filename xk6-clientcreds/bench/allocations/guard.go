package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// growth is how many times as much as in the table a benchmark may need.
const growth = 1.5

// cost holds the allocations of one turn of a benchmark.
type cost struct{ allocations, bytes float64 }

// read reads the output of go test. A failed benchmark prints none of its own, so go test must not be in a pipe that
// hides its exit code.
func read(results io.Reader) (map[string]cost, error) {
	costs := make(map[string]cost)
	r := benchfmt.NewReader(results, "standard input")
	for r.Scan() {
		switch record := r.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, record
		case *benchfmt.Result:
			allocations, known := record.Value("allocs/op")
			size, sized := record.Value("B/op")
			if !known || !sized {
				return nil, fmt.Errorf("%s has no allocations; run go test with -benchmem", record.Name)
			}
			base, _ := record.Name.Parts()
			name := path.Base(record.GetConfig("pkg")) + " " + subName(record.Name, base)
			costs[name] = cost{allocations, size}
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if len(costs) == 0 {
		return nil, errors.New("no benchmark has run")
	}
	return costs, nil
}

// subName is the name without the number of CPUs.
func subName(name benchfmt.Name, base []byte) string {
	full := string(name.Full())
	if i := strings.LastIndexByte(full, '-'); i > 0 && strings.Trim(full[i+1:], "0123456789") == "" {
		full = full[:i]
	}
	if full == "" {
		return string(base)
	}
	return full
}

// format writes the table.
func format(costs map[string]cost) []byte {
	text := []byte("\n| Package and benchmark | Allocations | Bytes |\n| --- | ---: | ---: |\n")
	for _, name := range slices.Sorted(maps.Keys(costs)) {
		text = fmt.Appendf(text, "| %s | %.0f | %.0f |\n", name, costs[name].allocations, costs[name].bytes)
	}
	return append(text, '\n')
}

// parse reads what format wrote.
func parse(table []byte) (map[string]cost, error) {
	costs := make(map[string]cost)
	for line := range strings.Lines(string(table)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasPrefix(line, "| Package") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		var c cost
		if len(cells) != 3 {
			return nil, fmt.Errorf("the row %q has not three cells", strings.TrimSpace(line))
		}
		if _, err := fmt.Sscanf(cells[1]+" "+cells[2], "%g %g", &c.allocations, &c.bytes); err != nil {
			return nil, fmt.Errorf("the row of %s has no numbers", cells[0])
		}
		costs[cells[0]] = c
	}
	return costs, nil
}

// compare returns an error for each benchmark that needs more than the table allows, or that only one side has.
func compare(known, measured map[string]cost) (problems []error) {
	const what = "; if that is right, run make bench-guard UPDATE=1"
	for _, name := range slices.Sorted(maps.Keys(known)) {
		want, now := known[name], measured[name]
		if _, found := measured[name]; !found {
			problems = append(problems, fmt.Errorf("%s did not run%s", name, what))
			continue
		}
		// The runtime itself allocates a little now and then.
		if now.allocations > want.allocations*growth+0.9 {
			problems = append(problems, fmt.Errorf("%s: %.0f allocations per turn, and %.0f in the table%s", name,
				now.allocations, want.allocations, what))
		}
		if now.bytes > want.bytes*growth+64 {
			problems = append(problems, fmt.Errorf("%s: %.0f bytes per turn, and %.0f in the table%s", name,
				now.bytes, want.bytes, what))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(measured)) {
		if _, found := known[name]; !found {
			problems = append(problems, fmt.Errorf("%s is not in the table%s", name, what))
		}
	}
	return problems
}
