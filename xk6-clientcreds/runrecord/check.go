package runrecord

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

const (
	// maxUnix bounds times: the end of the year 9999.
	maxUnix = 253_402_300_799
	// maxMetrics bounds the metrics of a record. A script has some tens.
	maxMetrics = 10_000
	// maxBins bounds the bins of a sketch of one sign. From a nanosecond to a year, at the accuracy of a metric, are
	// 3,800.
	maxBins = 20_000
)

// check finds what a reader of the record would stumble over.
func (r *Record) check() error {
	if r.Interval < 1 || r.Interval > maxUnix || r.Interval&(r.Interval-1) != 0 {
		return fmt.Errorf("interval is %d; it must be a power of two", r.Interval)
	}
	if len(r.Metrics) > maxMetrics {
		return fmt.Errorf("it has %d metrics; a run record has %d at most", len(r.Metrics), maxMetrics)
	}
	for name, m := range r.Metrics {
		if err := m.check(); err != nil {
			return fmt.Errorf("metric %q %w", name, err)
		}
	}
	for _, all := range r.allSeries() {
		for name, s := range all {
			if err := s.check(); err != nil {
				return fmt.Errorf("series %q %w", name, err)
			}
		}
	}
	if v := r.Validity.Verdict; !slices.Contains([]validity.Verdict{validity.Pass, validity.Fail, validity.Invalid}, v) {
		return fmt.Errorf("validity.verdict is %q; it must be PASS, FAIL, or INVALID", v)
	}
	return nil
}

func (m *Metric) check() error {
	if m == nil || m.All == nil || m.All.Type != m.Type {
		return errors.New("has no values of its type")
	}
	for tag, split := range m.By {
		for value, v := range split {
			if v == nil || v.Type != m.Type {
				return fmt.Errorf("has no values of its type for %s %q", tag, value)
			}
		}
	}
	return nil
}

func (s *Series) check() error {
	if s == nil {
		return errors.New("is null")
	}
	for i, p := range s.Points {
		inOrder := p.Unix >= 0 && p.Unix <= maxUnix && (i == 0 || p.Unix > s.Points[i-1].Unix)
		if p.Values == nil || p.Values.Type != s.Type || !inOrder {
			return fmt.Errorf("has a point that is not of its type, or not in order: number %d", i)
		}
	}
	return nil
}

// allSeries returns the series of the record and of its instances.
func (r *Record) allSeries() []map[string]*Series {
	all := []map[string]*Series{r.Series}
	for i := range r.Instances {
		all = append(all, r.Instances[i].Series)
	}
	return all
}

// kindOf says what a document is: "" for nothing.
func kindOf(data []byte) string {
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 {
		return ""
	}
	switch data[0] {
	case '{':
		return "a JSON object"
	case '[':
		return "a JSON array"
	case '"':
		return "a JSON string"
	}
	if json.Valid(data) {
		return "a JSON number, boolean or null"
	}
	return "not JSON"
}

// notARecord says what keeps a document from being a record, without the words of Go.
func notARecord(err error) error {
	var kind *json.UnmarshalTypeError
	var notATime *time.ParseError
	switch {
	case errors.As(err, &kind):
		err = fmt.Errorf("%q cannot be a JSON %s", kind.Field, kind.Value)
	case errors.As(err, &notATime):
		err = fmt.Errorf("%q is not a time", notATime.Value)
	case strings.Contains(err.Error(), "Time.UnmarshalJSON"): // of package time, which has no type for it
		err = errors.New("a time is not a JSON string")
	}
	return fmt.Errorf("not a run record: %w", err)
}
