package runrecord

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"
)

// validate compares a document with docs/reference/record.schema.json.
func validate(t *testing.T, document string) error {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile("../../docs/reference/record.schema.json")
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	require.NoError(t, err)
	return schema.Validate(value)
}

// example is a record with all that there may be in one.
func example(t *testing.T) *Record {
	t.Helper()
	samples := randomSamples(rand.New(rand.NewPCG(7, 7)), 300, time.Minute)
	samples = append(samples,
		sample{metric: "vus", kind: Gauge, contains: "default", value: 3, at: testStart},
		sample{metric: "clientcreds_expired_token_uses", kind: Counter, contains: "default", value: 2, at: testStart})
	r := recordOf(samples...)
	r.Run = Run{
		Start: testStart, End: testStart.Add(time.Minute), Script: "script.js", Completed: true, Commit: "abc",
		Modified:  true,
		Tags:      map[string]string{"testid": "1"},
		Scenarios: []Scenario{{Name: "a", Executor: "constant-vus", Exec: "default", Config: map[string]any{"vus": 3.0}}},
	}
	r.Run.Clients = []runinfo.Client{{Name: "c", Auth: "private_key_jwt", DPoP: true, Cache: "vu", Refresh: "background"}}
	r.Run.Targets = runinfo.Targets{
		TokenEndpoints: []string{"https://idp.example.com"},
		APIs:           []string{"http://[::1]:8080", "https://api.example.com:8443", Other},
	}
	i := &r.Instances[0]
	i.K6, i.Extension, i.Go, i.OS, i.Arch, i.CPU = "v2.2.0", "v0.1.0", "go1.25", "linux", "amd64", "a CPU"
	i.CPUs, i.GOMAXPROCS, i.Segment, i.Start, i.End = 2, 1, "0:1/2", r.Run.Start, r.Run.End
	i.Connection = Connection{TLS: []string{"tls1.3"}, Protocols: []string{"HTTP/2.0"}}
	i.Lost = map[string]int64{LostNotANumber: 1}
	r.Thresholds = []validity.Threshold{{Metric: "http_req_failed", Source: "rate<0.01", Crossed: true}}
	r.Inputs = validity.Inputs{
		Imported: true, Requests: 40, TokensUsed: 40, ExpiredTokenUses: 2,
		Unfinished: map[string]float64{"a": 2},
	}
	r.Validity = r.Judge(validity.Tolerances{"rejections": 0.5})
	return r
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "record.json")
	require.NoError(t, os.WriteFile(path, []byte("of the last run"), 0o600))
	r := example(t)
	require.NoError(t, r.Write(path))
	read, err := Read(path)
	require.NoError(t, err)
	want, err := json.Marshal(r)
	require.NoError(t, err)
	got, err := json.Marshal(read)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), string(got))
	assert.Equal(t, r.Run, read.Run)
	assert.Equal(t, r.Validity, read.Validity)

	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing else is left")
}

func TestRecordThatCannotBeWrittenLeavesNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "taken"), 0o700))
	require.Error(t, example(t).Write(filepath.Join(folder, "taken")))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestRecordIsOfItsSchema(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(example(t))
	require.NoError(t, err)
	require.NoError(t, validate(t, string(text)))
	for name, change := range map[string][2]string{
		"another version":         {`"version":1`, `"version":2`},
		"an unknown field":        {`"completed":true`, `"completed":true,"secret":"x"`},
		"another verdict":         {`"verdict":"INVALID"`, `"verdict":"MAYBE"`},
		"a path of a server":      {`https://idp.example.com`, `https://idp.example.com/token`},
		"a user of a server":      {`https://idp.example.com`, `https://me@idp.example.com`},
		"a rate of a counter":     {`"nonzero":`, `"sum":`},
		"a bin without its count": {`"bins":[[`, `"bins":[[1],[`},
	} {
		require.Contains(t, string(text), change[0], name)
		assert.Error(t, validate(t, strings.Replace(string(text), change[0], change[1], 1)), name)
	}
}

