package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/procinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// places holds the addresses that the server's process prints: one line of JSON.
type places struct {
	TokenURL     string `json:"token_url"`
	APIURL       string `json:"api_url"`
	StatsURL     string `json:"stats_url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Scope        string `json:"scope"`
	Keys         string `json:"keys"` // the folder of the client's keys, or empty
	CAFile       string `json:"ca_file"`
}

// Arguments of the server's process, each followed by a folder.
const (
	withKeys = "keys"     // is to get the client's private keys
	withTLS  = "tls"      // is to get the certificates of server and client: HTTPS
	constant = "constant" // is to get the certificate of a server that has one token
)

// serve is the server's process: it serves until its standard input ends, so it cannot outlive
// the one that started it. It answers each line with the CPU time that it has used.
func serve(args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) == 2 && args[0] == constant {
		return serveConstant(args[1], stdin, stdout)
	}
	// A secret that is long enough for HS256.
	password := secret.New(rand.Text() + rand.Text())
	registered := authserver.Client{ID: "bench", Secret: password, Scope: "orders.read orders.write"}
	// Tokens outlive the run: what is measured is a token at hand, not its replacement.
	cfg := authserver.Config{TTL: time.Hour}
	var (
		keys string
		err  error
	)
	switch {
	case len(args) == 2 && args[0] == withKeys:
		keys = args[1]
		registered.JWKS, err = makeKeys(keys)
	case len(args) == 2 && args[0] == withTLS:
		cfg.TLSDir, keys = args[1], args[1]
		registered, err = registered.WithCertificate(keys, filepath.Join(keys, "client.pem"),
			filepath.Join(keys, "client-key.pem"))
	}
	if err != nil {
		return err
	}
	cfg.Clients = []authserver.Client{registered}
	s, err := authserver.New(cfg)
	if err != nil {
		return err
	}
	debug.SetGCPercent(authserver.GCPercent) // as the command serve
	ctx := context.Background()
	if err := s.Start(ctx); err != nil {
		return err
	}
	at := s.Endpoints()
	err = json.NewEncoder(stdout).Encode(places{ // #nosec G117 -- for the parent process, which has no other way to know
		TokenURL:     at.Token,
		APIURL:       at.API + "orders",
		StatsURL:     at.Stats,
		ClientID:     registered.ID,
		ClientSecret: registered.Secret.Reveal(),
		Scope:        registered.Scope,
		Keys:         keys,
		CAFile:       at.CAFile,
	})
	if err != nil {
		return fmt.Errorf("saying where the server is: %w", err)
	}
	err = sayCPUTime(stdin, stdout)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if stopped := s.Shutdown(ctx); err == nil {
		err = stopped
	}
	return err
}

// sayCPUTime answers each line with the CPU time that the process has used, until its standard input ends.
func sayCPUTime(stdin io.Reader, stdout io.Writer) error {
	lines := bufio.NewScanner(stdin)
	for lines.Scan() {
		if _, err := fmt.Fprintln(stdout, procinfo.CPUTime()); err != nil {
			return err
		}
	}
	return lines.Err()
}
