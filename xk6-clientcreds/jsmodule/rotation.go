package jsmodule

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// rereadPause is the minimum time between two readings of a secret that has not changed: a server
// that refuses every request must not make k6 read a file for each of them.
const rereadPause = time.Second

// rotation replaces the credentials of a token source when the server refuses them: a secret or key that is
// rotated while the test runs is picked up where it was read.
type rotation struct {
	mu        sync.Mutex // held while reading, which needs no network: k6 caches the values of its secret sources
	unchanged time.Time  // when a reading last found nothing new
	// refused are the credentials that the server refused last, while token requests are held back for it.
	refused atomic.Pointer[credentials]
}

// refusedBy reports whether err says that the server refuses the credentials, and they may be replaced.
func (c *credentials) refusedBy(err error) bool {
	return err != nil && c.opts.mayRotate() && asOAuthError(err).RefusesClient()
}

// note keeps credentials that the server has refused and that may be replaced.
func (r *rotation) note(used *credentials, err error) {
	if used.refusedBy(err) {
		r.refused.Store(used)
	}
}

// reloadCredentials reports whether there are other credentials than used, for which the server answered
// err. The first caller reads them again, and all others wait for it.
func (t *tokenSource) reloadCredentials(used *credentials, err error, s *sender) bool {
	return used.refusedBy(err) && t.replaced(used, s)
}

// reloadedSinceRefusal reports once whether there are other credentials than the ones that the server
// refused last.
func (t *tokenSource) reloadedSinceRefusal(s *sender) bool {
	used := t.rotation.refused.Load()
	return used != nil && t.replaced(used, s) && t.rotation.refused.CompareAndSwap(used, nil)
}

// replaced reports whether there are other credentials than used, and reads them again to find out.
func (t *tokenSource) replaced(used *credentials, s *sender) bool {
	t.rotation.mu.Lock()
	defer t.rotation.mu.Unlock()
	if t.credentials.Load() == used && time.Since(t.rotation.unchanged) >= rereadPause {
		t.reread(used, s)
	}
	return t.credentials.Load() != used
}

// reread reads the credentials again and replaces the old ones if they have changed. When they cannot
// be read, or not be used, the old ones stay: the new ones may be half written.
func (t *tokenSource) reread(old *credentials, s *sender) {
	opts := *old.opts
	if err := opts.readCredentials(&t.process.secrets); err != nil {
		t.keepOld(err)
		return
	}
	if opts.ClientSecret.Equal(old.opts.ClientSecret) && opts.Key.Text.Equal(old.opts.Key.Text) &&
		opts.Certificate.Text.Equal(old.opts.Certificate.Text) {
		t.rotation.unchanged = time.Now()
		return
	}
	fresh, err := t.newCredentials(&opts)
	if err != nil {
		t.keepOld(err)
		return
	}
	t.credentials.Store(fresh)
	pushOne(s.samples, t.process.metrics.SecretRotations, 1, s.tags)
	t.process.logger.Info(fmt.Sprintf("The server refused client %q; loaded new credentials from option %q",
		opts.ClientID, opts.rotating()))
}

// keepOld keeps the old credentials for a while.
func (t *tokenSource) keepOld(err error) {
	t.rotation.unchanged = time.Now()
	t.process.warnOnce(warning{"rotation", t.opts.subject()},
		fmt.Sprintf("Client %q was rejected, and its credentials cannot be reloaded: %s",
			t.opts.ClientID, err))
}

// rotating names the option that says where the credentials are.
func (o *options) rotating() string {
	if o.Key.From.given() {
		return "key." + o.Key.From.options()[0]
	}
	return "clientSecret." + o.SecretFrom.options()[0]
}
