package exporter

import (
	"fmt"
	"strconv"
	"strings"
)

// expression is a threshold such as p(95)<500. k6 has checked it before it reaches an output, but
// keeps what it parsed to itself.
type expression struct {
	method     string  // count, rate, value, avg, min, med, max, p
	percentile float64 // of p, 0 to 1
	operator   string
	limit      float64
}

// operators in the order in which k6 looks for them.
var operators = []string{"<=", "<", ">=", ">", "===", "==", "!="}

func parseExpression(source string) (expression, error) {
	for _, operator := range operators {
		left, right, _ := strings.Cut(source, operator)
		if right == "" {
			continue
		}
		e := expression{method: strings.TrimSpace(left), operator: operator}
		var err error
		if e.limit, err = strconv.ParseFloat(strings.TrimSpace(right), 64); err != nil {
			return e, fmt.Errorf("threshold %q: %w", source, err)
		}
		if e.method == "med" {
			e.method, e.percentile = "p", 0.5
		}
		if number, ok := strings.CutPrefix(e.method, "p("); ok {
			percent, err := strconv.ParseFloat(strings.TrimSuffix(number, ")"), 64)
			if err != nil {
				return e, fmt.Errorf("threshold %q: %w", source, err)
			}
			e.method, e.percentile = "p", percent/100
		}
		return e, nil
	}
	return expression{}, fmt.Errorf("threshold %q has no operator", source)
}

// holds says whether v satisfies the expression.
func (e expression) holds(v float64) bool {
	switch e.operator {
	case "<=":
		return v <= e.limit
	case "<":
		return v < e.limit
	case ">=":
		return v >= e.limit
	case ">":
		return v > e.limit
	case "!=":
		return v != e.limit
	default:
		return v == e.limit
	}
}
