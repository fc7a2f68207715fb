package report

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
)

// Write writes the page of the records: of the instances of one run, or of several runs. Of several runs it shows the
// trend of what the rules are about.
func Write(w io.Writer, records []*runrecord.Record, rules ...compare.Rule) error {
	if len(records) == 0 {
		return errNoRecords
	}
	s, err := newGroup("", records)
	if err != nil {
		return err
	}
	v := s.record.Validity
	p := page{
		Title: "Load test: " + s.record.Run.Script, Verdict: string(v.Verdict), Mark: markOf(v.Verdict),
		Loaded: loadedBy(s), Tiles: tiles(s), Facts: facts(s), Sections: runSections(s),
	}
	for _, r := range v.Reasons {
		p.Reasons = append(p.Reasons, r.Text)
	}
	if len(s.runs) > 1 {
		trend, err := trends(records, rules)
		if err != nil {
			return err
		}
		p.Sections = slices.Concat(filled(trend, runs([]*group{s})), p.Sections)
	}
	p.Sections = append(p.Sections, filled(environment([]*group{s}))...)
	return p.write(w)
}

// WriteComparison writes the page of two sides, and what the rules say of them.
func WriteComparison(w io.Writer, base, head []*runrecord.Record, rules []compare.Rule) error {
	if len(base) == 0 || len(head) == 0 {
		return errNoRecords
	}
	b, err := newGroup("base", base)
	if err != nil {
		return err
	}
	h, err := newGroup("head", head)
	if err != nil {
		return err
	}
	result, err := compare.Compare(base, head, rules)
	if err != nil {
		return err
	}
	p := page{
		Title: "Comparison: " + h.record.Run.Script, Verdict: string(result.Verdict), Mark: markOf(result.Verdict),
		Reasons: reasonsOf(result), Loaded: loadedBy(h),
		Facts: []fact{
			{"Base", result.Base.String() + ", " + moment(b.record.Run.Start)},
			{"Head", result.Head.String() + ", " + moment(h.record.Run.Start)},
		},
		Sections: append(comparisonSections(b, h, result), filled(environment([]*group{b, h}))...),
	}
	return p.write(w)
}

// reasonsOf returns the reasons of the result. A reason of several rules is listed once.
func reasonsOf(r *compare.Result) []string {
	unknown := make(map[string]string) // the reason of a rule, as it is in the result
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Outcome == compare.Unknown {
			unknown[f.Rule.Subject.String()+": "+f.Reason] = f.Reason
		}
	}
	var reasons []string
	for _, text := range r.Reasons {
		if reason, ok := unknown[text]; ok {
			text = reason
		}
		if !slices.Contains(reasons, text) {
			reasons = append(reasons, text)
		}
	}
	return reasons
}

var errNoRecords = errors.New("a report requires at least one record")

// fact is one of the first things to know.
type fact struct{ Name, Text string }

func facts(g *group) []fact {
	run := g.record.Run
	list := []fact{{"Duration", clock(int64(run.Duration().Seconds()))}}
	if len(g.runs) > 1 {
		list = append(list, fact{"Runs", strconv.Itoa(len(g.runs)) + ", laid over each other"})
	}
	if n := len(g.record.Instances); n > len(g.runs) {
		list = append(list, fact{"Processes", strconv.Itoa(n)})
	}
	switch {
	case run.Stopped != nil:
		stop := *run.Stopped
		stop.Why = "" // it is a reason of the verdict
		list = append(list, fact{"Stopped early", stop.String()})
	case !run.Completed:
		list = append(list, fact{"Stopped early", "yes"})
	}
	return append(list, tagsOf(&run)...)
}

func tagsOf(run *runrecord.Run) []fact {
	var list []fact
	for name, value := range run.Tags {
		if name == compare.VersionTag {
			continue // it is in the head
		}
		list = append(list, fact{"Tag " + name, value})
	}
	slices.SortFunc(list, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// write makes the whole page before it writes any of it.
func (p page) write(w io.Writer) error {
	var out bytes.Buffer
	if err := p.execute(&out); err != nil {
		return err
	}
	_, err := out.WriteTo(w)
	return err
}
