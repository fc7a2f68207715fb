package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/project"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/shell"
)

// The versions that a CI workflow builds k6 with where the binary does not say.
const (
	latestVersion = "latest"
	xk6Version    = "v1.4.13"
)

// initializer is one call of k6 x clientcreds init.
type initializer struct {
	gs       *state.GlobalState
	files    fs.FS
	settings project.Settings
	set      *pflag.FlagSet
	force    bool
}

func newInit(gs *state.GlobalState, files fs.FS) *cobra.Command {
	n := &initializer{gs: gs, files: files}
	cmd := &cobra.Command{
		Use:   "init [folder] [flags]",
		Short: "Create a project: a load test for your server, types, dashboards, and a CI workflow",
		Long: `Create a project for the server in the environment or the flags: a load test, its environment without the secret, types
for the editor, rules for comparisons, dashboards with Prometheus and Grafana, and a CI workflow.

Without a configuration, the load test is for the local server, k6 x clientcreds serve. If one of the files exists, init
writes nothing, unless you set --force.`,
		Example: `  # for the local server
  k6 x clientcreds init load-test

  # for your server
  k6 x clientcreds init load-test --issuer https://idp.example.com \
    --client-id load --api-url https://api.example.com/orders`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return invalidf("init takes one folder, but got %d arguments; name one, or none for this folder", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			return n.run(dir)
		},
	}
	n.declare(cmd.Flags())
	return cmd
}

func (n *initializer) declare(set *pflag.FlagSet) {
	n.set = set
	set.SortFlags = false
	set.StringVar(&n.settings.Issuer, "issuer", "", "issuer `identifier` (ISSUER)")
	set.StringVar(&n.settings.TokenURL, "token-url", "", "`URL` of the token endpoint, instead of --issuer (TOKEN_URL)")
	set.StringVar(&n.settings.APIURL, "api-url", "", "`URL` of the protected API (API_URL)")
	set.StringVar(&n.settings.ClientID, "client-id", "", "client `identifier` (CLIENT_ID)")
	set.StringVar(&n.settings.Auth, "auth", "", "client authentication `method`: "+oneOf("auth")+" (AUTH)")
	set.StringVar(&n.settings.KeyFile, "client-key-file", "", "`file` with the client's private key (CLIENT_KEY_FILE)")
	set.StringVar(&n.settings.CertificateFile, "client-certificate-file", "",
		"`file` with the client's certificate (CLIENT_CERTIFICATE_FILE)")
	set.StringVar(&n.settings.Scope, "scope", "", "space-separated `scope` to request (SCOPE)")
	set.StringVar(&n.settings.Audience, "audience", "", "`audience` to request (AUDIENCE)")
	set.BoolVar(&n.settings.DPoP, "dpop", false, "bind tokens to a key (DPOP=true)")
	declareForce(set, &n.force)
}

func (n *initializer) run(dir string) error {
	local := n.configure()
	if err := n.settings.Check(); err != nil {
		return invalid(err)
	}
	list, err := project.Files(n.settings, n.files)
	if err != nil {
		return err
	}
	path, err := located(n.gs, dir)
	if err != nil {
		return err
	}
	if err := project.Write(path, list, n.force); err != nil {
		if errors.Is(err, project.ErrExists) {
			return invalidf("%w, and nothing was written; choose another folder, or overwrite with --force", err)
		}
		return err
	}
	return announceProject(n.gs.Stdout, dir, local)
}

// configure completes the flags by the environment. It reports whether neither describes a server.
func (n *initializer) configure() (local bool) {
	s := &n.settings
	if s.Issuer == "" && s.TokenURL == "" {
		s.Issuer, s.TokenURL = n.gs.Env["ISSUER"], n.gs.Env["TOKEN_URL"]
	}
	for _, v := range []struct {
		value *string
		name  string
	}{
		{&s.APIURL, "API_URL"},
		{&s.ClientID, "CLIENT_ID"},
		{&s.Auth, "AUTH"},
		{&s.KeyFile, "CLIENT_KEY_FILE"},
		{&s.CertificateFile, "CLIENT_CERTIFICATE_FILE"},
		{&s.Scope, "SCOPE"},
		{&s.Audience, "AUDIENCE"},
		{&s.Leeway, "LEEWAY"},
		{&s.CacheScope, "CACHE_SCOPE"},
		{&s.BasicEncoding, "BASIC_ENCODING"},
	} {
		if *v.value == "" {
			*v.value = n.gs.Env[v.name]
		}
	}
	if !n.set.Changed("dpop") {
		s.DPoP = n.gs.Env["DPOP"] == "true"
	}
	if local = s.Issuer == "" && s.TokenURL == ""; local {
		s.TokenURL = "http://127.0.0.1:8089/token"
	}
	for _, d := range []struct {
		value    *string
		fallback string
	}{
		{&s.APIURL, "http://127.0.0.1:8089/api/orders"},
		{&s.ClientID, "demo"},
		{&s.KeyFile, "client-key.pem"},
		{&s.CertificateFile, "client-certificate.pem"},
	} {
		if *d.value == "" {
			*d.value = d.fallback
		}
	}
	s.K6Version, s.XK6Version, s.Version = procinfo.VersionOf(procinfo.K6Module), xk6Version, procinfo.VersionOf(
		procinfo.ExtensionModule)
	for _, version := range []*string{&s.K6Version, &s.Version} {
		if !strings.HasPrefix(*version, "v") || strings.Contains(*version, "+") { // not a version to download
			*version = latestVersion
		}
	}
	return local
}

// announceProject lists what was written, and the next steps.
func announceProject(w io.Writer, dir string, local bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Created in %s:\n", dir)
	for _, f := range project.Contents() {
		fmt.Fprintf(&b, "  %-33s%s\n", f.Path, f.About)
	}
	b.WriteString("\nNext:\n")
	if filepath.Clean(dir) != "." {
		fmt.Fprintf(&b, "  cd %s\n", shell.Quote(dir))
	}
	b.WriteString("  export K6_AUTO_EXTENSION_RESOLUTION=false    # use this binary as it is\n")
	if local {
		b.WriteString("  k6 x clientcreds serve -- k6 run load-test.js\n")
	} else {
		b.WriteString("  cp .env.example .env        # and add the secret\n" +
			"  set -a; . ./.env; set +a\n  k6 x clientcreds doctor\n  k6 run load-test.js\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
