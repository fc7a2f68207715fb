//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// markdown is the table of the page: medians of the rounds, with the smallest and the largest value.
func markdown(tools []tool, rounds []round, rate int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Medians of %d rounds, with the smallest and the largest value.\n\n", len(rounds))
	fmt.Fprintf(&b, "| Tool | Version | CPU per token at full speed, %d users | compared with %s | tokens per CPU second "+
		"| tokens/s on one core | server's core | CPU per token at %d/s | error of the rate | memory, %d users "+
		"| 1,000 users |\n", few, reference, rate, few)
	b.WriteString("| --- | --- |" + strings.Repeat(" ---: |", 9) + "\n")
	for _, t := range tools {
		of := func(value func(f, reference figures) float64) []float64 {
			values := make([]float64, len(rounds))
			for i, r := range rounds {
				values[i] = value(r[t.name], r[reference])
			}
			return values
		}
		atRate, rateError := "", "no rates"
		if rounds[0][t.name].CPUAtRate > 0 {
			atRate = spread(of(func(f, _ figures) float64 { return f.CPUAtRate }), results.Number) + " µs"
			rateError = spread(of(func(f, _ figures) float64 { return f.RateError }), percent)
		}
		compared := ""
		if rounds[0][reference].CPU > 0 {
			compared = spread(of(func(f, r figures) float64 { return f.CPU / r.CPU }), ratio)
		}
		fmt.Fprintf(&b, "| %s | %s | %s µs | %s | %s | %s | %s | %s | %s | %s MB | %s MB |\n", t.name, t.version,
			spread(of(func(f, _ figures) float64 { return f.CPU }), results.Number), compared,
			results.Number(median(of(func(f, _ figures) float64 { return 1e6 / f.CPU }))),
			spread(of(func(f, _ figures) float64 { return f.Rate }), results.Number),
			results.Number(100*median(of(func(f, _ figures) float64 { return f.Server })))+"%", atRate, rateError,
			results.Number(median(of(func(f, _ figures) float64 { return f.Memory }))),
			results.Number(median(of(func(f, _ figures) float64 { return f.MemoryMany }))))
	}
	return b.String()
}

// spread is the median, with the range of the values if there are several.
func spread(values []float64, format func(float64) string) string {
	if len(values) == 1 {
		return format(values[0])
	}
	return fmt.Sprintf("%s (%s to %s)", format(median(values)), format(slices.Min(values)), format(slices.Max(values)))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func ratio(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

func percent(x float64) string { return fmt.Sprintf("%+.1f%%", 100*x) }
