package runrecord

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
)

// MaxSize bounds the file of a record, in bytes. The record of a run of hours has a few megabytes.
const MaxSize = 32 << 20

// Read reads the record in a file.
func Read(path string) (*Record, error) {
	file, err := os.Open(path) // #nosec G304 -- the user names it
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := readFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

func readFile(file *os.File) (*Record, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxSize {
		return nil, tooLarge(info.Size())
	}
	return Decode(file)
}

func tooLarge(size int64) error {
	return fmt.Errorf("not a run record: it has %d MiB; a run record has %d MiB at most", size>>20, MaxSize>>20)
}

// ErrNotARecord is the error of a document that is something else.
var ErrNotARecord = errors.New(`not a run record: "format" is not "` + Format + `"`)

// Decode reads a record.
func Decode(from io.Reader) (*Record, error) {
	data, err := io.ReadAll(io.LimitReader(from, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxSize {
		return nil, tooLarge(int64(len(data)))
	}
	if err := checkFormat(data); err != nil {
		return nil, err
	}
	r := new(Record)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, notARecord(err)
	}
	if err := r.check(); err != nil {
		return nil, notARecord(err)
	}
	return r, nil
}

// checkFormat says whether the document is of a format that this package reads.
func checkFormat(data []byte) error {
	switch what := kindOf(data); what {
	case "":
		return errors.New("not a run record: the file is empty, as a run leaves it that has not ended")
	case "a JSON object":
	default:
		return fmt.Errorf("not a run record: %s", what)
	}
	var head struct {
		Format  any `json:"format"`
		Version any `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return notARecord(err)
	}
	if head.Format != Format {
		return ErrNotARecord
	}
	version, isNumber := head.Version.(float64)
	switch {
	case !isNumber:
		return errors.New(`not a run record: "version" is not a number`)
	case version > Version:
		return fmt.Errorf("a run record of version %v; this binary reads up to version %d: use the one that wrote it, or a "+
			"newer one",
			version, Version)
	case version != Version:
		return fmt.Errorf("a run record of version %v; the version must be 1 to %d", version, Version)
	}
	return nil
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
	if text.Len() > MaxSize || len(r.Metrics) > maxMetrics {
		return fmt.Errorf("the run record would have %d MiB and %d metrics; it can have %d MiB and %d metrics: "+
			"use fewer metrics, or fewer values of tags", text.Len()>>20, len(r.Metrics), MaxSize>>20, maxMetrics)
	}
	return outfile.Write(path, text.Bytes(), 0o644)
}
