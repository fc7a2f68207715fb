package runrecord

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// Merge adds up the records of the k6 processes of one run, or of several runs of one test. The
// samples of the result are the samples of all of them, and so are its counts, rates and quantiles.
// Thresholds are crossed where they were at one instance. The verdict is of the whole.
func Merge(records ...*Record) (*Record, error) {
	if len(records) == 0 {
		return nil, errors.New("nothing to merge")
	}
	m := merger{into: &Record{Format: Format, Version: Version, Metrics: make(map[string]*Metric)}}
	var covered span
	for _, r := range records {
		m.into.Interval = max(m.into.Interval, r.Interval)
		for _, all := range r.allSeries() {
			for _, s := range all {
				for _, p := range s.Points {
					covered.include(p.Unix)
				}
			}
		}
	}
	m.into.Interval = covered.interval(m.into.Interval)
	m.series = make(map[string]*timeline)
	for i, r := range records {
		if err := m.add(r); err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
	}
	return m.finish(), nil
}

type merger struct {
	into       *Record
	series     map[string]*timeline
	tolerances []validity.Tolerances
}

func (m *merger) add(r *Record) error {
	if err := m.addRun(&r.Run); err != nil {
		return err
	}
	m.addThresholds(r.Thresholds)
	for name, metric := range r.Metrics {
		if err := m.addMetric(name, metric); err != nil {
			return fmt.Errorf("metric %q: %w", name, err)
		}
	}
	if err := addSeries(m.series, r.Series, m.into.Interval); err != nil {
		return err
	}
	for _, i := range r.Instances {
		gauges := make(map[string]*timeline)
		if err := addSeries(gauges, i.Series, m.into.Interval); err != nil {
			return err
		}
		i.Series = seriesOf(gauges)
		m.into.Instances = append(m.into.Instances, i)
	}
	m.into.Inputs = validity.Sum(m.into.Inputs, r.Inputs)
	m.tolerances = append(m.tolerances, r.Validity.Tolerances)
	return nil
}

func (m *merger) addRun(run *Run) error {
	into := &m.into.Run
	if into.Start.IsZero() {
		*into = *run
		into.Scenarios, into.Tags = slices.Clone(run.Scenarios), maps.Clone(run.Tags)
		into.Clients = slices.Clone(run.Clients)
		return nil
	}
	if into.Script != run.Script {
		return fmt.Errorf("records of different scripts cannot be merged: %q and %q; merge the records of one test",
			into.Script, run.Script)
	}
	if run.Start.Before(into.Start) {
		into.Start = run.Start
	}
	if run.End.After(into.End) {
		into.End = run.End
	}
	into.Completed = into.Completed && run.Completed
	into.Stopped = validity.FirstStop(into.Stopped, run.Stopped)
	into.Failed = max(into.Failed, run.Failed) // one of them says enough
	into.Modified = into.Modified || run.Modified
	if into.Commit != run.Commit {
		into.Commit = ""
	}
	into.Targets.Merge(run.Targets)
	maps.DeleteFunc(into.Tags, func(name, value string) bool { return run.Tags[name] != value })
	for _, s := range run.Scenarios {
		if !slices.ContainsFunc(into.Scenarios, func(known Scenario) bool { return known.Name == s.Name }) {
			into.Scenarios = append(into.Scenarios, s)
		}
	}
	for _, c := range run.Clients {
		if !slices.Contains(into.Clients, c) && len(into.Clients) < runinfo.MaxClients {
			into.Clients = append(into.Clients, c)
		}
	}
	return nil
}

func (m *merger) addThresholds(all []validity.Threshold) {
	for _, t := range all {
		i := slices.IndexFunc(m.into.Thresholds, func(known validity.Threshold) bool {
			return known.Metric == t.Metric && known.Source == t.Source
		})
		if i < 0 {
			m.into.Thresholds = append(m.into.Thresholds, t)
			continue
		}
		m.into.Thresholds[i].Crossed = m.into.Thresholds[i].Crossed || t.Crossed
	}
}

func (m *merger) addMetric(name string, metric *Metric) error {
	into := m.into.Metrics[name]
	if into == nil {
		into = &Metric{Type: metric.Type, Contains: metric.Contains, All: newValues(metric.Type, SketchAccuracy)}
		m.into.Metrics[name] = into
	}
	if err := into.All.merge(metric.All); err != nil {
		return err
	}
	for tag, split := range metric.By {
		if into.By == nil {
			into.By = make(map[string]map[string]*Values)
		}
		if into.By[tag] == nil {
			into.By[tag] = make(map[string]*Values)
		}
		for value, values := range split {
			if into.By[tag][value] == nil {
				into.By[tag][value] = newValues(metric.Type, SketchAccuracy)
			}
			if err := into.By[tag][value].merge(values); err != nil {
				return err
			}
		}
	}
	return nil
}

func addSeries(into map[string]*timeline, all map[string]*Series, interval int64) error {
	for name, s := range all {
		if into[name] == nil {
			into[name] = newTimeline(s.Type, s.Contains, s.accuracy())
		}
		if err := into[name].merge(s.Points, interval); err != nil {
			return fmt.Errorf("series %q: %w", name, err)
		}
	}
	return nil
}

func seriesOf(lines map[string]*timeline) map[string]*Series {
	all := make(map[string]*Series, len(lines))
	for name, line := range lines {
		all[name] = line.series()
	}
	return all
}

func (m *merger) finish() *Record {
	r := m.into
	for _, metric := range r.Metrics {
		for _, values := range metric.By {
			bound(values)
		}
	}
	r.Series = seriesOf(m.series)
	slices.SortFunc(r.Thresholds, func(a, b validity.Threshold) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Source, b.Source))
	})
	slices.SortStableFunc(r.Instances, func(a, b Instance) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Segment, b.Segment))
	})
	r.Validity = r.Judge(validity.MergeTolerances(m.tolerances))
	return r
}
