package registration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
)

const (
	// requestTimeout bounds one request.
	requestTimeout = 30 * time.Second
	// maxBusy is how often in a row one request is told to come back later.
	maxBusy = 8
	// maxHold bounds the wait that a server asks for.
	maxHold = 5 * time.Minute
	// firstHold is the wait where the server does not say how long. Each further one is twice as long, up to lastHold.
	firstHold, lastHold = time.Second, 30 * time.Second
)

// Run registers or deletes the clients of a journal.
type Run struct {
	Endpoint Endpoint
	Journal  *Journal
	// Rate is the most requests per second; 0 does not limit them. Concurrency is the most requests at a time.
	Rate        float64
	Concurrency int
	// Progress is called after each client with how many are done. It may be nil.
	Progress func(done int)

	pacer *pacer
	done  atomic.Int64
}

// Register registers clients until there are count of them. When ctx ends, it sends no further request and waits for
// those under way. It stops at the first failure, and returns it.
func (r *Run) Register(ctx context.Context, count int) error {
	missing := count - r.Journal.Registered()
	return r.each(ctx, missing, func(ctx context.Context, _ int) error { return r.register(ctx) })
}

// Deletion says what became of the clients that were to be deleted.
type Deletion struct {
	Deleted int
	// Unmanaged are clients that have no registration access token: the server does not support RFC 7592.
	Unmanaged []string
	// Refused has the first refusal of the server, of Refusals.
	Refused  error
	Refusals int
}

// Delete deletes the clients of the journal. A refusal does not keep it from deleting the others.
func (r *Run) Delete(ctx context.Context) (*Deletion, error) {
	all := r.Journal.with(eventRegistered, eventDeleting)
	var mu sync.Mutex
	d := new(Deletion)
	err := r.each(ctx, len(all), func(ctx context.Context, i int) error {
		e := all[i]
		if e.Manager == "" || e.URI == "" {
			mu.Lock()
			defer mu.Unlock()
			d.Unmanaged = append(d.Unmanaged, e.Client.ID)
			return nil
		}
		err := r.delete(ctx, e)
		mu.Lock()
		defer mu.Unlock()
		if failure := (*oauth.Error)(nil); errors.As(err, &failure) && failure.Status != 0 {
			d.Refusals++
			if d.Refused == nil {
				d.Refused = fmt.Errorf("client %s: %w", e.Client.ID, err)
			}
			return nil
		}
		if err == nil {
			d.Deleted++
		}
		return err
	})
	return d, err
}

// each calls do n times: first once, so that a server which refuses it is not asked in vain by all, then at the same
// time. It returns the first error.
func (r *Run) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	r.pacer = newPacer(r.Rate)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	work := func() {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			if err := do(ctx, i); err != nil {
				stop(err)
				return
			}
			if done := r.done.Add(1); r.Progress != nil {
				r.Progress(int(done))
			}
			if i == 0 {
				return
			}
		}
	}
	work()
	var workers sync.WaitGroup
	for range min(max(r.Concurrency, 1), n) {
		workers.Go(work)
	}
	workers.Wait()
	return context.Cause(ctx)
}

// register registers one client.
func (r *Run) register(ctx context.Context) error {
	if err := r.pacer.wait(ctx); err != nil {
		return context.Cause(ctx)
	}
	n, err := r.Journal.begin()
	if err != nil {
		return fmt.Errorf("the journal cannot be written: %w; nothing was sent", err)
	}
	template := &r.Journal.Settings.Template
	credentials, err := template.credentials(n)
	if err != nil {
		return errors.Join(err, r.Journal.add(entry{Event: eventFailed, Number: n}))
	}
	var answer *Response
	err = r.patiently(ctx, func(ctx context.Context) (err error) {
		answer, err = r.Endpoint.Register(ctx, template.metadata(n, credentials))
		return err
	})
	if failure := (*oauth.Error)(nil); errors.As(err, &failure) && mayHaveWorked(failure) {
		return fmt.Errorf("%w; the server may have registered the client %q, whose credentials are lost", err,
			template.name(n))
	}
	if err != nil {
		return errors.Join(err, r.Journal.add(entry{Event: eventFailed, Number: n}))
	}
	client, err := template.poolClient(answer, credentials)
	if err != nil {
		return r.takeBack(ctx, n, answer, err)
	}
	err = r.Journal.add(entry{
		Event: eventRegistered, Number: n, Client: client, Manager: answer.Manager, URI: answer.URI,
	})
	if err != nil {
		return r.takeBack(ctx, n, answer, fmt.Errorf("the journal cannot be written: %w", err))
	}
	return nil
}

// takeBack deletes a client that is of no use, and returns why it is not.
func (r *Run) takeBack(ctx context.Context, n int, answer *Response, why error) error {
	name := r.Journal.Settings.Template.name(n)
	err := errors.New("the server does not support RFC 7592")
	if answer.Manager != "" && answer.URI != "" {
		err = r.patiently(ctx, func(ctx context.Context) error { return r.Endpoint.Delete(ctx, answer.URI, answer.Manager) })
	}
	if err != nil {
		return fmt.Errorf("%w; the client %q (client_id %s) stays registered: %w", why, name,
			oauth.Printable(answer.ID, 256), err)
	}
	// If the journal cannot be written, it says of this client that nothing is known.
	if r.Journal.add(entry{Event: eventFailed, Number: n}) != nil {
		return fmt.Errorf("%w; the client %q was deleted again", why, name)
	}
	return why
}

// delete deletes one client. A server that does not know a client which may have been deleted before has nothing left
// to delete.
func (r *Run) delete(ctx context.Context, e entry) error {
	if err := r.pacer.wait(ctx); err != nil {
		return context.Cause(ctx)
	}
	tried := e.Event == eventDeleting
	if err := r.Journal.add(entry{Event: eventDeleting, Number: e.Number}); err != nil {
		return fmt.Errorf("the journal cannot be written: %w; nothing was sent", err)
	}
	err := r.patiently(ctx, func(ctx context.Context) error { return r.Endpoint.Delete(ctx, e.URI, e.Manager) })
	failure := (*oauth.Error)(nil)
	if errors.As(err, &failure) {
		gone := failure.Status == http.StatusNotFound || failure.Status == http.StatusGone ||
			failure.Status == http.StatusUnauthorized && tried // RFC 7592 §2.3
		switch {
		case gone:
			err = nil
		case !mayHaveWorked(failure):
			return errors.Join(err, r.Journal.add(entry{
				Event: eventRegistered, Number: e.Number, Client: e.Client, Manager: e.Manager, URI: e.URI,
			}))
		}
	}
	if err != nil {
		return err
	}
	return r.Journal.add(entry{Event: eventDeleted, Number: e.Number})
}

// patiently sends a request, again if the server is busy, as long as ctx has not ended. A request under way outlives
// ctx, because what becomes of it would not be known.
func (r *Run) patiently(ctx context.Context, send func(context.Context) error) error {
	hold := firstHold
	for n := 1; ; n++ {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
		err := send(limited)
		cancel()
		failure := (*oauth.Error)(nil)
		if !errors.As(err, &failure) || !busy(failure) || n == maxBusy || failure.RetryAfter > maxHold {
			return err
		}
		if failure.RetryAfter > 0 {
			r.pacer.hold(failure.RetryAfter)
		} else {
			r.pacer.hold(hold)
			hold = min(2*hold, lastHold)
		}
		if r.pacer.wait(ctx) != nil {
			return err
		}
	}
}
