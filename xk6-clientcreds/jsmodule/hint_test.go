package jsmodule

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/hint"
)

func TestSettingsOfHintsHaveNames(t *testing.T) {
	t.Parallel()
	assert.ElementsMatch(t, hint.Settings(), slices.Collect(maps.Keys(settingNames)))
}
