package authserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
)

// GCPercent is a GOGC for processes that only serve. It lets the heap grow further than usual before it is collected:
// next to nothing of it stays alive, so that the collector would run all the time under load. This costs a few
// megabytes and saves about a tenth of the CPU time.
const GCPercent = 400

// Server is an authorization server and a protected API. Make it with [New],
// then call Start once, and Shutdown in the end.
type Server struct {
	profile *profile // nil if the server plays no provider

	cfg     Config
	clients *registry
	methods []authMethod
	// certificates are the clients' certificates. asksCertificates says that some client
	// can have one.
	certificates     certificateVerifier
	asksCertificates bool
	format           tokenFormat
	ids              *tokenIDs
	revoked          *revocations
	proofs           *proofVerifier
	bulkRevocations  *bulkRevocations
	faults           *faults.Injector
	// wall is Config.Now. Tokens live by cfg.Now, which faults can set wrong;
	// what lasts for a while, such as a grace, goes by wall.
	wall  func() time.Time
	stats *stats
	api   *protectedAPI
	// introspector is nil if the API validates tokens locally.
	introspector *introspector

	// The following fields are known only once the addresses are bound.
	started          time.Time
	endpoints        Endpoints
	defaultAudience  string
	defaultAudiences []string // defaultAudience alone
	servers          []*http.Server
	serving          sync.WaitGroup
	failures         chan error // of the servers; never blocks
}

// New checks the configuration and makes a server from it. The errors are
// of type [*ConfigError] unless randomness or a key failed.
func New(cfg Config) (*Server, error) {
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &Server{ids: newTokenIDs(), revoked: newRevocations(maxRevoked), wall: cfg.Now, profile: profileOf(cfg.Profile)}
	s.bulkRevocations = newBulkRevocations(s.ids)
	s.faults = faults.New(s.wall, s.clientOf)
	cfg.Now = func() time.Time { return s.wall().Add(s.faults.ServerSkew()) }
	clients, err := newRegistry(cfg.Clients, cfg.TTL, s.wall)
	if err != nil {
		return nil, err
	}
	s.cfg, s.clients = cfg, clients
	s.proofs = newProofVerifier(cfg.Now, s.newNonces(faults.Token), s.newNonces(faults.API))
	if err := s.expectCertificates(); err != nil {
		return nil, err
	}
	s.methods = authMethods(s)
	check := s.checkLocally
	if cfg.APICheck == CheckIntrospection {
		s.introspector = newIntrospector()
		check = s.introspector.check
		if err := clients.addAPI(s.introspector.secret); err != nil {
			return nil, err
		}
	}
	if cfg.Registration != RegistrationOff {
		clients.registered = newRegisteredClients(len(clients.list))
	}
	s.stats = new(stats)
	s.api = newProtectedAPI(&s.cfg, s.stats, s.proofs, check)
	if cfg.TokenFormat == JWT {
		s.format, err = newJWTFormat(s, cfg.JWTAlgorithm)
	} else {
		s.format, err = newOpaqueFormat(clients)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Start binds the addresses and serves in the background. ctx is used for
// binding only.
func (s *Server) Start(ctx context.Context) error {
	listeners, err := s.listen(ctx)
	if err != nil {
		return err
	}
	if err := s.startOn(listeners); err != nil {
		return errors.Join(err, closeAll(listeners))
	}
	return nil
}

func (s *Server) startOn(listeners []net.Listener) error {
	authAddr, apiAddr := listeners[0].Addr(), listeners[len(listeners)-1].Addr()
	s.bind(authAddr, apiAddr)
	handlers, err := s.handlers(len(listeners) > 1)
	if err != nil {
		return err
	}
	tlsConfig, err := s.secure(listeners)
	if err != nil {
		return err
	}
	if len(s.cfg.Faults) > 0 {
		// The schedules in it begin now.
		if err := s.faults.Put(s.cfg.Faults); err != nil {
			return configErrorf("Faults", "%s", err)
		}
	}
	s.started = s.wall()
	s.failures = make(chan error, len(listeners))
	for i, l := range listeners {
		server := s.newHTTPServer(handlers[i], tlsConfig)
		s.servers = append(s.servers, server)
		s.serving.Go(func() { s.serve(server, l) })
	}
	return nil
}

func (s *Server) serve(server *http.Server, l net.Listener) {
	var err error
	if server.TLSConfig != nil {
		err = server.ServeTLS(l, "", "")
	} else {
		err = server.Serve(l)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		s.failures <- fmt.Errorf("authserver: %s: %w", l.Addr(), err)
	}
}

// Failed receives an error when a port stopped being served before Shutdown.
func (s *Server) Failed() <-chan error { return s.failures }

// Shutdown ends the delays of faults, stops accepting requests, waits for those in progress until ctx
// ends, and cuts off what is left then.
func (s *Server) Shutdown(ctx context.Context) error {
	s.faults.Close()
	errs := make([]error, 0, len(s.servers))
	for _, server := range s.servers {
		err := server.Shutdown(ctx)
		if err != nil {
			err = errors.Join(err, server.Close())
		}
		errs = append(errs, err)
	}
	s.serving.Wait()
	if s.introspector != nil {
		s.introspector.close()
	}
	return errors.Join(errs...)
}
