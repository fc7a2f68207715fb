package regress

import "math"

// Facts are those of the record that the verdict depends on.
func (r *Record) Facts() Facts {
	count := func(name string) float64 { return r.Metric(name).Count() }
	health := r.Metric("clientcreds_generator_saturated").all()
	f := Facts{
		Iterations: count("iterations"),
		Dropped:    count("dropped_iterations"),
		Requests:   count("http_reqs"),
		Imported:   health != nil,
		Tokens:     count("clientcreds_cache_hits") + count("clientcreds_cache_misses") + count("clientcreds_requests"),
		Rejections: count("clientcreds_rejections"),
		LateUses:   count("clientcreds_late_uses"),
		ClockSkew:  r.clockSkew(),
	}
	if health != nil {
		f.Seconds, f.Saturated = float64(health.Samples), float64(health.Nonzero)
	}
	for _, i := range r.Instances {
		for _, samples := range i.Lost {
			f.Lost += float64(samples)
		}
	}
	for _, t := range r.Thresholds {
		if t.Crossed {
			f.Crossed = append(f.Crossed, t)
		}
	}
	return f
}

// clockSkew is the greatest distance of the server's clock from this one's, ahead or behind.
func (r *Record) clockSkew() float64 {
	v := r.Metric("clientcreds_clock_skew").all()
	if v.count() == 0 {
		return 0
	}
	return max(math.Abs(v.Min), math.Abs(v.Max))
}
