//go:build linux

package soak

import (
	"fmt"
	"slices"
	"strings"
)

// A panel of the plot, in pixels.
const (
	panelWidth, panelHeight = 640, 110
	plotLeft, plotTop       = 70, 24
)

// plot draws each level of each run over time, as SVG.
func plot(runs []*run) string {
	var b strings.Builder
	colors := []string{"#2563eb", "#dc2626"}
	height := plotTop + len(levelNames)*(panelHeight+plotTop) + 10
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		plotLeft+panelWidth+20, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n")
	for i, r := range runs {
		fmt.Fprintf(&b, `<text x="%d" y="14" fill="%s">%s</text>`+"\n", plotLeft+i*220, colors[i], r.what)
	}
	for p, name := range levelNames {
		top := plotTop + p*(panelHeight+plotTop) + 14
		most := 1.0
		for _, r := range runs {
			most = max(most, slices.Max(r.levels[name]))
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text>`+"\n", plotLeft, top-2, name)
		fmt.Fprintf(&b, `<path d="M%d %dv%dh%d" fill="none" stroke="#999"/>`+"\n", plotLeft, top, panelHeight, panelWidth)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%.0f</text><text x="%d" y="%d" text-anchor="end">0</text>`+"\n",
			plotLeft-6, top+12, most, plotLeft-6, top+panelHeight)
		for i, r := range runs {
			values := r.levels[name]
			points := make([]string, len(values))
			for j, v := range values {
				points[j] = fmt.Sprintf("%.1f,%.1f", plotLeft+panelWidth*float64(j)/float64(max(len(values)-1, 1)),
					float64(top+panelHeight)-v/most*(panelHeight-4))
			}
			fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>`+"\n",
				strings.Join(points, " "), colors[i])
		}
	}
	return b.String() + "</svg>\n"
}
