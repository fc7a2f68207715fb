package jsmodule

import (
	"fmt"
	"sync/atomic"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

// allowance counts the token requests of a client, or of all clients of a pool, in all VUs of this process, for the
// option maxRequests. A nil allowance has no end.
type allowance struct {
	most int64
	sent atomic.Int64
}

// newAllowance returns nil if most is 0.
func newAllowance(most int) *allowance {
	if most == 0 {
		return nil
	}
	return &allowance{most: int64(most)}
}

// allowance is the allowance of a new token source with these options.
func (o *options) allowance() *allowance {
	if o.shared != nil {
		return o.shared.allowance
	}
	return newAllowance(o.MaxRequests)
}

// take must be called before a token request is sent. After an error, the request must not be sent.
func (a *allowance) take() error {
	if a == nil || a.sent.Add(1) <= a.most {
		return nil
	}
	return &oauth.Error{
		Code: oauth.CodeMaxRequests,
		Description: fmt.Sprintf("this run has sent the %d token requests that option %q allows; raise it, or request fewer "+
			"tokens", a.most, "maxRequests"),
	}
}
