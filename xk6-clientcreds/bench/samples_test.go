package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOutputsTakeSamples(t *testing.T) {
	t.Parallel()
	b := &bench{log: t.Output()}
	run, err := b.inProcess(t.Context(), roleSamples, 6)
	require.NoError(t, err)
	table := samplesTable(run)
	requireFilled(t, table)
	require.Len(t, table.Results, 6)
	containers, count := iterationSamples()
	require.Len(t, containers, sampleURLs)
	require.Equal(t, 13*sampleURLs, count, "an iteration with one request has thirteen samples")
}