func TestDocumentsThatAreNoRecords(t *testing.T) {
	t.Parallel()
	const head = `{"format":"clientcreds-record","version":1,"interval":1,`
	metric := func(m string) string { return head + `"metrics":{"m":` + m + `}}` }
	series := func(points string) string { return head + `"series":{"s":{"type":"counter","points":` + points + `}}}` }
	sketch := func(sketch string) string {
		return metric(`{"type":"trend","all":{"samples":1,"sum":1,"min":1,"max":1,"sketch":` + sketch + `}}`)
	}
	for _, c := range []struct{ document, want string }{
		{``, "the file is empty, as a run leaves it that has not ended"},
		{" \n", "the file is empty, as a run leaves it that has not ended"},
		{`hello`, "not JSON"},
		{`[{"format":"clientcreds-record"}]`, "a JSON array"},
		{`"clientcreds-record"`, "a JSON string"},
		{` 12.5`, "a JSON number, boolean or null"},
		{`null`, "a JSON number, boolean or null"},
		{`{"format":"clientcreds-record"`, "unexpected end of JSON input"},
		{`{"format":7}`, `"format" is not "clientcreds-record"`},
		{`{"format":"clientcreds-record"}`, `"version" is not a number`},
		{`{"format":"clientcreds-record","version":"1"}`, `"version" is not a number`},
		{head + `"metrics":[]}`, `"metrics" cannot be a JSON array`},
		{head + `"run":{"scenarios":{}}}`, `"run.scenarios" cannot be a JSON object`},
		{head + `"run":{"start":5}}`, "a time is not a JSON string"},
		{head + `"validity":{"verdict":"PASSS"}}`, `validity.verdict is "PASSS"; it must be PASS, FAIL, or INVALID`},
		{head + `"run":{"start":"yesterday"}}`, `"yesterday" is not a time`},
		{metric(`{"all":{"samples":"1"}}`), `"metrics.all.samples" cannot be a JSON string`},
		{metric(`{"all":[]}`), `"metrics.all" cannot be a JSON array`},
		{head + `"metrics":{` + manyMetrics(maxMetrics+1) + `}}`, "it has 10001 metrics; a run record has 10000 at most"},
		{`{}`, `"format" is not "clientcreds-record"`},
		{`{"metrics":{}}`, `"format" is not "clientcreds-record"`},
		{`{"format":"clientcreds-record","version":1}`, "interval is 0; it must be a power of two"},
		{`{"format":"clientcreds-record","version":1,"interval":3}`, "interval is 3; it must be a power of two"},
		{metric(`null`), `metric "m" has no values of its type`},
		{metric(`{"type":"counter"}`), `metric "m" has no values of its type`},
		{metric(`{"type":"counter","all":{"samples":1}}`), "neither a counter nor a rate, gauge or trend"},
		{metric(`{"type":"rate","all":{"samples":1,"sum":1}}`), `metric "m" has no values of its type`},
		{
			metric(`{"type":"rate","all":{"samples":1,"nonzero":1},"by":{"a":{"b":null}}}`),
			`metric "m" has no values of its type for a "b"`,
		},
		{metric(`{"type":"counter","all":{"samples":1,"sum":1e308}}`), "1e+308 is larger than any number of a record"},
		{sketch(`{"accuracy":0,"bins":[]}`), errNoSketch.Error()},
		{sketch(`{"accuracy":0.01,"bins":[[1,-1]]}`), errNoSketch.Error()},
		{sketch(`{"accuracy":0.01,"bins":[` + strings.Repeat(`[1,1],`, maxBins) + `[1,1]]}`), errNoSketch.Error()},
		{
			sketch(`{"accuracy":0.01,"bins":[],"negative":[` + strings.Repeat(`[1,1],`, maxBins) + `[1,1]]}`),
			errNoSketch.Error(),
		},
		{sketch(`{"accuracy":0.01,"bins":[[9999999999,1]]}`), errNoSketch.Error()},
		{series(`[null]`), "neither a counter nor a rate, gauge or trend"},
		{
			series(`[{"t":1,"samples":1,"nonzero":1}]`),
			`series "s" has a point that is not of its type, or not in order: number 0`,
		},
		{
			series(`[{"t":2,"samples":1,"sum":1},{"t":2,"samples":1,"sum":1}]`),
			`series "s" has a point that is not of its type, or not in order: number 1`,
		},
		{
			series(`[{"t":9000000000000000000,"samples":1,"sum":1}]`),
			`series "s" has a point that is not of its type, or not in order: number 0`,
		},
		{head + `"series":{"s":null}}`, `series "s" is null`},
	} {
		_, err := Decode(strings.NewReader(c.document))
		assert.EqualError(t, err, "not a run record: "+c.want, c.document)
	}
	_, err := Read(filepath.Join(t.TempDir(), "none.json"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// manyMetrics are the members of so many metrics.
func manyMetrics(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"m%d":{"type":"counter","all":{"samples":1,"sum":1}}`, i)
	}
	return strings.Join(members, ",")
}

// TestSizeIsBounded: the size of a file is known before it is read, and the size of a stream while it is read.
func TestSizeIsBounded(t *testing.T) { //nolint:paralleltest // it looks at what the process has allocated
	const want = "not a run record: it has 32 MiB; a run record has 32 MiB at most"
	path := filepath.Join(t.TempDir(), "large.json")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, MaxSize+1))
	before := allocated()
	_, err := Read(path)
	require.EqualError(t, err, path+": "+want)
	assert.Less(t, allocated()-before, uint64(MaxSize)/2, "it is not read")

	_, err = Decode(io.MultiReader(strings.NewReader("{"), forever{}))
	require.EqualError(t, err, want)

	r := &Record{Format: Format, Version: Version, Interval: 1, Run: Run{Commit: strings.Repeat("x", MaxSize)}}
	target := filepath.Join(t.TempDir(), "record.json")
	require.ErrorContains(t, r.Write(target),
		"the run record would have 32 MiB and 0 metrics; it can have 32 MiB and 10000 metrics")
	require.NoFileExists(t, target, "what cannot be read is not written")
}

// allocated is how much memory has been allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// forever is a document without end.
type forever struct{}

func (forever) Read(p []byte) (int, error) { return copy(p, strings.Repeat(" ", len(p))), nil }

func TestRecordsOfOtherVersions(t *testing.T) {
	t.Parallel()
	_, err := Decode(strings.NewReader(`{"format":"clientcreds-record","version":2,"metrics":[1]}`))
	require.EqualError(t, err,
		"a run record of version 2; this binary reads up to version 1: use the one that wrote it, or a newer one")
	_, err = Decode(strings.NewReader(`{"format":"clientcreds-record","version":0}`))
	require.EqualError(t, err, "a run record of version 0; the version must be 1 to 1")
}

// FuzzDecode: whatever is read can be looked at, merged and written.
func FuzzDecode(f *testing.F) {
	text, err := json.Marshal(recordOf(randomSamples(rand.New(rand.NewPCG(3, 3)), 20, time.Minute)...))
	require.NoError(f, err)
	f.Add(string(text))
	f.Add(`{"format":"clientcreds-record","version":1,"interval":1,"metrics":{"m":{"type":"gauge","all":{"samples":1,"min":1,"max":2,"last":1,"lastAt":"2026-01-02T03:04:05Z"}}}}`)
	f.Fuzz(func(t *testing.T, document string) {
		r, err := Decode(strings.NewReader(document))
		if err != nil {
			return
		}
		for _, m := range r.Metrics {
			m.Quantile(0.5)
			m.Rate()
		}
		reread(t, r)
		if merged, err := Merge(r, r); err == nil {
			reread(t, merged)
		}
	})
}
