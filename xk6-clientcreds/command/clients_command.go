package command

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/registration"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
)

// The defaults of the requests that register and delete clients.
const (
	defaultRegistrationRate        = 20
	defaultRegistrationConcurrency = 4
)

// journalSuffix follows the name of a pool file in the name of its journal.
const journalSuffix = ".journal"

func newClients(gs *state.GlobalState) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clients",
		Short: "Register and delete the clients of a load test",
		Long: "Register the clients of a load test at an authorization server by dynamic client registration (RFC 7591), " +
			"and delete them again (RFC 7592).",
		Args: knownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newClientsRegister(gs), newClientsDelete(gs))
	return cmd
}

// registrationRequests are the flags of the requests to a registration endpoint.
type registrationRequests struct {
	rate        float64
	concurrency int
}

func (r *registrationRequests) declare(set *pflag.FlagSet) {
	set.Float64Var(&r.rate, "rate", defaultRegistrationRate, "maximum `number` of requests per second")
	set.IntVar(&r.concurrency, "concurrency", defaultRegistrationConcurrency, "maximum `number` of requests at the same time")
}

func (r *registrationRequests) check() error {
	switch {
	case !(r.rate > 0 && r.rate <= 10_000):
		return invalidf("--rate is %g; it must be above 0, and 10000 at most", r.rate)
	case r.concurrency < 1 || r.concurrency > 100:
		return invalidf("--concurrency is %d; it must be 1 to 100", r.concurrency)
	}
	return nil
}

// registrationHTTP sends requests as doctor does: over the proxy of the environment, with TLS 1.2 or later, and without
// following redirects.
func registrationHTTP(gs *state.GlobalState) (*http.Client, error) {
	allowed, err := transport.AllowedHosts(lookup(gs))
	if err != nil {
		return nil, invalid(err)
	}
	return &http.Client{
		Transport: allowed.Guard(&http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			ForceAttemptHTTP2:   true,
			DisableCompression:  true,
			MaxIdleConnsPerHost: 100,
		}),
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a token does not follow a redirect
		},
	}, nil
}

// lookup looks a variable of the environment up.
func lookup(gs *state.GlobalState) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		value, given := gs.Env[name]
		return value, given
	}
}

// untilInterrupted is k6's context, which also ends at Ctrl-C and SIGTERM.
func untilInterrupted(gs *state.GlobalState) (context.Context, func()) {
	ctx, cancel := context.WithCancel(gs.Ctx)
	signals := make(chan os.Signal, 1)
	gs.SignalNotify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-signals:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		gs.SignalStop(signals)
		cancel()
		<-done
	}
}

// progressEvery is the time between two lines about the progress.
const progressEvery = 5 * time.Second

// progress returns a function that writes how many clients of all are done, every few seconds.
func progress(w io.Writer, verb string, before, all int) func(done int) {
	var mu sync.Mutex
	last := time.Now()
	return func(done int) {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now(); now.Sub(last) >= progressEvery {
			last = now
			_, _ = fmt.Fprintf(w, "%s %d of %d clients\n", verb, before+done, all) // the work goes on without it
		}
	}
}

// openJournal opens the journal of a pool file.
func openJournal(pool string) (*registration.Journal, error) {
	journal, err := registration.OpenJournal(pool + journalSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil, invalidf("%s%s does not exist; it says which clients were registered, and is next to the file that "+
			"`clients register` wrote", pool, journalSuffix)
	}
	if err != nil {
		return nil, invalidf("%s%s: %w", pool, journalSuffix, err)
	}
	return journal, nil
}

// plural returns a number of clients in words.
func plural(n int) string {
	if n == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", n)
}
