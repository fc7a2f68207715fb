package command

import (
	"cmp"
	"errors"
	"time"

	"github.com/spf13/pflag"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	cfg         authserver.Config // what needs no conversion
	ttl         duration
	dpopNonce   duration
	clientsFile string
	clientIDs   []string
	clientCount int
	clientKey   string
	faults      faultFlags

	clientCertificate string
	statsFile         string
	force             bool
	set               *pflag.FlagSet
}

// defaultDPoPNonce is the value of --dpop-nonce alone.
const defaultDPoPNonce = "1m"

func (f *serveFlags) declare(set *pflag.FlagSet) {
	f.set = set
	set.SortFlags = false
	f.ttl = duration(authserver.DefaultTTL)
	set.StringVar(&f.cfg.Addr, "addr", "127.0.0.1:8089",
		"`host:port` of the authorization server; port 0 selects a free port")
	set.StringVar(&f.cfg.APIAddr, "api-addr", "", "`host:port` of the protected API (default: the address in --addr)")
	set.StringVar(&f.cfg.Issuer, "issuer", "",
		"issuer `identifier`: a URL, or a path such as /tenant (default: the URL of --addr)")
	set.StringVar(&f.cfg.Profile, "profile", "",
		"`provider` whose token endpoint the server plays: "+oneOf("profile")+"; paths, lifetime, responses, and refusals")
	set.StringVar(&f.cfg.TLSDir, "tls-dir", "",
		"serve HTTPS, with a CA and a certificate from this `folder`; created if they do not exist")
	set.StringVar(&f.clientsFile, "clients", "", "`file` with the registered clients, CSV or JSON")
	set.StringArrayVar(&f.clientIDs, "client", nil,
		"`id` of a client; its secret is CLIENT_SECRET or generated (can be repeated)")
	set.IntVar(&f.clientCount, "client-count", 0,
		"`number` of clients to generate, up to 1000000; CLIENTS_FILE is the file that contains them")
	set.StringVar(&f.clientKey, "client-key", "",
		"`file` with a private key of the first client, for private_key_jwt; created if it does not exist")
	set.StringVar(&f.clientCertificate, "client-certificate", "",
		"`file` with a certificate of the first client, for tls_client_auth and self_signed_tls_client_auth; its key is in "+
			"the file of that name with -key; both are created if they do not exist")
	set.Var(&f.ttl, "ttl", "lifetime of access tokens, in whole seconds")
	set.StringVar((*string)(&f.cfg.TokenFormat), "token-format", string(authserver.Opaque),
		"`format` of access tokens: "+oneOf("token-format"))
	set.StringVar(&f.cfg.JWTAlgorithm, "jwt-alg", "ES256", "signature `algorithm` of JWTs: "+oneOf("jwt-alg"))
	set.StringVar((*string)(&f.cfg.BasicEncoding), "basic-encoding", string(authserver.BasicForm),
		"`encoding` of client_secret_basic: form (RFC 6749) or raw")
	set.Var(&f.dpopNonce, "dpop-nonce",
		"require nonces in DPoP proofs; the server issues a new nonce at this interval, and accepts each one twice as long")
	set.Lookup("dpop-nonce").NoOptDefVal = defaultDPoPNonce
	set.StringVar((*string)(&f.cfg.APICheck), "api-check", string(authserver.CheckLocal),
		"`way` in which the API checks tokens: local, or introspection, a request to the authorization server each time")
	set.StringVar(&f.cfg.APIScope, "api-scope", "", "`scope` that the API requires (default: none)")
	set.StringVar(&f.cfg.APIAudience, "api-audience", "",
		"`audience` that the API requires and that tokens get by default (default: any)")
	set.StringVar((*string)(&f.cfg.Registration), "registration", string(authserver.RegistrationOff),
		"`access` to the registration of clients (RFC 7591): off, open, or token, which is INITIAL_ACCESS_TOKEN or "+
			"generated")
	f.faults.declare(set)
	set.StringVar((*string)(&f.cfg.Admin), "admin", string(authserver.AdminLoopback),
		"`access` to the admin endpoint, which has no authentication: loopback (off unless --addr is a loopback "+
			"address), on, or off")
	set.StringArrayVar(&f.cfg.AllowHosts, "allow-host", nil,
		"further host `name` for requests to /stats and the admin endpoint, besides addresses, localhost, and the "+
			"issuer's host (can be repeated)")
	set.StringVar(&f.statsFile, "stats-file", "", "`file` for the counters of /stats at the end; - is standard output")
	declareForce(set, &f.force)
	f.group()
}

