package authserver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/faults"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver/pki"
)

// Limits of a connection. They are wide: a server under load is slow, and
// middleware may make it slower on purpose.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
)

// listen binds the authorization server's address and, if it has its own, the
// API's.
func (s *Server) listen(ctx context.Context) ([]net.Listener, error) {
	type address struct{ option, addr string }
	addresses := []address{{"Addr", s.cfg.Addr}}
	if s.cfg.hasAPIPort() {
		addresses = append(addresses, address{"APIAddr", s.cfg.APIAddr})
	}
	var listeners []net.Listener
	for _, a := range addresses {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", a.addr)
		if err != nil {
			var op *net.OpError
			if errors.As(err, &op) {
				err = op.Err
			}
			return nil, errors.Join(
				configErrorf(a.option, "cannot listen on %s: %s; port 0 takes a free one", a.addr, err), closeAll(listeners))
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func closeAll(listeners []net.Listener) error {
	errs := make([]error, 0, len(listeners))
	for _, l := range listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// secure returns the TLS configuration of all ports, nil for plain HTTP.
func (s *Server) secure(listeners []net.Listener) (*tls.Config, error) {
	if s.cfg.TLSDir == "" {
		return nil, nil //nolint:nilnil // nil means without TLS to http.Server
	}
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, l := range listeners {
		hosts = append(hosts, hostOf(l.Addr()))
	}
	hosts = append(hosts, s.endpoints.issuerHost())
	certs, err := pki.LoadServer(s.cfg.TLSDir, hosts)
	if err != nil {
		return nil, configErrorf("TLSDir", "%s", err)
	}
	s.endpoints.CAFile = certs.CAFile
	if s.introspector != nil {
		s.introspector.trust(&tls.Config{RootCAs: certs.CAs, MinVersion: tls.VersionTLS12})
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{certs.Certificate}, MinVersion: tls.VersionTLS12,
		GetConfigForClient: s.faults.Handshake,
	}
	s.askForCertificates(config, certs.CAs)
	return config, nil
}

func (s *Server) newHTTPServer(handler http.Handler, tlsConfig *tls.Config) *http.Server {
	errorLog := s.cfg.ErrorLog
	if errorLog == nil {
		errorLog = log.New(io.Discard, "", 0)
	}
	return &http.Server{
		Handler:           handler,
		TLSConfig:         tlsConfig.Clone(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          errorLog,
		ConnContext:       faults.ConnContext,
	}
}

// hostOf returns the host to reach a bound address by from this machine.
func hostOf(addr net.Addr) string {
	host, _, err := net.SplitHostPort(addr.String())
	ip := net.ParseIP(host)
	if err != nil || ip == nil || ip.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}
