package runrecord

import "github.com/xk6-clientcreds/harness/xk6-clientcreds/validity"

// Judge gives the verdict on the record's run, by what the record holds.
func (r *Record) Judge(tolerances validity.Tolerances) validity.Validity {
	in := r.Inputs
	for _, i := range r.Instances {
		for _, samples := range i.Lost {
			in.Lost += float64(samples)
		}
	}
	for _, t := range r.Thresholds {
		if t.Crossed {
			in.Crossed = append(in.Crossed, t)
		}
	}
	in.Stopped, in.Failed = r.Run.Stopped, r.Run.Failed
	return validity.Judge(in, tolerances)
}
