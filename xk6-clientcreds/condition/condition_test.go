package condition

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A condition compares as it does in k6, also where a value is the limit.
func TestHolds(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][3]bool{ // below, at, and above the limit
		"count<2": {true, false, false}, "count<=2": {true, true, false}, "count>2": {false, false, true},
		"count>=2": {false, true, true}, "count==2": {false, true, false}, "count===2": {false, true, false},
		"count!=2": {true, false, true},
	} {
		c, err := Parse(source)
		require.NoError(t, err)
		assert.Equal(t, want, [3]bool{c.Holds(1.9), c.Holds(2), c.Holds(2.1)}, source)
	}
}

// The median is a percentile.
func TestMethods(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]Condition{
		"count>1":          {"count", 0, 1, ">"},
		" p(99.9) <= 1e3 ": {"p", 0.999, 1000, "<="},
		"p(0)==-1":         {"p", 0, -1, "=="},
		"med!=0.5":         {"p", 0.5, 0.5, "!="},
	} {
		c, err := Parse(source)
		require.NoError(t, err)
		assert.InDelta(t, want.Percentile, c.Percentile, 1e-12, source)
		c.Percentile = want.Percentile
		assert.Equal(t, want, c, source)
	}
}

func TestVoid(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{
		"count>=0": true, "rate >= 0": true, "max>=0": true, "p(95)>=0": true, "med>=-1": true, "avg>-0.5": true,
		"min>=0.0": true,
		"count>0":  false, "count>=1": false, "rate<=0": false, "rate==0": false, "rate<1": false, "max!=0": false,
		"p(95)<500": false,
		"value>=0":  false, "value>-1": false, "count>-0": false,
	} {
		c, err := Parse(source)
		require.NoError(t, err)
		assert.Equal(t, want, c.Void(), source)
	}
}

func TestConditionsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"", "count", "count<x", "p(x)<1", "<"} {
		_, err := Parse(source)
		require.ErrorContains(t, err, fmt.Sprintf("threshold %q", source))
	}
}
