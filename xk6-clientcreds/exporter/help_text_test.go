package exporter

import (
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/testkit/k6kit"
)

func TestHelpListsEveryOption(t *testing.T) {
	var out strings.Builder
	params := k6kit.Params("help")
	params.StdOut = &out
	_, err := New(params)
	require.ErrorIs(t, err, errHelp)
	var coded errext.HasExitCode
	require.ErrorAs(t, err, &coded, "no test has run: that is not a success")
	assert.Equal(t, exitcodes.InvalidConfig, coded.ExitCode())
	for _, o := range Options() {
		assert.Contains(t, out.String(), "\n"+o.Name+", "+o.Variable)
	}
	assert.Contains(t, out.String(), "\nmaxSeries, K6_PROMETHEUS_MAX_SERIES (default 10000)\n    Maximum number of label sets per metric.\n")
	assert.Contains(t, out.String(), "    Web configuration file\n    (https://github.com/prometheus/exporter-toolkit/")
	assert.NotContains(t, out.String(), "`")
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len(line), 121, line)
	}
}

// A line is as wide as allowed, and a word that is wider has a line of its own.
func TestHelpIsIndented(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "  ",
		"a b":               "  a b",
		"aaaa bbb":          "  aaaa bbb",
		"aaaa bbbb":         "  aaaa\n  bbbb",
		"aaa bbb c":         "  aaa bbb\n  c",
		"a bbbbbbbbbbbbb c": "  a\n  bbbbbbbbbbbbb\n  c",
		"aaaaaaaaaaaaa b c": "  aaaaaaaaaaaaa\n  b c",
	} {
		assert.Equal(t, want, indented(text, "  ", 10), text)
	}
}

func TestHelpThatCannotBeWritten(t *testing.T) {
	params := k6kit.Params("help")
	params.StdOut = brokenWriter{}
	_, err := New(params)
	require.ErrorIs(t, err, iotest.ErrTimeout)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, iotest.ErrTimeout }
