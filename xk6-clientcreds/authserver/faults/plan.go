package faults

import (
	"net/http"
	"reflect"
	"time"
)

// plan is a document that is in force. It is not changed; what its faults
// count and draw, they guard themselves.
type plan struct {
	document  map[string]any
	seed      uint64
	steps     [endpoints][]namedStep
	handshake *latency
	serverSkew,
	apiSkew time.Duration
	ttl       time.Duration // 0: the lifetime of the server and its clients
	dpopNonce time.Duration // 0: what the server demands itself
}

type namedStep struct {
	name string
	step step
}

// builder holds the parameters of new faults.
type builder struct {
	endpoint Endpoint
	seed     uint64
	latency  bounds
	now      time.Time
}

func (b builder) sampler(path string) *sampler { return newSampler(b.seed, path) }

// stepReaders are the faults of an endpoint, in the order that a request meets
// them: a gateway comes before the server that is slow, an answer before its body.
var stepReaders = []struct {
	name string
	read func(*reader, string, builder) step
}{
	{"outages", readOutages},
	{"rate_limit", readRateLimit},
	{"latency", func(r *reader, name string, b builder) step {
		if l := readLatency(r, name, b); l != nil {
			return l
		}
		return nil
	}},
	{"reset", readReset},
	{"errors", readErrors},
	{"slow_body", readSlowBody},
	{"truncated_body", readTruncatedBody},
}

// read makes a plan of a document. Faults that a previous plan has with the
// same words go on where they are.
func read(r *reader, now time.Time, previous *plan) *plan {
	p := &plan{document: r.object}
	p.seed = uint64(r.whole("seed", 0, 0, 1<<53)) // #nosec G115 -- not negative
	b := builder{seed: p.seed, latency: latencyBounds, now: now}
	for e := range endpoints {
		b.endpoint = e
		if child := r.child(placeNames[e]); child != nil {
			p.readEndpoint(child, b, previous)
		}
	}
	if child := r.child("tls"); child != nil {
		b.latency = handshakeBounds
		p.handshake = readLatency(child, "handshake_delay", b)
		child.finish()
	}
	if child := r.child("clock_skew"); child != nil {
		p.serverSkew = child.duration("server", 0, skewBounds)
		p.apiSkew = child.duration("api", 0, skewBounds)
		child.finish()
	}
	p.ttl = r.duration("ttl", 0, ttlBounds)
	if p.ttl%time.Second != 0 {
		r.failf("ttl", "is %s; it must be whole seconds", p.ttl)
	}
	p.dpopNonce = r.duration("dpop_nonce", 0, ttlBounds)
	r.finish()
	return p
}

var (
	skewBounds = bounds{-24 * time.Hour, 24 * time.Hour}
	ttlBounds  = bounds{time.Second, 24 * time.Hour}
)

func (p *plan) readEndpoint(r *reader, b builder, previous *plan) {
	for _, s := range stepReaders {
		made := s.read(r, s.name, b)
		if made == nil {
			continue
		}
		if kept := previous.step(b.endpoint, s.name, p.seed, r.object[s.name]); kept != nil {
			made = kept
		}
		p.steps[b.endpoint] = append(p.steps[b.endpoint], namedStep{s.name, made})
	}
	r.finish()
}

// step returns the fault of the plan that the document calls the same way.
func (p *plan) step(e Endpoint, name string, seed uint64, value any) step {
	if p == nil || p.seed != seed {
		return nil
	}
	own, _ := p.document[placeNames[e]].(map[string]any)
	if !reflect.DeepEqual(own[name], value) {
		return nil
	}
	for _, s := range p.steps[e] {
		if s.name == name {
			return s.step
		}
	}
	return nil
}

// skew is how far the clock of e is ahead.
func (p *plan) skew(e Endpoint) time.Duration {
	if e == API {
		return p.apiSkew
	}
	return p.serverSkew
}

func (p *plan) serve(i *Injector, e Endpoint, w http.ResponseWriter, r *http.Request, next http.Handler) {
	if d := p.skew(e); d != 0 {
		i.counts.fault(clockSkewKind, e)
		w.Header().Set("Date", i.now().Add(d).UTC().Format(http.TimeFormat))
	}
	if len(p.steps[e]) == 0 {
		next.ServeHTTP(w, r)
		return
	}
	x := &request{injector: i, endpoint: e, w: w, r: r}
	x.bufferBody()
	for _, s := range p.steps[e] {
		if s.step.serve(x) {
			return
		}
	}
	if x.bytesPerSecond > 0 || x.truncated {
		x.replay(next)
		return
	}
	next.ServeHTTP(x.w, x.r)
}
