package main

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

func TestPlotOfVUs(t *testing.T) {
	t.Parallel()
	var table results.Table
	for _, size := range sizes {
		for i, variant := range curveNames() {
			ratio := 1 + float64(i)/10
			table.Results = append(table.Results, results.Result{Name: label(variant, size.api.VUs), Ratio: &ratio})
		}
	}
	assert.Equal(t, []float64{1.1, 1.1, 1.1, 1.1, 1.1}, ratios([]results.Table{table}, "JS helper"))
	plot := vusPlot([]results.Table{table})
	for decoder := xml.NewDecoder(strings.NewReader(plot)); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	assert.Equal(t, len(curveNames()), strings.Count(plot, "<polyline"))
	assert.NotContains(t, plot, "NaN")
	assert.Len(t, curveColors, len(curveNames()))
}

// The rows of one number of VUs come from two scripts.
func TestTablesOfVUsAreFilled(t *testing.T) {
	b := newBench(t)
	var tables vusTables
	api, err := b.blocks(t.Context(), "api", quick(3, 1))
	require.NoError(t, err)
	tables.addAPI(api, 3)
	token, err := b.blocks(t.Context(), "token", quick(3, 1))
	require.NoError(t, err)
	tables.addToken(token, 3)
	for _, table := range []results.Table{tables.api, tables.token, tables.collector, locksTable(api, 3)} {
		requireFilled(t, table)
	}
	assert.NotNil(t, tables.api.Results[3].Pass, "client.headers() has a target")
	for _, variant := range curveNames() {
		assert.True(t, slices.ContainsFunc(slices.Concat(tables.api.Results, tables.token.Results),
			func(r results.Result) bool { return r.Name == label(variant, 3) && r.Ratio != nil }), variant)
	}
}
