package command

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
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

  # go on after an interruption
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
	set.IntVar(&r.count, "count", 0, fmt.Sprintf("`number` of clients that there are in the end, 1 to %d", mostRegistrations))
	set.StringVar(&t.Auth, "auth", "client_secret_basic", "authentication `method`: "+strings.Join(registration.Methods(), ", "))
	set.StringVar(&t.Scope, "scope", "", "space-separated `scope` that the clients may ask for (default: the server's choice)")
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
	set.BoolVar(&r.resume, "resume", false, "go on with the clients of the journal, until there are --count")
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
	client := registrationHTTP()
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
func (r *clientsRegister) journal(ctx context.Context, do oauth.Doer) (*registration.Journal, error) {
	if r.resume {
		return r.resumed()
	}
	if _, err := os.Lstat(r.output + journalSuffix); err == nil {
		return nil, invalidf("%s%s exists: clients were registered already; go on with --resume, or delete them with "+
			"`clients delete %s`", r.output, journalSuffix, r.output)
	}
	if _, err := os.Lstat(r.output); err == nil && !r.force {
		return nil, invalidf("%s exists; choose another name, or overwrite it with --force", r.output)
	}
	s, err := r.complete(ctx, do)
	if err != nil {
		return nil, err
	}
	journal, err := registration.NewJournal(r.output+journalSuffix, s)
	if errors.Is(err, fs.ErrExist) {
		return nil, invalidf("%s%s exists; another process is using it", r.output, journalSuffix)
	}
	if err != nil {
		return nil, invalidf("%s%s: %w", r.output, journalSuffix, err)
	}
	return journal, nil
}

// resumed opens the journal of an earlier call, whose settings hold.
func (r *clientsRegister) resumed() (*registration.Journal, error) {
	journal, err := openJournal(r.output)
	if err != nil {
		return nil, err
	}
	given, s := &r.settings, &journal.Settings
	for flag, values := range map[string][2]string{
		"issuer":                  {given.Issuer, s.Issuer},
		"registration-url":        {given.Endpoint, s.Endpoint},
		"auth":                    {given.Template.Auth, s.Template.Auth},
		"scope":                   {given.Template.Scope, s.Template.Scope},
		"name":                    {given.Template.Name, s.Template.Name},
		"key-alg":                 {given.Template.KeyAlgorithm, s.Template.KeyAlgorithm},
		"client-key-file":         {given.Template.KeyFile, s.Template.KeyFile},
		"client-certificate-file": {given.Template.CertificateFile, s.Template.CertificateFile},
		"ca-file":                 {given.Template.CAFile, s.Template.CAFile},
	} {
		if r.set.Changed(flag) && values[0] != values[1] {
			return nil, errors.Join(invalidf("--%s is %q, but the clients of %s%s were registered with %q; all clients of a "+
				"file have the same settings", flag, values[0], r.output, journalSuffix, values[1]), journal.Close())
		}
	}
	return journal, nil
}

// complete completes the settings of a new journal, and checks them.
func (r *clientsRegister) complete(ctx context.Context, do oauth.Doer) (registration.Settings, error) {
	s := r.settings
	if s.Template.Name == "" {
		s.Template.Name = "k6-" + strings.ToLower(rand.Text()[:8])
	}
	if oauth.Printable(s.Template.Name, 100) != s.Template.Name {
		return s, invalidf("--name must be one line of 100 characters at most")
	}
	if !r.set.Changed("scope") {
		s.Template.Scope = r.gs.Env["SCOPE"]
	}
	if !r.set.Changed("auth") && r.gs.Env["AUTH"] != "" {
		s.Template.Auth = r.gs.Env["AUTH"]
	}
	if err := r.readMetadata(&s.Template); err != nil {
		return s, err
	}
	if err := s.Template.Prepare(); err != nil {
		return s, invalid(err)
	}
	if !r.set.Changed("issuer") && !r.set.Changed("registration-url") {
		s.Issuer, s.Endpoint = r.gs.Env["ISSUER"], r.gs.Env["REGISTRATION_URL"]
	}
	if s.Endpoint != "" {
		return s, checkEndpoint(s.Endpoint)
	}
	return r.discover(ctx, do, s)
}

