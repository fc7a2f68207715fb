package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A longer run has a larger record until its points are as many as there may be.
func TestRecordsWeighSomething(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, weighRecords([]time.Duration{time.Minute, 10 * time.Minute}, &out))
	var megabytes []float64
	require.NoError(t, json.Unmarshal(out.Bytes(), &megabytes))
	require.Len(t, megabytes, 2)
	require.Positive(t, megabytes[0])
	require.Greater(t, megabytes[1], 2*megabytes[0])
}

func TestTheRecordOfADayHasATarget(t *testing.T) {
	t.Parallel()
	table := recordTable([]float64{10, 11, 14, 16})
	require.Len(t, table.Results, len(recordedRuns))
	require.True(t, *table.Results[2].Pass)
	require.False(t, *table.Results[3].Pass)
	require.Equal(t, "a run of 24 h", table.Results[3].Name)
}
