package jsmodule

import (
	"fmt"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// describeServerClock says how far a server's clock is from this machine's; nothing where that is not
// worth noting, or not known.
func describeServerClock(c *oauth.Clock) string {
	if c == nil {
		return ""
	}
	return describeClocks("; the server's clock is", c.Skew.Round(time.Second))
}

// describeClocks says by how much a clock, which begin names, is ahead of this machine's or behind it.
func describeClocks(begin string, skew time.Duration) string {
	switch {
	case skew >= skewWorthNoting:
		return fmt.Sprintf("%s %s ahead of this machine's", begin, skew)
	case skew <= -skewWorthNoting:
		return fmt.Sprintf("%s %s behind this machine's", begin, -skew)
	}
	return ""
}
