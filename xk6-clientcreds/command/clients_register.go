package command

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/registration"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// mostRegistrations bounds --count of clients register.

const mostRegistrations = 100_000

const clientsRegisterLong = `Register clients at an authorization server by dynamic client registration (RFC 7591), and write FILE,
which a ClientPool reads.

The command discovers the registration endpoint from the metadata of ISSUER, unless REGISTRATION_URL is set. It reads
the initial access token from INITIAL_ACCESS_TOKEN, from the file in INITIAL_ACCESS_TOKEN_FILE, or from the secret
named INITIAL_ACCESS_TOKEN_SOURCE in k6's --secret-source. The token does not have a flag, because other users of the
machine can read command lines. SSL_CERT_FILE is a file with the CA to trust.

FILE contains the secrets and keys of the clients. FILE.journal next to it also contains the tokens that delete the
clients: keep it until then. Only the owner can read the two files. The command writes the journal before and after
each request. After any interruption, --resume continues with the clients that are missing.`

const clientsRegisterExample = `  # 5,000 clients with a secret each, at the server that ISSUER names
  k6 x clientcreds clients register clients.json --count 5000

  # continue after an interruption
  k6 x clientcreds clients register clients.json --count 5000 --resume

  # clients with a key each
  k6 x clientcreds clients register c.json --count 100 --auth private_key_jwt`

// clientsRegister is one call of k6 x clientcreds clients register.

type clientsRegister struct {
	gs       *state.GlobalState
	set      *pflag.FlagSet
	requests registrationRequests
	token    initialToken

	settings registration.Settings
	metadata string // file
	count    int
	output   string
	resume   bool
	force    bool
	json     bool
}

func newClientsRegister(gs *state.GlobalState) *cobra.Command {
	r := &clientsRegister{gs: gs, token: initialToken{gs: gs}}
	cmd := &cobra.Command{
		Use:     "register FILE [flags]",
		Short:   "Register clients, and write the file of a pool",
		Long:    clientsRegisterLong,
		Example: clientsRegisterExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return invalidf("clients register takes one file, which it writes for a pool, but got %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			r.output = args[0]
			return r.run()
		},
	}
	r.declare(cmd.Flags())
	return cmd
}

func (r *clientsRegister) declare(set *pflag.FlagSet) {
	r.set = set
	set.SortFlags = false
	t := &r.settings.Template
	set.StringVar(&r.settings.Issuer, "issuer", "", "issuer `identifier`, to discover the registration endpoint (ISSUER)")
	set.StringVar(&r.settings.Endpoint, "registration-url", "", "`URL` of the registration endpoint (REGISTRATION_URL)")
	set.IntVar(&r.count, "count", 0, fmt.Sprintf("`number` of clients to have at the end, 1 to %d", mostRegistrations))
	set.StringVar(&t.Auth, "auth", "client_secret_basic", "authentication `method`: "+strings.Join(registration.Methods(), ", "))
	set.StringVar(&t.Scope, "scope", "", "space-separated `scope` that the clients may request (default: the server's choice)")
	set.StringVar(&t.Name, "name", "", "`beginning` of the clients' names (client_name), which a number follows (default: a random one)")
	set.StringVar(&t.KeyAlgorithm, "key-alg", "",
		"`algorithm` of the keys of private_key_jwt (default: ES256, or the algorithm of --client-key-file)")
	set.StringVar(&t.KeyFile, "client-key-file", "",
		"`file` with the private key that all clients share, PEM or JWK (default: a key for each client)")
	set.StringVar(&t.CertificateFile, "client-certificate-file", "",
		"`file` with the certificate that all clients share, PEM; its key is in --client-key-file, or in the file of that "+
			"name with -key (default: a certificate for each client)")
	set.StringVar(&t.CAFile, "ca-file", "",
		"`file` with the CA that issues the certificates of tls_client_auth, PEM; its key is in the file of that name with -key")
	set.StringVar(&r.metadata, "metadata", "", "`file` with further client metadata, a JSON object")
	r.token.declare(set)
	r.requests.declare(set)
	set.BoolVar(&r.resume, "resume", false, "continue with the clients in the journal, up to --count")
	declareForce(set, &r.force)
	set.BoolVar(&r.json, "json", false, "write the result as JSON")
}

func (r *clientsRegister) run() (err error) {
	if err := r.check(); err != nil {
		return err
	}
	token, err := r.token.read()
	if err != nil {
		return err
	}
	client, err := registrationHTTP(r.gs)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	ctx, stop := untilInterrupted(r.gs)
	defer stop()
	journal, err := r.journal(ctx, client.Do)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	before := journal.Registered()
	if before > r.count {
		return invalidf("--count is %d, but %s are registered already; delete them with `clients delete %s`", r.count,
			plural(before), r.output)
	}
	if err := journal.Settings.Template.Prepare(); err != nil {
		return invalid(err)
	}
	run := registration.Run{
		Endpoint: registration.Endpoint{URL: journal.Settings.Endpoint, InitialAccessToken: secret.New(token), Do: client.Do},
		Journal:  journal, Rate: r.requests.rate, Concurrency: r.requests.concurrency,
		Progress: progress(r.gs.Stderr, "registered", before, r.count),
	}
	failure := run.Register(ctx, r.count)
	return r.finish(journal, failure, token != "")
}

// check checks what needs no request.

func (r *clientsRegister) check() error {
	switch {
	case r.count < 1 || r.count > mostRegistrations:
		return invalidf("--count is %d; it must be 1 to %d", r.count, mostRegistrations)
	case r.output == "-":
		return invalidf("the file is -, but secrets are not written to the standard output; name a file")
	case strings.ToLower(filepath.Ext(r.output)) != ".json":
		return invalidf("the file is %s; its name must end in .json", r.output)
	}
	if err := r.requests.check(); err != nil {
		return err
	}
	for _, flag := range []string{"client-key-file", "client-certificate-file", "ca-file"} {
		f := r.set.Lookup(flag)
		if path := f.Value.String(); path != "" {
			absolute, err := filepath.Abs(path) // the pool has it, and is read from elsewhere
			if err != nil {
				return invalidf("--%s: %w", flag, err)
			}
			if err := f.Value.Set(absolute); err != nil {
				return invalidf("--%s: %w", flag, err)
			}
		}
	}
	if err := outfile.Check(r.output); err != nil {
		return invalidf("%s: %w", r.output, err)
	}
	return nil
}

// journal opens the journal to go on with, or makes one.

// resumed opens the journal of an earlier call, whose settings hold.

// complete completes the settings of a new journal, and checks them.

// discover finds the registration endpoint in the metadata of the issuer.

// registerResult holds the output with --json.

// finish writes the pool of what is registered, whatever happened, and says what that was.
