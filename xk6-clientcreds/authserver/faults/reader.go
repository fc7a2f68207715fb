package faults

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// MemberError is a member of a document that cannot be used.
type MemberError struct {
	Member  string // its path, such as token.latency.p99; empty for the document itself
	Problem string // what is wrong, and what is allowed; it completes a sentence that begins with the member
}

func (e *MemberError) Error() string {
	if e.Member == "" {
		return e.Problem
	}
	return e.Member + " " + e.Problem
}

// reader reads the members of one JSON object strictly. The first problem of
// the document is kept: what is read after it is not used.
type reader struct {
	path   string
	object map[string]any
	known  []string // the members that were asked for
	shared *readerState
}

// readerState holds the state that the readers of a document share.
type readerState struct {
	first error
	known map[string]bool // the path of each member that was asked for
}

func newReader(object map[string]any) *reader {
	return &reader{object: object, shared: &readerState{known: make(map[string]bool)}}
}

func (r *reader) at(name string) string {
	if r.path == "" {
		return name
	}
	return r.path + "." + name
}

func (r *reader) failf(name, format string, args ...any) {
	if r.shared.first == nil {
		r.shared.first = &MemberError{r.at(name), fmt.Sprintf(format, args...)}
	}
}

// value returns a member, false when the object does not have it.
func (r *reader) value(name string) (any, bool) {
	if !slices.Contains(r.known, name) {
		r.known = append(r.known, name)
	}
	r.shared.known[r.at(name)] = true
	v, ok := r.object[name]
	return v, ok && v != nil
}

// finish complains about members that nobody asked for.
func (r *reader) finish() {
	for _, name := range slices.Sorted(maps.Keys(r.object)) {
		if !slices.Contains(r.known, name) {
			r.failf(name, "is unknown; it must be one of %s", strings.Join(r.known, ", "))
		}
	}
}

// child is a reader of an object in this one, nil when it is not there.
func (r *reader) child(name string) *reader {
	v, ok := r.value(name)
	if !ok {
		return nil
	}
	object, ok := v.(map[string]any)
	if !ok {
		r.failf(name, "is %s; it must be an object", shown(v))
		return nil
	}
	return &reader{path: r.at(name), object: object, shared: r.shared}
}

// children are readers of the objects of a list.
func (r *reader) children(name string) []*reader {
	v, ok := r.value(name)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) > maxList {
		r.failf(name, "is not a list of at most %d objects; it must be one", maxList)
		return nil
	}
	all := make([]*reader, 0, len(list))
	for n, item := range list {
		object, ok := item.(map[string]any)
		if !ok {
			r.failf(fmt.Sprintf("%s[%d]", name, n), "is %s; it must be an object", shown(item))
			return nil
		}
		all = append(all, &reader{path: fmt.Sprintf("%s[%d]", r.at(name), n), object: object, shared: r.shared})
	}
	return all
}

// maxList bounds the lists of a document.
const maxList = 32

// bounds are the durations that a member may have.
type bounds struct{ least, most time.Duration }

const aDuration = "a duration such as \"250ms\", or a number of milliseconds, from %s"

func (b bounds) String() string { return b.least.String() + " to " + b.most.String() }

// duration returns a member such as "250ms", or a number of milliseconds.
func (r *reader) duration(name string, fallback time.Duration, b bounds) time.Duration {
	v, ok := r.value(name)
	if !ok {
		return fallback
	}
	d, ok := parseDuration(v)
	if !ok || d < b.least || d > b.most {
		r.failf(name, "is %s; it must be "+aDuration, shown(v), b)
	}
	return d
}

// needDuration is duration for a member that must be there.
func (r *reader) needDuration(name string, b bounds) time.Duration {
	if _, ok := r.value(name); !ok {
		r.failf(name, "is missing; it must be "+aDuration, b)
	}
	return r.duration(name, 0, b)
}

func parseDuration(v any) (time.Duration, bool) {
	switch v := v.(type) {
	case string:
		d, err := time.ParseDuration(v)
		return d, err == nil
	case json.Number:
		ms, err := v.Float64()
		ns := ms * float64(time.Millisecond)
		return time.Duration(ns), err == nil && math.Abs(ns) < math.MaxInt64/2
	}
	return 0, false
}

// number returns a member from least to most.
func (r *reader) number(name string, fallback, least, most float64) float64 {
	v, ok := r.value(name)
	if !ok {
		return fallback
	}
	n, err := asNumber(v)
	if err != nil || n < least || n > most {
		r.failf(name, "is %s; it must be a number from %v to %v", shown(v), least, most)
	}
	return n
}

// rate returns a share of the requests, all of them by default.
func (r *reader) rate() float64 { return r.number("rate", 1, 0, 1) }

// whole is number for whole numbers.
func (r *reader) whole(name string, fallback, least, most float64) int {
	n := r.number(name, fallback, least, most)
	if n != math.Trunc(n) {
		r.failf(name, "is %v; it must be a whole number", n)
	}
	return int(n)
}

func asNumber(v any) (float64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, errNoNumber
	}
	return n.Float64()
}

var errNoNumber = &MemberError{Problem: "not a number"}

// word returns one of the allowed words, the first by default.
func (r *reader) word(name string, allowed ...string) string {
	v, ok := r.value(name)
	if !ok {
		return allowed[0]
	}
	s, ok := v.(string)
	if !ok || !slices.Contains(allowed, s) {
		r.failf(name, "is %s; it must be one of %s", shown(v), strings.Join(allowed, ", "))
	}
	return s
}

// optionalWord is word for a member that may be left out: "" then.
func (r *reader) optionalWord(name string, allowed ...string) string {
	if _, ok := r.value(name); !ok {
		return ""
	}
	return r.word(name, allowed...)
}

// shown is a value for an error text.
func shown(v any) string {
	const longest = 60
	text, err := json.Marshal(v)
	if err != nil {
		return "not JSON"
	}
	if len(text) > longest {
		return string(text[:longest]) + "…"
	}
	return string(text)
}
