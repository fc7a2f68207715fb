package command

import (
	"context"
	"errors"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"go.k6.io/k6/v2/cmd/state"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/secret"
)

// shutdownTimeout bounds the wait for requests in progress at the end.
const shutdownTimeout = 5 * time.Second

const serveLong = `Serve a local OAuth 2.0 authorization server and a protected API for load tests.

The endpoints below the issuer are /token, /introspect, /revoke, /jwks, the well-known metadata documents, and, with
--registration, /register. Every path below /api/ accepts bearer tokens. /stats counts what arrived, and /health says
that the server is up. /admin changes faults while the server runs. It exists if --addr is a loopback address, and
otherwise with --admin on only.

The client is CLIENT_ID with CLIENT_SECRET and SCOPE from the environment, by default "demo" with a generated secret.
--client and --clients name other clients, and --client-count generates clients.

A command after -- runs with TOKEN_URL, ISSUER, API_URL, CLIENT_ID, CLIENT_SECRET, and SCOPE in its environment. These
variables are set in some cases:

  ADMIN_URL                 if there is an admin endpoint
  INITIAL_ACCESS_TOKEN      with --registration token
  SSL_CERT_FILE             with --tls-dir
  CLIENT_KEY_FILE           with --client-key or --client-certificate
  CLIENT_CERTIFICATE_FILE   with --client-certificate
  CLIENTS_FILE              with --clients or --client-count: all clients

When the command ends, the server ends with the same exit code. SIGTERM is passed on to the command. So is SIGINT,
unless it comes from a terminal, which also interrupts the command. Without a command, the server runs until SIGINT or
SIGTERM.`

const serveExample = `  # serve until Ctrl-C, and print the environment for scripts
  k6 x clientcreds serve

  # run a load test with it, with HTTPS and tokens that live for five seconds
  k6 x clientcreds serve --tls-dir tls --ttl 5s -- k6 run load-test.js

  # the same with a scenario, and with a token endpoint that is slow and accepts
  # 50 requests per second
  k6 x clientcreds serve --latency 200ms --rate-limit 50 -- \
    k6 x clientcreds run api-load`

// serve is one call of k6 x clientcreds serve.
type serve struct {
	gs    *state.GlobalState
	flags serveFlags

	madeInitialToken bool // nobody else knows the initial access token yet
}

func newServe(gs *state.GlobalState) *cobra.Command {
	s := &serve{gs: gs}
	cmd := &cobra.Command{
		Use:     "serve [flags] [-- command [args…]]",
		Short:   "Serve a local authorization server and a protected API",
		Long:    serveLong,
		Example: serveExample,
		Args:    onlyAfterDash,
		RunE:    func(_ *cobra.Command, args []string) error { return s.run(args) },
	}
	s.flags.declare(cmd.Flags())
	return cmd
}

// onlyAfterDash takes arguments only behind --, where they are a command.
func onlyAfterDash(cmd *cobra.Command, args []string) error {
	switch dash := cmd.ArgsLenAtDash(); {
	case dash < 0 && len(args) == 0:
		return nil
	case dash < 0:
		return invalidf("serve does not take the argument %q; write a command to run after --", args[0])
	case dash > 0:
		return invalidf("serve does not take the argument %q before --; write a command to run after --", args[0])
	case len(args) == 0:
		return invalidf("there is no command after --; write one, or leave out --")
	}
	return nil
}

// config makes the configuration of the server, and its clients.
func (s *serve) config() (cfg authserver.Config, clients []servedClient, err error) {
	if clients, err = s.clients(); err != nil {
		return cfg, nil, err
	}
	if cfg, err = s.flags.config(clients); err != nil {
		return cfg, nil, err
	}
	if cfg.Registration == authserver.RegistrationToken {
		if cfg.InitialAccessToken = secret.New(s.env(initialTokenVariable, "")); cfg.InitialAccessToken.IsZero() {
			cfg.InitialAccessToken, s.madeInitialToken = newSecret(), true
		}
	}
	cfg.ErrorLog = log.New(debugLog{s.gs.Logger}, "", 0)
	cfg.Faults, err = s.faults()
	return cfg, clients, err
}

// run serves until the command ends or, without one, until a signal comes.
func (s *serve) run(command []string) (err error) {
	cfg, clients, err := s.config()
	if err != nil {
		return err
	}
	file, err := s.clientsFile(clients)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.discard()) }()
	server, err := authserver.New(cfg)
	if err != nil {
		return s.flags.explain(err)
	}
	if s.env("GOGC", "") == "" {
		debug.SetGCPercent(authserver.GCPercent)
	}
	stats := statsFile(s.flags.statsFile)
	if err := stats.prepare(s.flags.force); err != nil {
		return err
	}
	// From here on signals are for the server: even an early one ends it in good order.
	signals := make(chan os.Signal, 2)
	s.gs.SignalNotify(signals, os.Interrupt, syscall.SIGTERM)
	defer s.gs.SignalStop(signals)
	if err := server.Start(s.gs.Ctx); err != nil {
		return s.flags.explain(err)
	}
	defer func() { err = errors.Join(err, s.stop(server, stats)) }()
	if err := stats.clear(); err != nil {
		return err
	}

	env := newScriptEnvironment(server.Endpoints(), clients[0], file.path, cfg.InitialAccessToken)
	if len(command) > 0 {
		if err := announce(s.gs.Stderr, server.Endpoints(), cfg.TokenFormat); err != nil {
			return err
		}
		c := childProcess{s.gs, command, env.over(s.gs.Env), signals, server.Failed()}
		return c.run()
	}
	if err := announce(s.gs.Stdout, server.Endpoints(), cfg.TokenFormat); err != nil {
		return err
	}
	if err := env.announce(s.gs.Stdout, clients, s.madeInitialToken); err != nil {
		return err
	}
	select {
	case <-signals:
		return nil
	case <-s.gs.Ctx.Done():
		return nil
	case err := <-server.Failed():
		return err
	}
}

// stop shuts the server down and writes its counters, whatever happened before.
func (s *serve) stop(server *authserver.Server, stats statsFile) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.gs.Ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		s.gs.Logger.WithError(err).Warn("requests were still in progress when the server stopped")
	}
	return stats.write(s.gs, server.Stats())
}

// debugLog writes lines to the log at debug level: a client that breaks off a
// TLS handshake is not an error of the server.
type debugLog struct{ logger logrus.FieldLogger }

func (d debugLog) Write(line []byte) (int, error) {
	d.logger.Debug(strings.TrimSpace(string(line)))
	return len(line), nil
}
