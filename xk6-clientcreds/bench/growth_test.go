package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

func TestGrowthPlot(t *testing.T) {
	t.Parallel()
	var table results.Table
	for _, size := range sizes {
		for i, variant := range growing {
			ratio := 1 + float64(i)/10
			table.Results = append(table.Results, results.Result{Name: label(variant, size.VUs), Ratio: &ratio})
		}
	}
	assert.Equal(t, []float64{1.1, 1.1, 1.1, 1.1, 1.1}, ratios([]results.Table{table}, "JS helper"))
	plot := growthPlot([]results.Table{table})
	for decoder := xml.NewDecoder(strings.NewReader(plot)); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	assert.Equal(t, len(growing), strings.Count(plot, "<polyline"))
	assert.NotContains(t, plot, "NaN")
	assert.Len(t, growthColors, len(growing))
}
