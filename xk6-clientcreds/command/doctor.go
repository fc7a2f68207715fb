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
	gs        *state.GlobalState
	cfg       doctor.Config
	key       signingKey
	secretRef secretRef

	certificateFile string

	scope   string
	timeout duration
	json    bool
	write   []string // files for the advice
	force   bool     // overwrite them

	set          *pflag.FlagSet
	secretOrigin string // the variable or flag that the client's secret is from
}

func newDoctor(gs *state.GlobalState) *cobra.Command {
	d := &doctorCommand{
		gs: gs, timeout: duration(doctor.DefaultTimeout),
		cfg: doctor.Config{VUs: doctor.DefaultVUs, Grants: doctor.DefaultGrants},
	}
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

func (d *doctorCommand) run() error {
	if err := d.configure(); err != nil {
		return usage(d.named(err))
	}
	if err := d.checkFiles(); err != nil {
		return usage(err)
	}
	ctx, stop := d.interruptible()
	defer stop()
	report, err := doctor.Run(ctx, d.cfg)
	if err != nil {
		return usage(d.named(err))
	}
	// To the terminal itself: k6's writer around it ends each line by a control sequence.
	if out := d.gs.Stdout.Writer; d.json {
		err = report.WriteJSON(out)
	} else {
		err = report.WriteText(out, d.gs.Stdout.IsTTY && !d.gs.Flags.NoColor)
	}
	if err == nil && !report.Usable {
		return errext.WithExitCodeIfNone(fmt.Errorf("the server is not usable: checks failed: %d",
			report.Counts[doctor.Failed]), exitUnusable)
	}
	if err == nil {
		err = d.writeFiles(report)
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
