package compare

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// summary is the trend in one line.
func (t *Trend) summary() string {
	first, last := t.Runs[0].Start.UTC(), t.Runs[len(t.Runs)-1].Start.UTC()
	text := fmt.Sprintf("trend of %d runs, %s to %s", len(t.Runs), first.Format(time.DateOnly), last.Format(time.DateOnly))
	if n := t.Usable(); n < len(t.Runs) {
		text += fmt.Sprintf("; %d of them count", n)
	}
	return text
}

var trendColumns = []string{"metric", "runs", "first", "latest", "limit", "trend"}

// cells are a line of a trend as a row of a table.
func (l *TrendLine) cells() []string {
	row := []string{l.Rule.Subject.String(), "0", "-", "-", (&Finding{Rule: l.Rule, Unit: l.Unit}).limit(), ""}
	var values []float64
	for _, v := range l.Values {
		if !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return row
	}
	row[1] = strconv.Itoa(len(values))
	row[2], row[3] = l.Unit.format(values[0]), l.Unit.format(values[len(values)-1])
	row[5] = sparkline(values)
	return row
}

// maxSparks is the number of values that a sparkline shows: the latest ones.
const maxSparks = 40

// sparkline draws values as blocks, from the least one to the most.
func sparkline(values []float64) string {
	values = values[max(0, len(values)-maxSparks):]
	blocks := []rune("▁▂▃▄▅▆▇█")
	least, most := slices.Min(values), slices.Max(values)
	var line strings.Builder
	for _, v := range values {
		at := 0
		if most > least {
			at = int((v - least) / (most - least) * float64(len(blocks)-1))
		}
		line.WriteRune(blocks[at])
	}
	return line.String()
}

// remarks are the change points of all lines, the reasons of lines without, and the notes. Those that a limit does not
// allow come first.
func (t *Trend) remarks() (changed, others []string) {
	undecided := 0
	for i := range t.Lines {
		l := &t.Lines[i]
		for _, change := range t.Changes(l) {
			changed = append(changed, l.Rule.Subject.String()+" changed "+change)
		}
		if l.Reason != "" {
			undecided++
			others = append(others, l.Rule.Subject.String()+": "+l.Reason)
		}
	}
	if reasons := slices.Compact(t.reasons()); undecided > 0 && len(reasons) == 1 {
		others = reasons // what all rules have in common is said once
	}
	for _, r := range t.Runs {
		if r.Excluded != "" {
			others = append(others, "run of "+r.Label+" is left out: "+r.Excluded)
		}
	}
	if len(changed) == 0 && len(t.Lines) > 0 && undecided == 0 {
		changed = []string{"no rule has a change point"}
	}
	return changed, slices.Concat(others, t.Notes)
}

// reasons are the reasons of all lines.
func (t *Trend) reasons() []string {
	list := make([]string, len(t.Lines))
	for i := range t.Lines {
		list[i] = t.Lines[i].Reason
	}
	return list
}

// WriteText writes the trend for a terminal.
func (t *Trend) WriteText(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", t.summary())
	changed, others := t.remarks()
	for _, text := range changed {
		fmt.Fprintf(&out, "  %s\n", text)
	}
	for _, text := range others {
		fmt.Fprintf(&out, "note: %s\n", text)
	}
	out.WriteString("\n")
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(trendColumns, "\t"))
	for i := range t.Lines {
		fmt.Fprintln(table, strings.Join(t.Lines[i].cells(), "\t"))
	}
	_ = table.Flush() // a strings.Builder takes everything
	_, err := io.WriteString(w, strings.Map(printable, out.String()))
	return err
}

// WriteMarkdown writes the trend as GitHub-flavored Markdown. Of a trend that is too large for a comment, the notes and
// the rules that do not fit are left out.
func (t *Trend) WriteMarkdown(w io.Writer) error {
	var out, row strings.Builder
	fmt.Fprintf(&out, "### Load test: %s\n\n", escape(t.summary()))
	changed, others := t.remarks()
	for _, text := range slices.Concat(listed(changed), listed(others)) {
		fmt.Fprintf(&out, "- %s\n", text)
	}
	out.WriteString("\n")
	writeRow(&out, trendColumns)
	writeRow(&out, []string{"---", "--:", "--:", "--:", "--:", "---"})
	for i := range t.Lines {
		cells := t.Lines[i].cells()
		for j := range cells {
			cells[j] = shorten(escape(cells[j]), maxCell)
		}
		row.Reset()
		writeRow(&row, cells)
		if out.Len()+row.Len() > maxMarkdown-maxRest {
			fmt.Fprintf(&out, "\n… and %d more rules, which do not fit into a comment.\n", len(t.Lines)-i)
			break
		}
		out.WriteString(row.String())
	}
	_, err := io.WriteString(w, out.String())
	return err
}

type trendObject struct {
	Alpha float64           `json:"alpha"`
	Notes []string          `json:"notes"`
	Runs  []trendRunObject  `json:"runs"`
	Rules []trendLineObject `json:"rules"`
}

type trendRunObject struct {
	Start    time.Time `json:"start"`
	Version  string    `json:"version,omitempty"`
	Commit   string    `json:"commit,omitempty"`
	Excluded string    `json:"excluded,omitempty"`
}

type trendLineObject struct {
	Rule   string        `json:"rule"`
	Limit  string        `json:"limit"`
	Unit   string        `json:"unit,omitempty"`
	Reason string        `json:"reason,omitempty"`
	Values []*float64    `json:"values"` // null where a run has none
	Levels []levelObject `json:"levels"`
}

// levelObject is a level. Runs are counted from 0; To is the index after the last one.
type levelObject struct {
	From   int     `json:"from"`
	To     int     `json:"to"`
	Median float64 `json:"median"`
	P      float64 `json:"p,omitempty"`
	Worse  bool    `json:"worse"`
}

// WriteJSON writes the trend as a JSON object.
func (t *Trend) WriteJSON(w io.Writer) error {
	o := trendObject{Alpha: Alpha, Notes: list(t.Notes), Rules: make([]trendLineObject, len(t.Lines))}
	for _, r := range t.Runs {
		o.Runs = append(o.Runs, trendRunObject{r.Start.UTC(), r.Version, r.Commit, r.Excluded})
	}
	for i, l := range t.Lines {
		line := trendLineObject{
			Rule: l.Rule.Subject.String(), Limit: l.Rule.Limit.String(), Unit: string(l.Unit), Reason: l.Reason,
			Values: make([]*float64, len(l.Values)), Levels: []levelObject{},
		}
		for j := range l.Values {
			if !math.IsNaN(l.Values[j]) {
				line.Values[j] = &l.Values[j]
			}
		}
		for _, level := range l.Levels {
			line.Levels = append(line.Levels, levelObject(level))
		}
		o.Rules[i] = line
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(map[string]trendObject{"trend": o})
}
