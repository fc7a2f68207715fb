// Package condition reads the conditions of k6's thresholds.
package condition

import (
	"fmt"
	"strconv"
	"strings"
)

// Condition is a condition such as p(95)<500. k6 has checked it before it reaches an output, but
// keeps what it parsed to itself.
type Condition struct {
	// Method is count, rate, value, avg, min, max or p. The median is a percentile.
	Method string
	// Percentile is the one of p, from 0 to 1.
	Percentile float64
	Limit      float64

	operator string
}

// operators in the order in which k6 looks for them.
var operators = []string{"<=", "<", ">=", ">", "===", "==", "!="}

// Parse reads a condition as a script has it.
func Parse(source string) (Condition, error) {
	for _, operator := range operators {
		left, right, _ := strings.Cut(source, operator)
		if right == "" {
			continue
		}
		c := Condition{Method: strings.TrimSpace(left), operator: operator}
		var err error
		if c.Limit, err = strconv.ParseFloat(strings.TrimSpace(right), 64); err != nil {
			return c, fmt.Errorf("threshold %q: %w", source, err)
		}
		if c.Method == "med" {
			c.Method, c.Percentile = "p", 0.5
		}
		if number, ok := strings.CutPrefix(c.Method, "p("); ok {
			percent, err := strconv.ParseFloat(strings.TrimSuffix(number, ")"), 64)
			if err != nil {
				return c, fmt.Errorf("threshold %q: %w", source, err)
			}
			c.Method, c.Percentile = "p", percent/100
		}
		return c, nil
	}
	return Condition{}, fmt.Errorf("threshold %q has no operator", source)
}

// Holds reports whether a value satisfies the condition.
func (c Condition) Holds(v float64) bool {
	switch c.operator {
	case "<=":
		return v <= c.Limit
	case "<":
		return v < c.Limit
	case ">=":
		return v >= c.Limit
	case ">":
		return v > c.Limit
	case "!=":
		return v != c.Limit
	default:
		return v == c.Limit
	}
}

// Void reports whether a condition that holds says nothing, because no metric that counts or takes time can break it:
// count>=0, rate>=0, max>=0. Scripts have such conditions so that k6 keeps a submetric.
func (c Condition) Void() bool {
	if c.Method == "value" {
		return false // a gauge can be negative
	}
	return c.operator == ">=" && c.Limit <= 0 || c.operator == ">" && c.Limit < 0
}
