package runrecord

import (
	"fmt"
	"slices"
	"time"
)

// Runs returns one record for each run that the records are of, in the order of time. Records of one script that
// overlap in time are of the k6 processes of one run, such as its execution segments: they loaded one server
// at one time, so they are not independent of each other. They are merged.
func Runs(records []*Record) ([]*Record, error) {
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b *Record) int { return a.Run.Start.Compare(b.Run.Start) })
	var groups []*group
	last := make(map[string]*group) // the latest of each script
	for _, r := range sorted {
		g := last[r.Run.Script]
		if g == nil || !g.overlaps(r) {
			g = &group{start: r.Run.Start}
			last[r.Run.Script] = g
			groups = append(groups, g)
		}
		g.add(r)
	}
	runs := make([]*Record, len(groups))
	for i, g := range groups {
		run, err := g.merge()
		if err != nil {
			return nil, fmt.Errorf("the records that overlap at %s are not of one run: %w", g.start.UTC().Format(time.RFC3339),
				err)
		}
		runs[i] = run
	}
	return runs, nil
}

// group is the records of one run, and the time that they cover.
type group struct {
	start, end time.Time
	records    []*Record
}

// overlaps reports whether a record that does not begin before this run began before the end of it.
func (g *group) overlaps(r *Record) bool {
	return r.Run.Start.Before(g.end) || r.Run.Start.Equal(g.start)
}

func (g *group) add(r *Record) {
	g.records = append(g.records, r)
	if r.Run.End.After(g.end) {
		g.end = r.Run.End
	}
}

func (g *group) merge() (*Record, error) {
	if len(g.records) == 1 {
		return g.records[0], nil // with the verdict that it has
	}
	return Merge(g.records...)
}
