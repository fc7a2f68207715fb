package compare

import (
	"strconv"
	"strings"
)

// Unit is the unit of a statistic's values.
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
	switch u {
	case Share:
		return digits(v*100) + "%"
	case PerSecond, Plain:
		return digits(v) + string(u)
	default:
		return digits(v) + " " + string(u)
	}
}

// formatChange shows the difference between two values. Of shares it is in percentage points, so that nobody takes it
// for a share of the base.
func (u Unit) formatChange(v float64) string {
	if u == Share {
		return digits(v*100) + " pp"
	}
	return u.format(v)
}

// words describe a statistic of the unit, in an error.
func (u Unit) words() string {
	switch u {
	case Milliseconds:
		return "a time"
	case Bytes:
		return "a size"
	case PerSecond:
		return "a number per second"
	case Share:
		return "a share"
	default:
		return "a number"
	}
}

// example is a limit in the unit, without its sign.
func (u Unit) example() string {
	switch u {
	case Share:
		return "1pp"
	default:
		return "5" + string(u)
	}
}

func digits(v float64) string {
	text := strconv.FormatFloat(v, 'g', 4, 64)
	if strings.Contains(text, "e+") { // 4 digits of a large number
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return text
}
