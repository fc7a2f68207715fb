// Command zitadel serves the OpenID provider of github.com/zitadel/oidc, as the library's own example sets it up, over
// HTTPS at a free port of 127.0.0.1. It prints "READY <issuer>" when it listens.
//
//	CERT KEY      files of the server's certificate chain and key
//	CLIENTS       clients of the client-credentials grant: a JSON object of identifiers and secrets
//	JWT_CLIENTS   the clients whose tokens are JWTs: a JSON array
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	if err := serve(); err != nil {
		log.Fatal(err)
	}
}

func serve() error {
	var m machines
	if err := json.Unmarshal([]byte(os.Getenv("CLIENTS")), &m.secrets); err != nil {
		return fmt.Errorf("CLIENTS: %w", err)
	}
	if err := json.Unmarshal([]byte(os.Getenv("JWT_CLIENTS")), &m.jwt); err != nil {
		return fmt.Errorf("JWT_CLIENTS: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(os.Getenv("CERT"), os.Getenv("KEY"))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := "https://" + listener.Addr().String()
	m.Storage = storage.NewStorage(users{storage.NewUserStore(issuer), &m})
	server := &http.Server{
		Handler:           exampleop.SetupServer(issuer, &m, slog.New(slog.NewTextHandler(io.Discard, nil)), false),
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
	}
	fmt.Println("READY " + issuer)
	return server.ServeTLS(listener, "", "")
}

// machines is the example's storage with clients that act on their own behalf.
type machines struct {
	*storage.Storage

	secrets map[string]string
	jwt     []string
}

var errUnknown = errors.New("unknown client or wrong secret")

// machine is a client of the example but for its grant.
type machine struct {
	*storage.Client

	tokens op.AccessTokenType
}

func (machine) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeClientCredentials, oidc.GrantTypeTokenExchange}
}

func (m machine) AccessTokenType() op.AccessTokenType { return m.tokens }

func (m *machines) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if err := m.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, err
	}
	return m.GetClientByClientID(ctx, id)
}

func (m *machines) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest,
	error) {
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{id}, Scopes: scopes}, nil
}

func (m *machines) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	secret, ok := m.secrets[id]
	if !ok {
		return nil, errUnknown
	}
	client := machine{storage.WebClient(id, secret), op.AccessTokenTypeBearer}
	if slices.Contains(m.jwt, id) {
		client.tokens = op.AccessTokenTypeJWT
	}
	return client, nil
}

func (m *machines) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if want, ok := m.secrets[id]; !ok || want != secret {
		return errUnknown
	}
	return nil
}

// RevokeToken knows that a token whose subject is the client was issued to it: the example notes that of users' only.
func (m *machines) RevokeToken(ctx context.Context, token, subject, client string) *oidc.Error {
	if subject == client {
		client = ""
	}
	return m.Storage.RevokeToken(ctx, token, subject, client)
}

// users has the machines too: the example wants to know the subject of a token when it introspects it, and that it is
// an administrator when its token is exchanged without an actor.
type users struct {
	storage.UserStore

	machines *machines
}

func (u users) GetUserByID(id string) *storage.User {
	if _, ok := u.machines.secrets[id]; ok {
		return &storage.User{ID: id, IsAdmin: true}
	}
	return u.UserStore.GetUserByID(id)
}
