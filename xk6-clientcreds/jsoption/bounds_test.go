package jsoption_test

import (
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// A value may reach a bound, but not exceed it.
func TestBoundsOfOptions(t *testing.T) {
	t.Parallel()
	for code, right := range map[string]bool{
		`{count: 1}`: true, `{count: 9}`: true, `{count: 0}`: false, `{count: 10}`: false, `{count: '1'}`: false,
		`{number: 2}`: true, `{number: 0.001}`: true, `{number: 0}`: false, `{number: 2.001}`: false, `{number: -1}`: false,
		`{number: '1'}`: false, `{wait: 1}`: true, `{wait: 0.5}`: true, `{wait: 0}`: false, `{wait: -1}`: false,
		`{wait: '-1s'}`: false, `{wait: 'soon'}`: false, `{wait: true}`: false, `{wait: NaN}`: false,
		`{texts: []}`: true, `{texts: ''}`: false, `{texts: ['']}`: false, `{texts: {}}`: false, `{list: []}`: true,
		`{list: ' '}`: false, `{object: {}}`: true, `{object: {toJSON: () => 1}}`: false, `{array: []}`: true, `{array: {}}`: false,
		`{tags: {a: null}}`: false, `{tags: {a: {}}}`: false, `{headers: {}}`: true,
	} {
		_, r := read(t, code)
		assert.Equal(t, right, r.Finish() == nil, "%s: %v", code, r.Finish())
		assert.Equal(t, !right, r.Failed(), code)
	}
}

func TestToDuration(t *testing.T) {
	t.Parallel()
	rt := sobek.New()
	const longest = float64(1<<63-1) / float64(time.Millisecond)
	for code, want := range map[string]time.Duration{
		"0": 0, "1500": 1500 * time.Millisecond, "0.5": 500 * time.Microsecond, "-0.5": -500 * time.Microsecond,
		`"2s"`: 2 * time.Second, "9007199254740993.5": -1, "-1e300": -1, "1e300": -1, "NaN": -1, "Infinity": -1, "true": -1,
		"null": -1, `"x"`: -1,
	} {
		v, err := rt.RunString(code)
		require.NoError(t, err)
		d, ok := jsoption.ToDuration(v)
		assert.Equal(t, want != -1, ok, code)
		if ok {
			assert.Equal(t, want, d, code)
		}
	}
	d, ok := jsoption.ToDuration(rt.ToValue(-longest))
	assert.True(t, ok, "the longest duration")
	assert.Negative(t, d)
}

func TestDurationsFromZero(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		`{d: 0}`: "", `{d: '0s'}`: "", `{d: 1}`: "",
		`{d: -1}`: `option "d" is -1; it must be a duration of 0 or more such as "30s", or a number of milliseconds`,
	} {
		rt := sobek.New()
		object, err := rt.RunString("(" + code + ")")
		require.NoError(t, err)
		r := jsoption.NewReader(rt, object.ToObject(rt), nil)
		var d time.Duration
		r.Duration("d", &d, jsoption.NotNegative)
		if err := r.Finish(); want == "" {
			assert.NoError(t, err, code)
		} else {
			assert.EqualError(t, err, want)
		}
	}
}

func TestKindsOfValues(t *testing.T) {
	t.Parallel()
	rt := sobek.New()
	for code, c := range map[string]struct {
		described, shown                string
		object, array, isString, isBool bool
	}{
		"undefined":         {"undefined", "undefined", false, false, false, false},
		"null":              {"null", "null", false, false, false, false},
		"[1]":               {"an array", "an array", false, true, false, false},
		"({})":              {"an object", "an object", true, false, false, false},
		"() => 1":           {"a function", "a function", false, false, false, false},
		"new Boolean(true)": {"an object", "true", false, false, false, false},
		"''":                {"an empty string", `""`, false, false, true, false},
		"'x'":               {"a string", `"x"`, false, false, true, false},
		"true":              {"a boolean", "true", false, false, false, true},
		"7":                 {"a number", "7", false, false, false, false},
		"0.5":               {"a number", "0.5", false, false, false, false},
		"Symbol('s')":       {"a symbol", "a symbol", false, false, false, false},
	} {
		v, err := rt.RunString(code)
		require.NoError(t, err)
		assert.Equal(t, c.described, jsoption.Describe(v), code)
		assert.Equal(t, c.object, jsoption.IsObject(v), code)
		assert.Equal(t, c.array, jsoption.IsArray(v), code)
		assert.Equal(t, c.isString, jsoption.IsString(v), code)
		if code != "undefined" && code != "null" && code != "Symbol('s')" {
			assert.Equal(t, c.shown, jsoption.Show(v), code)
			assert.Equal(t, c.isBool, jsoption.IsBoolean(v), code)
		}
	}
	assert.Equal(t, "undefined", jsoption.Describe(nil))
}

func TestWhatAReaderKnows(t *testing.T) {
	t.Parallel()
	_, r := read(t, `{text: 'x', count: undefined, nested: {inner: 'i'}, wait: 1.5}`)
	require.NoError(t, r.Finish())
	assert.Equal(t, []string{"text", "count", "nested", "wait"}, r.Keys())
	assert.Contains(t, r.Known(), "array")
	assert.Contains(t, r.Options(), "nested.inner")
	assert.Contains(t, r.Options(), "array")
	assert.True(t, r.Given("text"))
	assert.False(t, r.Given("count"))
	assert.False(t, r.Given("array"))
	assert.Equal(t, []string{"wait"}, r.Numbers("wait", "text", "array"))

	rt := sobek.New()
	rest := r.Without([]string{"text", "nested"})
	assert.Equal(t, []string{"count", "wait"}, rest.Keys())
	to := rt.NewObject()
	jsoption.Assign(to, rest)
	assert.Equal(t, []string{"count", "wait"}, to.Keys())

	r.Renamed("absent", "text")
	require.NoError(t, r.Finish())
	r.Renamed("count", "text")
	require.NoError(t, r.Finish(), "undefined is not given")
	r.Renamed("wait", "text")
	require.EqualError(t, r.Finish(), `option "wait" is now named "text"; rename it`)
}
