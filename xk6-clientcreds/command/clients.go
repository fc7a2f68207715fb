package command

import (
	"crypto/rand"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientsfile"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// The defaults of a client.
const (
	defaultClientID = "demo"
	defaultScope    = "orders.read orders.write"
)

// servedClient is a client and where its secret is from.
type servedClient struct {
	authserver.Client

	generated bool   // the secret was made here: nobody else knows it yet
	keyFile   string // of the private key that --client-key names, or of the certificate

	certificateFile string // that --client-certificate names
}

// clients returns the clients to register. The first is the one that scripts
// use unless they use them all.
func (s *serve) clients() ([]servedClient, error) {
	list, err := s.clientsOfFlags()
	if err != nil {
		return nil, err
	}
	if err := s.addClientKey(list); err != nil {
		return nil, err
	}
	return list, s.addClientCertificate(list)
}

// clientsOfFlags returns as many clients as are to be generated, or the clients of the
// file, then the clients of the flags, or the client of the environment.
func (s *serve) clientsOfFlags() ([]servedClient, error) {
	if s.flags.set.Changed("client-count") {
		return s.generatedClients()
	}
	list, err := s.clientsOfFile()
	if err != nil {
		return nil, err
	}
	for _, id := range s.flags.clientIDs {
		list = append(list, s.clientOfEnvironment(id))
	}
	if s.flags.clientsFile == "" && len(list) == 0 {
		list = append(list, s.clientOfEnvironment(s.env("CLIENT_ID", defaultClientID)))
	}
	return list, nil
}

func (s *serve) clientOfEnvironment(id string) servedClient {
	c := authserver.Client{
		ID: id, Secret: secret.New(s.env("CLIENT_SECRET", "")), Scope: s.env("SCOPE", s.flags.defaultScope()),
		GrantTypes: authserver.GrantTypes,
	}
	generated := c.Secret.IsZero()
	if generated {
		c.Secret = newSecret()
	}
	return servedClient{Client: c, generated: generated}
}

// newSecret is long enough for client_secret_jwt with HS256 (RFC 7518 §3.2).
func newSecret() secret.Text { return secret.New(rand.Text() + rand.Text()) }

func (s *serve) env(name, fallback string) string {
	if v := s.gs.Env[name]; v != "" {
		return v
	}
	return fallback
}

func (s *serve) clientsOfFile() ([]servedClient, error) {
	path := s.flags.clientsFile
	if path == "" {
		return nil, nil
	}
	f, err := s.gs.FS.Open(path)
	if err != nil {
		return nil, invalidf("--clients: %w", err)
	}
	defer f.Close() // only read
	file, err := clientsfile.Read(path, f)
	if err != nil {
		return nil, invalidf("--clients %w", err)
	}
	list := make([]servedClient, file.Len())
	for i := range list {
		if list[i].Client, err = clientOf(file, i); err != nil {
			return nil, invalidf("--clients: %w", err)
		}
	}
	return list, nil
}
