package faults

import (
	"net/http"
	"time"
)

// outages are the times at which an endpoint is out of order.
type outages struct {
	list  []outage
	since time.Time // when the schedule began
}

// outage is a window of time: once, or every so often.
type outage struct {
	after, length, every time.Duration
	how                  string
	reply                reply
}

// maxSchedule bounds the times of a schedule.
const maxSchedule = 24 * time.Hour

func readOutages(r *reader, name string, b builder) step {
	o := &outages{since: b.now}
	for _, item := range r.children(name) {
		one := outage{
			after:  item.duration("after", 0, bounds{0, maxSchedule}),
			length: item.needDuration("for", bounds{time.Millisecond, maxSchedule}),
			every:  item.duration("every", 0, bounds{time.Millisecond, maxSchedule}),
			how:    item.word("how", "error", "reset", "hang"),
		}
		if one.every > 0 && one.every <= one.length {
			item.failf("every", "is %s, which is not longer than the outage; it must be more than %s", one.every, one.length)
		}
		if one.how == "error" {
			one.reply = readReply(item, b.endpoint, http.StatusServiceUnavailable)
		}
		item.finish()
		o.list = append(o.list, one)
	}
	if len(o.list) == 0 {
		return nil
	}
	return o
}

// left returns how much is left of the outage at a time after the schedule
// began, 0 when there is none.
func (o *outage) left(at time.Duration) time.Duration {
	at -= o.after
	if at < 0 {
		return 0
	}
	if o.every > 0 {
		at %= o.every
	}
	return max(o.length-at, 0)
}

func (o *outages) serve(x *request) bool {
	at := x.injector.now().Sub(o.since)
	for i := range o.list {
		one := &o.list[i]
		left := one.left(at)
		if left == 0 {
			continue
		}
		x.fault(outageKind)
		switch one.how {
		case "reset":
			x.cut()
		case "hang":
			return x.wait(left) // then the endpoint is back, and answers
		default:
			x.answer(&one.reply)
		}
		return true
	}
	return false
}
