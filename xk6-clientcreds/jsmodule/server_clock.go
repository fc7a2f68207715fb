package jsmodule

import (
	"sync/atomic"

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
