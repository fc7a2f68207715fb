package doctor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// A slow server is a token endpoint nonetheless.
func TestHintOfATokenThatHasExpiredOnArrival(t *testing.T) {
	t.Parallel()
	assert.Contains(t, hintOf(oauth.Expired(time.Second, 2*time.Second)), "find out why it is slow")
}
