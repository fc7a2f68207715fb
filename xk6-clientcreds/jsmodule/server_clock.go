package jsmodule

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// serverClock is what the token endpoint of a grant last told of its clock. It is safe for
// concurrent use.
type serverClock struct{ last atomic.Pointer[oauth.Clock] }

// note keeps what an answer told, and reports whether that is news: the clock of a server says the
// same for a second, and one sample of it is enough.
func (s *serverClock) note(c oauth.Clock) bool {
	last := s.last.Load()
	if !c.Known() || last != nil && last.Date.Equal(c.Date) {
		return false
	}
	return s.last.CompareAndSwap(last, &c) // who comes second has nothing new to say
}

// describe says how far the server's clock is from this machine's; nothing where that is not worth noting.
func (s *serverClock) describe() string {
	last := s.last.Load()
	if last == nil {
		return ""
	}
	return describeClocks("; the server's clock is", last.Skew.Round(time.Second))
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
