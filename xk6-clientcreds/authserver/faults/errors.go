package faults

import "net/http"

// failures answer shares of the requests with errors. A request gets one of
// them at most, so the shares add up.
type failures struct {
	list    []failure
	sampler *sampler
}

type failure struct {
	rate  float64
	reply reply
}

func readErrors(r *reader, name string, b builder) step {
	f := &failures{sampler: b.sampler(r.at(name))}
	sum := 0.0
	for _, item := range r.children(name) {
		one := failure{item.rate(), readReply(item, b.endpoint, http.StatusInternalServerError)}
		item.finish()
		if sum += one.rate; sum > 1+1e-9 {
			item.failf("rate", "brings the sum of the list's rates to %v; it must be 1 at most", sum)
		}
		f.list = append(f.list, one)
	}
	if len(f.list) == 0 {
		return nil
	}
	return f
}

func (f *failures) serve(x *request) bool {
	share := f.sampler.share()
	for i := range f.list {
		if share -= f.list[i].rate; share < 0 {
			x.fault(errorKind)
			x.answer(&f.list[i].reply)
			return true
		}
	}
	return false
}