// group groups the flags in the help.
func (f *serveFlags) group() {
	group(f.set, "Server", "addr", "api-addr", "issuer", "profile", "tls-dir")
	group(f.set, "Clients", "clients", "client", "client-count", "client-key", "client-certificate", "basic-encoding",
		"registration")
	group(f.set, "Tokens", "ttl", "token-format", "jwt-alg", "dpop-nonce")
	group(f.set, "Protected API", "api-check", "api-scope", "api-audience")
	group(f.set, "Faults", "faults", "latency", "rate-limit", "error-rate")
	group(f.set, "Counters and administration", "admin", "allow-host", "stats-file", "force")
}

// flagOf names the flags by the fields of authserver.Config.
var flagOf = map[string]string{
	"Addr": "--addr", "APIAddr": "--api-addr", "Issuer": "--issuer", "Profile": "--profile",
	"TLSDir": "--tls-dir", "TTL": "--ttl",
	"TokenFormat": "--token-format", "JWTAlgorithm": "--jwt-alg", "BasicEncoding": "--basic-encoding",
	"APICheck": "--api-check", "DPoPNonce": "--dpop-nonce", "APIScope": "--api-scope", "APIAudience": "--api-audience",
	"Faults": "--faults", "Registration": "--registration",
	"InitialAccessToken": "INITIAL_ACCESS_TOKEN", "Admin": "--admin", "AllowHosts": "--allow-host",
}

// config makes the configuration of the server.
func (f *serveFlags) config(clients []servedClient) (authserver.Config, error) {
	cfg := f.cfg
	cfg.TTL = time.Duration(f.ttl)
	if cfg.Profile != "" { // which has other defaults
		for flag, reset := range map[string]func(){
			"ttl": func() { cfg.TTL = 0 }, "token-format": func() { cfg.TokenFormat = "" },
			"jwt-alg": func() { cfg.JWTAlgorithm = "" },
		} {
			if !f.set.Changed(flag) {
				reset()
			}
		}
	}
	cfg.DPoPNonce = time.Duration(f.dpopNonce)
	for _, c := range clients {
		cfg.Clients = append(cfg.Clients, c.Client)
	}
	if f.set.Changed("jwt-alg") && cfg.TokenFormat != authserver.JWT && cfg.TokenFormat != "" {
		return cfg, invalidf("--jwt-alg has no effect on opaque tokens: drop it, or add --token-format jwt")
	}
	return cfg, nil
}

// defaultScope is the scope of clients that the user does not give another one.
func (f *serveFlags) defaultScope() string {
	return cmp.Or(authserver.ProfileScope(f.cfg.Profile), defaultScope)
}

// explain names the flag, or other place, that the configuration error is
// about.
func (f *serveFlags) explain(err error) error {
	var bad *authserver.ConfigError
	if !errors.As(err, &bad) {
		return err
	}
	place := flagOf[bad.Option]
	switch {
	case place != "":
	case f.clientCount > 0:
		place = "SCOPE"
	case f.clientsFile != "":
		place = "--clients " + f.clientsFile
	case len(f.clientIDs) > 0:
		place = "--client"
	default:
		place = "CLIENT_ID, CLIENT_SECRET, SCOPE"
	}
	return invalidf("%s: %s", place, bad.Problem)
}
