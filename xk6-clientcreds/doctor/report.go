package doctor

import (
	"strings"
	"time"
	"unicode"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/redact"
)

// Status is the outcome of a check.
type Status string

// The statuses. Only Failed makes a server unusable.
const (
	OK      Status = "ok"
	Info    Status = "info"    // neither good nor bad: worth knowing
	Warning Status = "warning" // a load test works, and would suffer or mislead
	Failed  Status = "failed"
	Skipped Status = "skipped" // not checked; the summary says why
)

// Result is the finding of a check.
type Result struct {
	// ID is stable: the section and the check, such as "grant.configured".
	ID string `json:"id"`
	// Status says how good or bad it is.
	Status Status `json:"status"`
	// Summary is one line for a human.
	Summary string `json:"summary"`
	// Hint says what to do about it; empty if there is nothing to do.
	Hint string `json:"hint,omitempty"`
	// Data are the numbers and names behind the summary. Times in them are milliseconds.
	Data map[string]any `json:"data,omitempty"`
}

// SchemaVersion is the version of Report's JSON form. It grows when a name or a meaning in it changes,
// not when one is added.
const SchemaVersion = 1

// Report is the outcome of an examination.
type Report struct {
	SchemaVersion int            `json:"schema_version"`
	Usable        bool           `json:"usable"` // no check failed
	StartedAt     time.Time      `json:"started_at"`
	DurationMS    float64        `json:"duration_ms"`
	Issuer        string         `json:"issuer,omitempty"`
	TokenEndpoint string         `json:"token_endpoint,omitempty"`
	ClientID      string         `json:"client_id"`
	AuthMethod    string         `json:"auth_method"`
	BasicEncoding string         `json:"basic_encoding,omitempty"`
	Counts        map[Status]int `json:"counts"`
	Checks        []Result       `json:"checks"`
}

// add takes results in, without secrets, tokens and what a terminal would obey: servers can answer
// with anything.
func (r *Report) add(hide *redact.Redactor, results []Result) {
	for _, result := range results {
		result.Summary, result.Hint = shown(hide, result.Summary), shown(hide, result.Hint)
		for name, value := range result.Data {
			result.Data[name] = shownValue(hide, value)
		}
		r.Checks = append(r.Checks, result)
		r.Counts[result.Status]++
	}
	r.Usable = r.Counts[Failed] == 0
}

func shownValue(hide *redact.Redactor, value any) any {
	switch v := value.(type) {
	case string:
		return shown(hide, v)
	case []string:
		all := make([]string, len(v))
		for i, s := range v {
			all[i] = shown(hide, s)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, s := range v {
			all[i] = shownValue(hide, s)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for name, s := range v {
			all[shown(hide, name)] = shownValue(hide, s)
		}
		return all
	}
	return value
}

// maxShown bounds a text: a server's words must not fill the screen.
const maxShown = 400

// shown is text as it may be written: without secrets and tokens, in one line.
func shown(hide *redact.Redactor, text string) string {
	text = hide.String(text)
	n := 0
	return strings.Map(func(r rune) rune {
		switch n++; {
		case n > maxShown:
			return -1
		case n == maxShown:
			return '…'
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp), r == unicode.ReplacementChar:
			return ' '
		}
		return r
	}, text)
}

// ms is a duration for Data.
func ms(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// short is a duration for a summary.
func short(d time.Duration) string {
	switch {
	case d >= time.Minute:
		text := d.Round(time.Second).String()
		for _, zero := range []string{"m0s", "h0m"} {
			if strings.HasSuffix(text, zero) {
				text = text[:len(text)-len(zero)+1]
			}
		}
		return text
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}
