package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/bench/results"
)

// The plot, in pixels.
const (
	plotWidth, plotHeight = 560, 300
	plotLeft, plotTop     = 60, 20
	legendWidth           = 190
)

// curveColors are the colors of the curves. They can be told apart in gray, too, by their order in the legend.
var curveColors = []string{"#6b7280", "#f59e0b", "#dc2626", "#2563eb", "#7c3aed", "#059669", "#db2777"}

// vusPlot draws the ratio of each variant over the number of VUs, both on logarithmic scales.
func vusPlot(tables []results.Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		plotLeft+plotWidth+legendWidth, plotTop+plotHeight+45)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	lowest, highest := 0.9, 1.1
	curves := make([][]float64, len(curveNames()))
	for i, variant := range curveNames() {
		curves[i] = ratios(tables, variant)
		lowest, highest = min(lowest, 0.95*slices.Min(curves[i])), max(highest, 1.05*slices.Max(curves[i]))
	}
	x := func(vus int) float64 {
		return plotLeft + plotWidth*math.Log10(float64(vus))/math.Log10(float64(mostVUs))
	}
	y := func(ratio float64) float64 {
		return plotTop + plotHeight*(1-math.Log(ratio/lowest)/math.Log(highest/lowest))
	}
	for _, size := range sizes {
		fmt.Fprintf(&b, `<path d="M%.1f %dv%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n",
			x(size.api.VUs), plotTop, plotHeight, x(size.api.VUs), plotTop+plotHeight+16, size.api.VUs)
	}
	for _, ratio := range []float64{0.5, 0.6, 0.7, 0.8, 1, 1.2, 1.5, 2, 2.5, 3, 4} {
		if ratio < lowest || ratio > highest {
			continue
		}
		color := "#ddd"
		if ratio == 1 {
			color = "#333"
		}
		fmt.Fprintf(&b, `<path d="M%d %.1fh%d" stroke="%s"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			plotLeft, y(ratio), plotWidth, color, plotLeft-6, y(ratio)+4, strconv.FormatFloat(ratio, 'g', -1, 64))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">virtual users</text>`+"\n", plotLeft+plotWidth/2,
		plotTop+plotHeight+36)
	fmt.Fprintf(&b, `<text transform="translate(16 %d) rotate(-90)" text-anchor="middle">CPU, compared with plain k6</text>`+"\n",
		plotTop+plotHeight/2)
	for i, curve := range curves {
		points := make([]string, len(curve))
		for j, ratio := range curve {
			points[j] = fmt.Sprintf("%.1f,%.1f", x(sizes[j].api.VUs), y(ratio))
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "),
			curveColors[i])
		fmt.Fprintf(&b, `<path d="M%d %dh20" stroke="%s" stroke-width="2"/><text x="%d" y="%d">%s</text>`+"\n",
			plotLeft+plotWidth+14, plotTop+10+20*i, curveColors[i], plotLeft+plotWidth+40, plotTop+14+20*i, curveNames()[i])
	}
	return b.String() + "</svg>\n"
}
