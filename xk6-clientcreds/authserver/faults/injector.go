package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Injector stands in front of the endpoints of a server. The zero document
// has no faults, and costs a request next to nothing.
type Injector struct {
	// plan is nil when there are no faults.
	plan     atomic.Pointer[plan]
	counts   counts
	now      func() time.Time
	clientOf ClientOf
	rest     func(time.Duration) // sleeps at the end of a delay, for at most timerResolution

	mu sync.Mutex // of changes

	closing sync.Once
	closed  chan struct{}
}

// ClientOf names the client of a request: a registered one, or "". body is the
// request's.
type ClientOf func(e Endpoint, r *http.Request, body []byte) string

// New makes an Injector without faults. now is the clock that outages and rate
// limits go by.
func New(now func() time.Time, clientOf ClientOf) *Injector {
	return &Injector{now: now, clientOf: clientOf, rest: sleepPrecisely, closed: make(chan struct{})}
}

// Close ends all delays, so that the server can be shut down: what waits is
// answered at once.
func (i *Injector) Close() { i.closing.Do(func() { close(i.closed) }) }

// timerResolution is how late a timer may be on an idle machine: the runtime waits in whole milliseconds.
const timerResolution = time.Millisecond

// pause waits for d, or until ctx ends. It reports whether d is over. It is more precise than timers, so that 5.5ms
// differ from 6ms.
func (i *Injector) pause(ctx context.Context, d time.Duration) bool {
	end := time.Now().Add(d)
	timer := time.NewTimer(d - timerResolution)
	defer timer.Stop()
	select {
	case <-timer.C:
		i.rest(time.Until(end))
		return true
	case <-i.closed:
		return true
	case <-ctx.Done():
		return false
	}
}

// Wrap puts the faults of e in front of an endpoint.
func (i *Injector) Wrap(e Endpoint, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := i.plan.Load(); p != nil {
			p.serve(i, e, w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ServerSkew is how far the clock of the authorization server is ahead.
func (i *Injector) ServerSkew() time.Duration { return i.skew(Token) }

// APISkew is how far the clock of the API is ahead.
func (i *Injector) APISkew() time.Duration { return i.skew(API) }

func (i *Injector) skew(e Endpoint) time.Duration {
	if p := i.plan.Load(); p != nil {
		return p.skew(e)
	}
	return 0
}

// TTL is the lifetime of tokens, 0 when the document does not say one.
func (i *Injector) TTL() time.Duration {
	if p := i.plan.Load(); p != nil {
		return p.ttl
	}
	return 0
}

// DPoPNonce is how often the nonce of DPoP proofs changes, 0 when the document
// demands none.
func (i *Injector) DPoPNonce() time.Duration {
	if p := i.plan.Load(); p != nil {
		return p.dpopNonce
	}
	return 0
}

// Document returns the document that is in force, as JSON.
func (i *Injector) Document() ([]byte, error) {
	document := map[string]any{}
	if p := i.plan.Load(); p != nil {
		document = p.document
	}
	return json.MarshalIndent(document, "", "  ")
}

// Put puts a document in force, in place of the one that is: all of it, or
// with an error, of type [*MemberError], nothing. All faults start again.
func (i *Injector) Put(document []byte) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	object, err := decode(document)
	if err != nil {
		return err
	}
	return i.replace(object, nil)
}

// Patch changes the document that is in force by a JSON merge patch (RFC
// 7396). The faults that it does not change go on as they are: buckets are not
// filled, outages do not begin again.
func (i *Injector) Patch(patch []byte) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	object, err := decode(patch)
	if err != nil {
		return err
	}
	previous := i.plan.Load()
	var current map[string]any
	if previous != nil {
		current = previous.document
	}
	return i.replace(merged(current, object), previous)
}

// Clear ends all faults.
func (i *Injector) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.plan.Store(nil)
}

// Check reports what is wrong with a document, in an error of type
// [*MemberError]. Nothing at all is right: no faults.
func Check(document []byte) error {
	if len(document) == 0 {
		return nil
	}
	return New(time.Now, nil).Put(document)
}

func (i *Injector) replace(object map[string]any, previous *plan) error {
	r := newReader(object)
	p := read(r, i.now(), previous)
	if r.shared.first != nil {
		return r.shared.first
	}
	if len(object) == 0 {
		p = nil
	}
	i.plan.Store(p)
	return nil
}

// decode reads one JSON object.
func decode(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, &MemberError{Problem: fmt.Sprintf("the document is not JSON (%s); it must be a JSON object", err)}
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, &MemberError{Problem: "the document is " + shown(value) + "; it must be a JSON object"}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &MemberError{Problem: "the document has more after its JSON object; remove what follows"}
	}
	return object, nil
}

// merged is target changed by patch, RFC 7396 §2. Neither is written to.
func merged(target, patch map[string]any) map[string]any {
	result := make(map[string]any, len(target)+len(patch))
	for name, value := range target {
		result[name] = value
	}
	for name, value := range patch {
		object, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(result, name)
		case isObject:
			old, _ := result[name].(map[string]any)
			result[name] = merged(old, object)
		default:
			result[name] = value
		}
	}
	return result
}
