package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestContrast: of text 4.5:1 or more, of lines 3:1 (WCAG 2.2, 1.4.3 and 1.4.11), in all schemes.
func TestContrast(t *testing.T) {
	t.Parallel()
	schemes := regexp.MustCompile(`(?s)--page: .*?color-scheme`).FindAllString(style, -1)
	require.Len(t, schemes, 3, "light, dark by choice, dark by preference")
	assert.Equal(t, schemes[1], schemes[2], "dark is dark")
	for i, scheme := range schemes {
		colors := make(map[string]float64)
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(scheme, -1) {
			colors[m[1]] = luminance(t, m[2])
		}
		at := func(least float64, text, on string) {
			assert.GreaterOrEqual(t, contrast(colors[text], colors[on]), least, "scheme %d: %s on %s", i, text, on)
		}
		for _, on := range []string{"page", "box", "good-box", "bad-box", "warn-box"} {
			at(4.5, "text", on)
		}
		for _, text := range []string{"quiet", "link"} {
			at(4.5, text, "page")
			at(4.5, text, "box")
		}
		for _, mark := range []string{good, bad, warn} {
			at(4.5, mark, mark+"-box")
			at(4.5, mark, "page")
		}
		for c := range 8 {
			at(3, fmt.Sprintf("c%d", c), "page")
			at(3, fmt.Sprintf("c%d", c), "box")
		}
		at(3, "edge", "page")
	}
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err)
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }
