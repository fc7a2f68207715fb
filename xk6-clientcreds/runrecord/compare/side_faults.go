package compare

import (
	"fmt"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

const (
	// maxSilence is how many slices in a row may have nothing but failures. More is a server that is down.
	maxSilence = 3
	// maxFailedShare of the requests of a side may fail. More, and the side's latency is about failures.
	maxFailedShare = 0.5
	// minAnswered is the least share of the answers of one side that the other side has to give.
	minAnswered = 0.9
	// minRequests is how many requests a side must have had to be blamed for missing ones.
	minRequests = 50
	// slower is how many times as long one side has to keep virtual users busy to be blamed for dropped iterations.
	slower = 1.3
	// maxSkew is the largest difference of clocks, in milliseconds: see the rules of validity.
	maxSkew = 2000
)

// sideFaults names the sides that kept the run from being a comparison, and why.
func sideFaults(record *runrecord.Record) []string {
	v := sidesOf(record.Series)
	var list []string
	for _, side := range []runrecord.Side{runrecord.Base, runrecord.Head} {
		for _, request := range []struct{ failed, name string }{
			{metricname.RequestFailed, "token request"}, {metricname.HTTPReqFailed, "API request"},
		} {
			if fault := v.down(record, side, request.failed, request.name); fault != "" {
				list = append(list, string(side)+": "+fault)
			}
		}
		skew := record.Metric(metricname.ClockSkew).Split(runrecord.SideTag, string(side))
		if skew != nil && max(-skew.Min, skew.Max) > maxSkew {
			list = append(list, fmt.Sprintf("%s: the clock of its server and the clock of this machine differ by %.1f s; "+
				"set them", side, max(-skew.Min, skew.Max)/1000))
		}
	}
	if len(list) == 0 {
		list = append(list, slowSide(record)...)
	}
	return list
}

// down says that a side did not answer, or not as it should; "" if it did.
func (v sideValues) down(record *runrecord.Record, side runrecord.Side, metric, name string) string {
	values := record.Metric(metric).Split(runrecord.SideTag, string(side))
	other := runrecord.Head
	if side == runrecord.Head {
		other = runrecord.Base
	}
	switch {
	case values.Count() == 0 && record.Metric(metric).Split(runrecord.SideTag, string(other)).Count() > 0:
		return "there was no " + name
	case values.Count() == 0:
		return ""
	case values.Rate() > maxFailedShare:
		return fmt.Sprintf("%d of %d %ss failed (%.0f%%)", values.Nonzero, values.Samples, name, values.Rate()*100)
	}
	for _, sides := range v[metric] {
		silent, begin := 0, int64(0)
		for _, unix := range sidesInOrder(sides[side]) {
			p := sides[side][unix]
			if p.Nonzero < p.Samples {
				silent = 0
				continue
			}
			if silent == 0 {
				begin = unix
			}
			if silent++; silent >= maxSilence {
				return fmt.Sprintf("every %s failed for %d s or longer, from %s on", name, int64(silent)*record.Interval,
					time.Unix(begin, 0).Sub(record.Run.Start).Round(time.Second))
			}
		}
	}
	return ""
}

// slowSide names the side that did not sustain the rate: it left requests unanswered, or kept virtual users busy when
// iterations were dropped.
func slowSide(record *runrecord.Record) []string {
	of := func(metric string, side runrecord.Side) *runrecord.Values {
		return record.Metric(metric).Split(runrecord.SideTag, string(side))
	}
	for _, metric := range []string{metricname.RequestFailed, metricname.HTTPReqFailed} {
		base, head := of(metric, runrecord.Base), of(metric, runrecord.Head)
		if base == nil || head == nil || max(base.Samples, head.Samples) < minRequests {
			continue
		}
		if fault := unanswered(runrecord.Base, base, head) + unanswered(runrecord.Head, head, base); fault != "" {
			return []string{fault}
		}
	}
	if record.Inputs.Dropped == 0 {
		return nil
	}
	base, head := of(metricname.IterationDuration, runrecord.Base), of(metricname.IterationDuration, runrecord.Head)
	dropped := fmt.Sprintf("%.0f iterations were dropped", record.Inputs.Dropped)
	switch {
	case base == nil || head == nil:
		return nil
	case head.Sum > slower*base.Sum:
		return []string{"head: it did not sustain the rate: " + dropped + " while most virtual users waited for it"}
	case base.Sum > slower*head.Sum:
		return []string{"base: it did not sustain the rate: " + dropped + " while most virtual users waited for it"}
	default:
		return []string{"base and head: they did not sustain the rate: " + dropped + "; lower RATE, or raise MAX_VUS"}
	}
}

func unanswered(side runrecord.Side, own, other *runrecord.Values) string {
	if float64(own.Samples) >= minAnswered*float64(other.Samples) {
		return ""
	}
	return fmt.Sprintf("%s: it did not sustain the rate: %d requests ended, and %d of the other side", side, own.Samples,
		other.Samples)
}
