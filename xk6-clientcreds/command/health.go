package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"
)

// healthTimeout bounds a check. The health checker retries.
const healthTimeout = 5 * time.Second

const healthLong = `Check whether a server is up.

This is a health check for containers, whose image has no shell and no other client. The default URL is the URL of
k6 x clientcreds serve. SSL_CERT_FILE is a file with the CA of an HTTPS server.`

const healthExample = `  k6 x clientcreds health
  SSL_CERT_FILE=build/tls/ca.pem k6 x clientcreds health \
    https://127.0.0.1:8089/health`

const healthDefault = "http://127.0.0.1:8089/health"

func newHealth(gs *state.GlobalState) *cobra.Command {
	return &cobra.Command{
		Use:               "health [URL]",
		Short:             "Check whether a server is up",
		Long:              healthLong,
		Example:           healthExample,
		ValidArgsFunction: completeNothing,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return invalidf("health takes one URL, but got %d arguments; check one server at a time", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			target := healthDefault
			if len(args) > 0 {
				target = args[0]
			}
			return health(gs.Ctx, target)
		},
	}
}

// health returns nil if a GET of the URL is answered with 200.
func health(ctx context.Context, target string) (err error) {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return invalidf("health does not take this URL; write http(s)://host:port/path, such as %s", healthDefault)
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return invalid(err)
	}
	// A transport of its own: a proxy of the environment has no say in what is asked on this machine.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: notRedirected}
	resp, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("not healthy: %w", err)
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("not healthy: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not healthy: %s answered %s instead of 200", u.Redacted(), resp.Status)
	}
	return nil
}

// notRedirected makes a redirect an answer like others.
func notRedirected(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