// discover finds the registration endpoint in the metadata of the issuer.
func (r *clientsRegister) discover(
	ctx context.Context, do oauth.Doer, s registration.Settings,
) (registration.Settings, error) {
	if s.Issuer == "" {
		return s, invalidf("no server is configured; set ISSUER or REGISTRATION_URL, or the flag of that name")
	}
	if err := oauth.CheckIssuer(s.Issuer); err != nil {
		return s, invalidf("ISSUER: %w", err)
	}
	metadata, err := oauth.Discover(ctx, do, s.Issuer)
	if err != nil {
		return s, err
	}
	if metadata.RegistrationEndpoint == "" {
		return s, errors.New("the metadata of the issuer have no registration_endpoint; enable registration at the " +
			"server, or set REGISTRATION_URL")
	}
	if err := metadata.CheckEndpoint("registration_endpoint", metadata.RegistrationEndpoint); err != nil {
		return s, err
	}
	s.Endpoint = metadata.RegistrationEndpoint
	return s, nil
}

func checkEndpoint(address string) error {
	if err := oauth.CheckIssuer(address); err != nil { // the same kinds of URL are usable
		return invalidf("REGISTRATION_URL must be an http or https URL without query and fragment")
	}
	return nil
}

func (r *clientsRegister) readMetadata(t *registration.Template) error {
	if r.metadata == "" {
		return nil
	}
	text, err := readSmall(r.gs.FS, r.metadata)
	if err != nil {
		return invalidf("--metadata: %w", err)
	}
	if json.Unmarshal(text, &t.Metadata) != nil || t.Metadata == nil {
		return invalidf("--metadata: %s must be a JSON object with client metadata (RFC 7591 §2)", r.metadata)
	}
	return nil
}

// registerResult holds the output with --json.
type registerResult struct {
	Registered int      `json:"registered"`
	Missing    int      `json:"missing"`
	Unknown    []string `json:"unknown"` // client_name
	File       string   `json:"file"`
	Journal    string   `json:"journal"`
}

// finish writes the pool of what is registered, whatever happened, and says what that was.
func (r *clientsRegister) finish(journal *registration.Journal, failure error, withToken bool) error {
	pool, err := journal.Pool()
	if err == nil && pool != nil {
		err = outfile.Replace(r.output, pool, 0o600)
	}
	if err != nil {
		err = fmt.Errorf("%s cannot be written: %w; the clients are in its journal, write it with --resume", r.output, err)
	}
	result := registerResult{
		Registered: journal.Registered(), Unknown: journal.Unknown(), File: r.output, Journal: r.output + journalSuffix,
	}
	result.Missing, result.Unknown = r.count-result.Registered, append([]string{}, result.Unknown...)
	if writeErr := r.report(result, pool != nil && err == nil); writeErr != nil {
		return errors.Join(writeErr, err, failure)
	}
	switch {
	case result.Missing == 0:
		return err
	case errors.Is(failure, context.Canceled):
		failure = errors.New("interrupted")
	}
	return errors.Join(fmt.Errorf("%w; %s%s of %d are not registered, go on with --resume", failure,
		registrationAdvice(failure, withToken), plural(result.Missing), r.count), err)
}

func (r *clientsRegister) report(result registerResult, written bool) error {
	if r.json {
		encoder := json.NewEncoder(r.gs.Stdout.Writer)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	var b strings.Builder
	if written {
		fmt.Fprintf(&b, "%s: %s\n", result.File, plural(result.Registered))
	}
	fmt.Fprintf(&b, "%s: keep it, `k6 x clientcreds clients delete %s` needs it\n", result.Journal, result.File)
	if n := len(result.Unknown); n > 0 {
		fmt.Fprintf(&b, "not known, because no answer came: %s\n", plural(n))
		for _, name := range result.Unknown {
			fmt.Fprintf(&b, "  client_name %s: delete it at the server if it exists\n", name)
		}
	}
	_, err := r.gs.Stdout.Writer.Write([]byte(b.String()))
	return err
}
