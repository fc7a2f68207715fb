package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// places is what the server's process says of itself: one line of JSON.
type places struct {
	TokenURL     string `json:"token_url"`
	APIURL       string `json:"api_url"`
	StatsURL     string `json:"stats_url"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Scope        string `json:"scope"`
}

// serve is the server's process: it serves until its standard input ends, so it cannot outlive
// the one that started it.
func serve(stdin io.Reader, stdout io.Writer) error {
	registered := authserver.Client{ID: "bench", Secret: rand.Text(), Scope: "orders.read orders.write"}
	// Tokens outlive the run: what is measured is a token at hand, not its replacement.
	s, err := authserver.New(authserver.Config{Clients: []authserver.Client{registered}, TTL: time.Hour})
	if err != nil {
		return err
	}
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
		ClientSecret: registered.Secret,
		Scope:        registered.Scope,
	})
	if err != nil {
		return fmt.Errorf("saying where the server is: %w", err)
	}
	_, err = io.Copy(io.Discard, stdin)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if stopped := s.Shutdown(ctx); err == nil {
		err = stopped
	}
	return err
}
