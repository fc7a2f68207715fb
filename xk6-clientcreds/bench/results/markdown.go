package results

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The lines of a document between which the tables are written.
const (
	Begin = "<!-- make bench writes from here -->"
	End   = "<!-- to here -->"
)

// ErrNoMarkers is returned for a document without the two lines.
var ErrNoMarkers = errors.New("the document must have the lines " + Begin + " and " + End + ", in this order")

// splice returns document with text between its markers.
func splice(document []byte, text string) ([]byte, error) {
	before, rest, found := bytes.Cut(document, []byte(Begin))
	if !found {
		return nil, ErrNoMarkers
	}
	_, after, found := bytes.Cut(rest, []byte(End))
	if !found {
		return nil, ErrNoMarkers
	}
	return fmt.Appendf(nil, "%s%s\n\n%s\n%s%s", before, Begin, strings.TrimSpace(text)+"\n", End, after), nil
}

// Markdown returns the tables as text.
func Markdown(tables []Table) string {
	var b strings.Builder
	for _, t := range tables {
		fmt.Fprintf(&b, "### %s\n\n| | value | reference | ratio | 95%% interval | target | |\n", t.Title)
		b.WriteString("| --- | ---: | --- | ---: | ---: | --- | --- |\n")
		for _, r := range t.Results {
			fmt.Fprintf(&b, "| %s | %s %s | %s | %s | %s | %s | %s |\n", r.Name, Number(r.Value), r.Unit,
				r.Reference, r.ratio(), r.interval(), r.Target, r.verdict())
		}
		b.WriteString("\n")
	}
	return b.String()
}

func (r Result) ratio() string {
	if r.Ratio == nil {
		return ""
	}
	return ratio(*r.Ratio)
}

func (r Result) interval() string {
	switch {
	case r.CI == nil:
		return ""
	case r.Ratio != nil:
		return ratio(r.CI[0]) + "–" + ratio(r.CI[1])
	default:
		return Number(r.CI[0]) + "–" + Number(r.CI[1])
	}
}

func (r Result) verdict() string {
	switch {
	case r.Pass == nil:
		return ""
	case *r.Pass:
		return "met"
	default:
		return "**missed**"
	}
}

// outcome is the figure that the target is for.
func (r Result) outcome() string {
	if r.Of == OfRatio {
		return "ratio to " + r.Reference + " " + ratio(*r.Ratio)
	}
	return Number(r.Value) + " " + r.Unit
}

// String says what the target demands.
func (t Target) String() string {
	if t.Limit == nil {
		return ""
	}
	return t.Is + " " + strconv.FormatFloat(*t.Limit, 'g', -1, 64)
}

func ratio(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }

// Number writes x with three significant digits, but never fewer than its whole part has.
func Number(x float64) string {
	if x == 0 {
		return "0"
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(x))))
	return strconv.FormatFloat(x, 'f', min(max(digits, 0), 3), 64)
}
