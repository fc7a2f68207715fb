package doctor

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/hint"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// A slow server is a token endpoint nonetheless.
func TestHintOfATokenThatHasExpiredOnArrival(t *testing.T) {
	t.Parallel()
	e := &run{method: methods[0]}
	assert.Contains(t, e.hintFor(oauth.Expired(time.Second, 2*time.Second)), "find out why it is slow")
}

func TestSettingsOfHintsHaveNames(t *testing.T) {
	t.Parallel()
	assert.ElementsMatch(t, hint.Settings(), slices.Collect(maps.Keys(settingNames)))
}
