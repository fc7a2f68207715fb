package command

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/doctor"
)

const doctorLong = `Check a real authorization server before you load-test it: metadata, connection, a token request with the configured
authentication method, the token, clocks, latency, rate limits, and the API behind it. The report also recommends
settings for the load test.

The command reads the same environment variables as the scripts, and flags take precedence: ISSUER or TOKEN_URL,
INTROSPECTION_URL, API_URL; CLIENT_ID, CLIENT_SECRET or CLIENT_SECRET_FILE or CLIENT_SECRET_SOURCE, AUTH,
BASIC_ENCODING, CLIENT_KEY_FILE, CLIENT_CERTIFICATE_FILE, KEY_ALG, KEY_ID, ASSERTION_AUDIENCE; SCOPE, AUDIENCE,
RESOURCE, DPOP; VUS. The secret does not have a flag, because other users of the machine can read command lines. Flags
only say where it is. SSL_CERT_FILE is a file with the CA to trust.

Only the configured authentication method is tried, because a method that fails is a failed login, and some servers
lock a client out after a few. --all-methods also tries the other methods once each, if their credentials are set.`

const doctorExample = `  # the server in the environment of the scripts
  k6 x clientcreds doctor

  # for a program
  k6 x clientcreds doctor --json --issuer https://idp.example.com \
    --client-id load

  # with a secret in one of k6's secret sources, and the advice as a script
  k6 x clientcreds doctor --secret-source=file=secrets.txt \
    --client-secret-source idp-secret --write load-test.js`

// doctorCommand is one call of k6 x clientcreds doctor.
type doctorCommand struct {
	gs        *state.GlobalState
	cfg       doctor.Config
	key       signingKey
	secretRef secretRef

	certificateFile string

	scope   string
	timeout duration
	result  result
	write   []string // files for the advice

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
		Short:   "Check an authorization server before you load-test it",
		Long:    doctorLong,
		Example: doctorExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return invalidf("doctor does not take the argument %q; write flags, such as --issuer", args[0])
			}
			return nil
		},
		ValidArgsFunction: completeNothing,
		RunE:              func(*cobra.Command, []string) error { return d.run() },
	}
	d.declare(cmd.Flags())
	return cmd
}

func (d *doctorCommand) run() error {
	if err := d.configure(); err != nil {
		return invalid(d.named(err))
	}
	if err := d.checkFiles(); err != nil {
		return invalid(err)
	}
	ctx, stop := d.interruptible()
	defer stop()
	report, err := doctor.Run(ctx, d.cfg)
	if err != nil {
		return invalid(d.named(err))
	}
	if err := d.result.write(d.gs, false, report.WriteText, report.WriteJSON); err != nil {
		return err
	}
	if !report.Usable {
		return fmt.Errorf("the server is not usable: checks failed: %d", report.Counts[doctor.Failed])
	}
	return d.writeFiles(report)
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
