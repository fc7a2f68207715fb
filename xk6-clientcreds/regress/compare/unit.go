package compare

import (
	"strconv"
	"strings"
)

// Unit is what the values of a statistic are measured in.
type Unit string

// The units.
const (
	Plain        Unit = ""
	Milliseconds Unit = "ms"
	Bytes        Unit = "B"
	PerSecond    Unit = "/s"
	Share        Unit = "%" // of one: 0.5 is 50%
)

// format shows a value to four significant digits.
func (u Unit) format(v float64) string {
	if u == Share {
		return digits(v*100) + "%"
	}
	if u == PerSecond || u == Plain {
		return digits(v) + string(u)
	}
	return digits(v) + " " + string(u)
}

func digits(v float64) string {
	text := strconv.FormatFloat(v, 'g', 4, 64)
	if strings.Contains(text, "e+") { // 4 digits of a large number
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return text
}
