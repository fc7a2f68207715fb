package command

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/errext/exitcodes"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
)

// Exit codes of doctor; 0 is for a server that is usable, also with warnings.
const (
	exitUnusable                    = exitFailed // a check failed, or there was no time for all
	exitUsage    exitcodes.ExitCode = 2          // nothing was sent
)

const doctorLong = `Examine a real authorization server before it is put under load: metadata, connection, a grant by the configured
authentication method, the token, clocks, latency, rate limits, and the API behind it; with advice for the load test.

It is configured by the environment of the scripts: ISSUER or TOKEN_URL, CLIENT_ID, CLIENT_SECRET, SCOPE, AUDIENCE,
RESOURCE, AUTH, BASIC_ENCODING, API_URL, INTROSPECTION_URL, VUS; CLIENT_SECRET_FILE, the file of the secret, or CLIENT_SECRET_SOURCE, its
name in what k6's --secret-source configures, instead of CLIENT_SECRET; with AUTH=private_key_jwt CLIENT_KEY_FILE, and
where needed KEY_ALG, KEY_ID and ASSERTION_AUDIENCE; with AUTH=tls_client_auth and AUTH=self_signed_tls_client_auth CLIENT_CERTIFICATE_FILE
and its key in CLIENT_KEY_FILE; DPOP=true for tokens that are bound to a key. Flags of the same names override it; the
secret has none, only its place, because command lines can be read by others. SSL_CERT_FILE names a file of the CA to
trust.

Only the configured authentication method is tried: a failed one is a failed login, and some servers lock a client out
after a few. --all-methods tries the others that it has the credentials for as well, once each.

Exit codes: 0 the server is usable, also with warnings; 1 a check failed; 2 the configuration cannot be used.`

const doctorExample = `  # the server that the scripts' environment names
  k6 x clientcreds doctor

  # for a program
  k6 x clientcreds doctor --issuer https://idp.example.com --client-id load --json`

// doctorCommand is one call of k6 x clientcreds doctor.
type doctorCommand struct {
	gs    *state.GlobalState
	cfg   doctor.Config
	key   signingKey
	place secretPlace

	certificateFile string

	scope   string
	timeout duration
	json    bool
	set     *pflag.FlagSet
}

func newDoctor(gs *state.GlobalState) *cobra.Command {
	d := &doctorCommand{gs: gs, timeout: duration(doctor.DefaultTimeout)}
	cmd := &cobra.Command{
		Use:     "doctor [flags]",
		Short:   "Examine an authorization server before it is put under load",
		Long:    doctorLong,
		Example: doctorExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Errorf("doctor does not take the argument %q, only flags", args[0]))
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return d.run() },
	}
	d.declare(cmd.Flags())
	return cmd
}

func usage(err error) error { return errext.WithExitCodeIfNone(err, exitUsage) }

func (d *doctorCommand) declare(set *pflag.FlagSet) {
	d.set = set
	set.SortFlags = false
	set.StringVar(&d.cfg.Issuer, "issuer", "", "issuer `identifier`, to discover the token endpoint (ISSUER)")
	set.StringVar(&d.cfg.TokenURL, "token-url", "", "`URL` of the token endpoint (TOKEN_URL)")
	set.StringVar(&d.cfg.ClientID, "client-id", "", "`id` of the client (CLIENT_ID)")
	set.StringVar(&d.place.file, "client-secret-file", "", "`file` with the client's secret (CLIENT_SECRET_FILE)")
	set.StringVar(&d.place.env, "client-secret-env", "", "`name` of the environment variable with the client's secret, CLIENT_SECRET by default")
	set.StringVar(&d.scope, "scope", "", "space separated `scope` to ask for (SCOPE)")
	set.StringArrayVar(&d.cfg.Audience, "audience", nil, "`audience` to ask for (AUDIENCE; can be repeated)")
	set.StringArrayVar(&d.cfg.Resource, "resource", nil, "`URI` of a resource to ask for (RESOURCE; can be repeated)")
	set.StringVar(&d.cfg.Auth, "auth", "", "authentication `method`: client_secret_basic, client_secret_post, client_secret_jwt, "+
		"private_key_jwt, tls_client_auth, self_signed_tls_client_auth (AUTH)")
	set.StringVar(&d.cfg.BasicEncoding, "basic-encoding", "", "`encoding` of client_secret_basic: form or raw (BASIC_ENCODING)")
	set.StringVar(&d.key.file, "client-key-file", "", "`file` of the private key of private_key_jwt or of the certificate, PEM or JWK (CLIENT_KEY_FILE)")
	set.StringVar(&d.certificateFile, "client-certificate-file", "", "`file` of the certificate of tls_client_auth and self_signed_tls_client_auth, or of the key of private_key_jwt, PEM (CLIENT_CERTIFICATE_FILE)")
	set.StringVar(&d.key.algorithm, "key-alg", "", "`algorithm` that the key signs with, where it has a choice (KEY_ALG)")
	set.StringVar(&d.key.id, "key-id", "", "`kid` of the key at the server (KEY_ID)")
	set.StringVar(&d.cfg.AssertionAudience, "assertion-audience", "", "`audience` (aud) of assertions, the issuer or else the token endpoint by default (ASSERTION_AUDIENCE)")
	set.StringVar(&d.cfg.IntrospectionURL, "introspection-url", "", "`URL` of the introspection endpoint (INTROSPECTION_URL)")
	set.BoolVar(&d.cfg.DPoP, "dpop", false, "ask for tokens that are bound to a key (DPOP=true)")
	set.StringVar(&d.cfg.APIURL, "api-url", "", "`URL` of a protected resource to GET (API_URL)")
	set.IntVar(&d.cfg.VUs, "vus", doctor.DefaultVUs, "`number` of virtual users that the advice is for (VUS)")
	set.BoolVar(&d.cfg.AllMethods, "all-methods", false,
		"also try the authentication methods that are not configured, each a login that may fail")
	set.IntVar(&d.cfg.Grants, "grants", doctor.DefaultGrants, fmt.Sprintf("`number` of tokens to ask for, 1 to %d", doctor.MaxGrants))
	set.Var(&d.timeout, "timeout", "time for everything")
	set.BoolVar(&d.json, "json", false, "write JSON")
}

func (d *doctorCommand) run() error {
	if err := d.configure(); err != nil {
		return usage(err)
	}
	ctx, stop := d.interruptible()
	defer stop()
	report, err := doctor.Run(ctx, d.cfg)
	if err != nil {
		return usage(err)
	}
	// To the terminal itself: k6's writer around it ends each line by a control sequence.
	if out := d.gs.Stdout.Writer; d.json {
		err = report.WriteJSON(out)
	} else {
		err = report.WriteText(out, d.gs.Stdout.IsTTY && !d.gs.Flags.NoColor)
	}
	if err == nil && !report.Usable {
		return errext.WithExitCodeIfNone(fmt.Errorf("the server is not usable: checks failed: %d", report.Counts[doctor.Failed]), exitUnusable)
	}
	return err
}

// interruptible is k6's context, which also ends at Ctrl-C and SIGTERM: then what has been found out so
// far is written.
func (d *doctorCommand) interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancel(d.gs.Ctx)
	signals := make(chan os.Signal, 1)
	d.gs.SignalNotify(signals, os.Interrupt, syscall.SIGTERM)
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
		d.gs.SignalStop(signals)
		cancel()
		<-done
	}
}
