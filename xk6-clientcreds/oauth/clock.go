package oauth

import (
	"net/http"
	"time"
)

// Clock holds what an answer says about the server's clock in its Date header (RFC 9110 §6.6.1), which
// has whole seconds.
type Clock struct {
	// Date is the time in the header; zero without a header.
	Date time.Time
	// Skew is how far, at least, the server's clock is ahead of this machine's, negative where it is
	// behind. It is 0 while the two can agree: for a second, and for as long as the answer took.
	Skew time.Duration
}

// ReadClock reads the Date header of an answer to a request that was sent and answered then.
func ReadClock(date string, sent, answered time.Time) Clock {
	at, err := http.ParseTime(date)
	if err != nil {
		return Clock{}
	}
	c := Clock{Date: at}
	switch latest := at.Add(time.Second); {
	case at.After(answered):
		c.Skew = at.Sub(answered)
	case latest.Before(sent):
		c.Skew = latest.Sub(sent)
	}
	return c
}

// Known reports whether the answer had a Date header.
func (c Clock) Known() bool { return !c.Date.IsZero() }
