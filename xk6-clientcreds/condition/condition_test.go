package condition

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
