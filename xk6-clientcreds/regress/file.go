package regress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
)

// maxFile bounds what is read. The record of a run of hours has a few megabytes.
const maxFile = 256 << 20

// Read reads the record in a file.
func Read(path string) (*Record, error) {
	file, err := os.Open(path) // #nosec G304 -- the user names it
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := Decode(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// maxUnix bounds times: the end of the year 9999.
const maxUnix = 253_402_300_799

// ErrNotARecord is the error of a document that is something else.
var ErrNotARecord = errors.New(`not a run record: "format" is not "` + Format + `"`)

// Decode reads a record.
func Decode(from io.Reader) (*Record, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("larger than %d MiB, which no run record is", maxFile>>20)
	}
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("not a run record: %w", err)
	}
	switch {
	case head.Format != Format:
		return nil, ErrNotARecord
	case head.Version > Version:
		return nil, fmt.Errorf("a run record of version %d; this binary reads up to version %d: use the one that wrote it, or a newer one",
			head.Version, Version)
	case head.Version < 1:
		return nil, fmt.Errorf("a run record of version %d; allowed: 1 to %d", head.Version, Version)
	}
	r := new(Record)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("not a run record: %w", err)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, nil
}

// check finds what a reader of the record would stumble over.
func (r *Record) check() error {
	if r.Interval < 1 || r.Interval > maxUnix || r.Interval&(r.Interval-1) != 0 {
		return fmt.Errorf("not a run record: interval is %d; allowed: a power of two", r.Interval)
	}
	for name, m := range r.Metrics {
		if err := m.check(); err != nil {
			return fmt.Errorf("not a run record: metric %q %w", name, err)
		}
	}
	for _, all := range r.allSeries() {
		for name, s := range all {
			if err := s.check(); err != nil {
				return fmt.Errorf("not a run record: series %q %w", name, err)
			}
		}
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

// allSeries are those of the record and of its instances.
func (r *Record) allSeries() []map[string]*Series {
	all := []map[string]*Series{r.Series}
	for i := range r.Instances {
		all = append(all, r.Instances[i].Series)
	}
	return all
}

// Encode writes the record as JSON.
func (r *Record) Encode(to io.Writer) error {
	e := json.NewEncoder(to)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// Write writes the record to a file, as package outfile does.
func (r *Record) Write(path string) error {
	var text bytes.Buffer
	if err := r.Encode(&text); err != nil {
		return err
	}
	return outfile.Write(path, text.Bytes(), 0o644)
}
