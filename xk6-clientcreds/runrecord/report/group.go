package report

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// group holds the runs of one side of a comparison, or all runs of a page without a comparison.
type group struct {
	name string // base or head; "" without a comparison
	// runs is a record of each run, whatever the number of its processes was.
	runs []*runrecord.Record
	// aligned are the runs as if they had begun at the same time.
	aligned []*runrecord.Record
	// record is all of them added up.
	record *runrecord.Record
	// begin is the point that is 0 s of all time axes.
	begin int64
}

// newGroup adds up records. Runs one after the other are laid over each other: what matters is the time since the start
// of a run.
func newGroup(name string, records []*runrecord.Record) (*group, error) {
	runs, err := runrecord.Runs(records)
	if err != nil {
		return nil, err
	}
	aligned := make([]*runrecord.Record, len(runs))
	for i, r := range runs {
		aligned[i] = shifted(r, time.Duration(runs[0].Run.Start.Unix()-r.Run.Start.Unix())*time.Second)
	}
	merged, err := runrecord.Merge(aligned...)
	if err != nil {
		return nil, err
	}
	begin := merged.Run.Start.Unix()
	begin -= begin % merged.Interval // as points do
	return &group{name: name, runs: runs, aligned: aligned, record: merged, begin: begin}, nil
}

// shifted is the record as if it had been measured at another time.
func shifted(r *runrecord.Record, by time.Duration) *runrecord.Record {
	if by == 0 {
		return r
	}
	moved := *r
	moved.Run.Start, moved.Run.End = r.Run.Start.Add(by), r.Run.End.Add(by)
	moved.Series = shiftedSeries(r.Series, by)
	moved.Instances = slices.Clone(r.Instances)
	for i := range moved.Instances {
		instance := &moved.Instances[i]
		instance.Start, instance.End = instance.Start.Add(by), instance.End.Add(by)
		instance.Series = shiftedSeries(instance.Series, by)
	}
	return &moved
}

func shiftedSeries(all map[string]*runrecord.Series, by time.Duration) map[string]*runrecord.Series {
	moved := make(map[string]*runrecord.Series, len(all))
	for name, s := range all {
		series := *s
		series.Points = slices.Clone(s.Points)
		for i := range series.Points {
			series.Points[i].Unix += int64(by / time.Second)
		}
		moved[name] = &series
	}
	return moved
}

// seconds is how long the points of the group go on after its begin.
func (g *group) seconds() int64 {
	return max(1, int64(math.Ceil(g.record.Run.End.Sub(time.Unix(g.begin, 0)).Seconds())))
}

// perRun is a counter's sum, on average of the runs.
func (g *group) perRun(count float64) float64 { return count / float64(len(g.runs)) }

// covered is for how long the runs were measured in an interval, in seconds.
func (g *group) covered(from, interval int64) float64 {
	begin := time.Unix(g.begin, 0)
	at := func(t time.Time) float64 { return t.Sub(begin).Seconds() }
	var covered float64
	for _, r := range g.aligned {
		covered += max(0, min(float64(from+interval), at(r.Run.End))-max(float64(from), at(r.Run.Start)))
	}
	return covered
}

// shortestRate is the shortest time in which requests have a rate, in seconds.
const shortestRate = 1

// perSecond is a counter's sum by the time that all runs took; NaN if that is too short for a rate.
func (g *group) perSecond(count float64) float64 {
	var seconds float64
	for _, run := range g.runs {
		seconds += run.Run.Duration().Seconds()
	}
	if seconds < shortestRate {
		return math.NaN()
	}
	return count / seconds
}

// label returns a label of something of this group.
func (g *group) label(text string) string { return strings.TrimSpace(g.name + " " + text) }
