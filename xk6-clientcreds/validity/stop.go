package validity

import (
	"cmp"
	"math"
)

// Stop says what ended a test before its load was over.
type Stop struct {
	// By names the cause that stopped the test, such as SIGINT.
	By string `json:"by,omitempty"`
	// Why is the first line of what the script said, by an exception or to abort(), without secrets.
	Why string `json:"why,omitempty"`
	// After is how long the load had run, in seconds, and Of how long it should have; 0 where that is not known.
	After float64 `json:"after"`
	Of    float64 `json:"of,omitempty"`
}

// ByThreshold is Stop.By for a crossed threshold with abortOnFail. Such a run has failed, and what it measured counts.
const ByThreshold = "a threshold with abortOnFail"

// ByDecision is Stop.By for a comparison of two versions in one run that needed no more load. Such a run counts.
const ByDecision = "a decided comparison"

// counts reports whether what the run measured until the stop counts.
func (s *Stop) counts() bool { return s == nil || s.By == ByThreshold || s.By == ByDecision }

// String describes the stop in words.
func (s *Stop) String() string {
	text := "stopped"
	switch {
	case s.After > 0 && s.Of > 0:
		text += " after " + seconds(s.After) + " of " + seconds(s.Of)
	case s.After > 0:
		text += " after " + seconds(s.After)
	}
	if s.By != "" {
		text += " by " + s.By
	}
	if s.Why != "" {
		text += ": " + s.Why
	}
	return text
}

// seconds writes a time with one digit after the point.
func seconds(s float64) string { return decimal(math.Round(s*10)/10) + " s" }

// FirstStop returns the stop that says most of a run in several k6 processes: one that makes it invalid rather than one
// that does not, and the first of several.
func FirstStop(a, b *Stop) *Stop {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.counts() != b.counts():
		if a.counts() {
			return b
		}
		return a
	case cmp.Or(cmp.Compare(a.After, b.After), cmp.Compare(a.By, b.By)) <= 0:
		return a
	default:
		return b
	}
}
