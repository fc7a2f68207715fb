package report

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// number is a value of a chart. JSON has no NaN: a chart has a gap there.
type number float64

// MarshalJSON implements json.Marshaler.
func (n number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	// A chart has no more than a few hundred pixels for it.
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(float64(n), 'g', 6, 64), 64)
	if err != nil {
		return nil, err
	}
	return json.Marshal(rounded)
}

// unit is the unit of values.
type unit string

const (
	plain        unit = ""
	milliseconds unit = "ms"
	bytesOf      unit = "B"
	perSecond    unit = "/s"
	percent      unit = "%"
	share        unit = "share" // of tables only: charts have percent
)

// none stands where there is no value.
const none = "–"

// format shows a value to four significant digits.
func (u unit) format(v float64) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return none
	case u == share:
		return percent.format(v * 100)
	case u == milliseconds && math.Abs(v) >= 10_000:
		return digits(v/1000) + " s"
	case u == bytesOf && math.Abs(v) >= 1e6: // an axis has room for ten characters
		return digits(v/1e6) + " MB"
	case u == milliseconds || u == bytesOf:
		return digits(v) + " " + string(u)
	default:
		return digits(v) + string(u)
	}
}

func digits(v float64) string {
	if math.Abs(v) >= 1000 {
		return grouped(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// grouped sets commas between thousands.
func grouped(text string) string {
	sign, text := text[:len(text)-len(strings.TrimPrefix(text, "-"))], strings.TrimPrefix(text, "-")
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return sign + text
}

// clock is a time since the start of a run.
func clock(seconds int64) string {
	text := strconv.FormatInt(seconds/60%60, 10) + ":" + strconv.FormatInt(100+seconds%60, 10)[1:]
	if hours := seconds / 3600; hours > 0 {
		return strconv.FormatInt(hours, 10) + ":" + strings.Repeat("0", 5-len(text)) + text
	}
	return text
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
