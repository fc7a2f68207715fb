package report

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/regress"
)

// side is one side of a comparison, or all that there is without one.
type side struct {
	name string // base or head; "" without a comparison
	// records are those that were given.
	records []*regress.Record
	// record is all of them added up.
	record *regress.Record
	// runs is how often the test was run: the records of instances that ran together are of one run.
	runs int
	// begin is the point that is 0 s of all time axes.
	begin int64
}

// newSide adds up records. Those that overlap in time are of instances of one run. The others are of
// runs one after the other, and are laid over each other: what matters is the time since a run's start.
func newSide(name string, records []*regress.Record) (*side, error) {
	runs := runsOf(records)
	aligned := make([]*regress.Record, 0, len(records))
	for _, run := range runs {
		by := time.Duration(runs[0].start.Unix()-run.start.Unix()) * time.Second
		for _, r := range run.records {
			aligned = append(aligned, shifted(r, by))
		}
	}
	merged, err := regress.Merge(aligned...)
	if err != nil {
		return nil, err
	}
	begin := merged.Run.Start.Unix()
	begin -= begin % merged.Interval // as points do
	return &side{name: name, records: records, record: merged, runs: len(runs), begin: begin}, nil
}

// run are the records of one run.
type run struct {
	records    []*regress.Record
	start, end time.Time
}

func runsOf(records []*regress.Record) []run {
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b *regress.Record) int { return a.Run.Start.Compare(b.Run.Start) })
	var runs []run
	for _, r := range sorted {
		if n := len(runs); n > 0 && r.Run.Start.Before(runs[n-1].end) {
			last := &runs[n-1]
			last.records = append(last.records, r)
			if r.Run.End.After(last.end) {
				last.end = r.Run.End
			}
			continue
		}
		runs = append(runs, run{[]*regress.Record{r}, r.Run.Start, r.Run.End})
	}
	return runs
}

// shifted is the record as if it had been measured at another time.
func shifted(r *regress.Record, by time.Duration) *regress.Record {
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

func shiftedSeries(all map[string]*regress.Series, by time.Duration) map[string]*regress.Series {
	moved := make(map[string]*regress.Series, len(all))
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

// seconds is how long the points of the side go on from its begin.
func (s *side) seconds() int64 {
	return max(1, int64(math.Ceil(s.record.Run.End.Sub(time.Unix(s.begin, 0)).Seconds())))
}

// perRun is a counter's sum, on average of the runs.
func (s *side) perRun(count float64) float64 { return count / float64(s.runs) }

// perSecond is a counter's sum by the time that all runs took.
func (s *side) perSecond(count float64) float64 {
	var seconds float64
	for _, run := range runsOf(s.records) {
		seconds += run.end.Sub(run.start).Seconds()
	}
	if seconds <= 0 {
		return math.NaN()
	}
	return count / seconds
}

// label is a label of what is of this side.
func (s *side) label(text string) string { return strings.TrimSpace(s.name + " " + text) }
