package exporter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/sirupsen/logrus"
	"go.yaml.in/yaml/v3"
)

const (
	// maxScrapes is how many scrapes are served at a time. More get 503.
	maxScrapes = 4
	// shutdownTimeout bounds a scrape that is under way when the output stops.
	shutdownTimeout = 5 * time.Second
)

// server serves the metrics over HTTP, or HTTPS where the web configuration says so.
type server struct {
	http     *http.Server
	listener net.Listener
	scheme   string
	path     string
	done     chan error // gets what ended the server, and is closed
}

// healthPath answers while the exporter serves, without collecting metrics.
const healthPath = "/-/healthy"

// listen opens the address and serves until shutdown.
func listen(o *options, handler http.Handler, s *scrapes) (*server, error) {
	scheme, err := schemeOf(o.WebConfig)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("option \"addr\": cannot listen on %q: %w; use a free address, "+
			"as in -o prometheus=127.0.0.1:9465, or port 0 for any free one", o.Addr, err)
	}
	srv := &server{
		http: &http.Server{
			Handler:           handler,
			ConnState:         s.connState,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      maxScrapeTime,
			IdleTimeout:       2 * time.Minute,
		},
		listener: listener,
		scheme:   scheme,
		path:     o.Path,
		done:     make(chan error, 1),
	}
	go func() {
		flags := &web.FlagConfig{WebConfigFile: &o.WebConfig}
		srv.done <- web.Serve(listener, srv.http, flags, slog.New(slog.DiscardHandler))
		close(srv.done)
	}()
	return srv, nil
}

// checkWebConfig checks the file before the test, and before what it says is needed.
func checkWebConfig(file string) error {
	if err := web.Validate(file); err != nil {
		return fmt.Errorf("option \"webConfig\": %w; it must be a web configuration file of Prometheus's "+
			"exporter-toolkit", err)
	}
	return nil
}

// schemeOf returns the scheme, which depends on tls_server_config. web.Validate has read it already, but does not
// return it.
func schemeOf(file string) (string, error) {
	if file == "" {
		return "http", nil
	}
	content, err := os.ReadFile(file) // #nosec G304 -- the user names the file
	if err != nil {
		return "", fmt.Errorf("option \"webConfig\": %w", err)
	}
	var config struct {
		TLS map[string]any `yaml:"tls_server_config"`
	}
	if err := yaml.Unmarshal(content, &config); err != nil {
		return "", fmt.Errorf("option \"webConfig\": %w", err)
	}
	if len(config.TLS) > 0 {
		return "https", nil
	}
	return "http", nil
}

// handler serves the metrics and the pages beside them.
func (e *exporter) handler() http.Handler {
	mux := http.NewServeMux()
	failed := &hangups{log: e.log, now: e.scrapes.now}
	fallback := promhttp.HandlerFor(e.all, promhttp.HandlerOpts{
		ErrorLog:           errorLog{e.log},
		ErrorHandling:      promhttp.ContinueOnError, // one bad series must not hide the others
		EnableOpenMetrics:  true,
		DisableCompression: true, // see compressed
	})
	metrics := atMost(maxScrapes, exposition{e.store, e.others, e.log, fallback})
	mux.Handle("GET "+e.options.Path, inTime(e.scrapes.watch(failed.watch(compressed(e.store.turns.serve(metrics))))))
	mux.Handle("GET /{$}", landing{e.options.Path, e.store})
	mux.HandleFunc("GET "+healthPath, healthy)
	return mux
}

// atMost refuses requests while n others are under way.
func atMost(n int, h http.Handler) http.Handler {
	slots := make(chan struct{}, n)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			h.ServeHTTP(w, r)
		default:
			http.Error(w, fmt.Sprintf("%d scrapes are under way; try again later.", n), http.StatusServiceUnavailable)
		}
	})
}

// compressed compresses the answers of h for scrapers that accept it. It needs less of the load's CPU than promhttp,
// which has one level of compression.
func compressed(h http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.CompressionLevel(gzip.BestSpeed))
	if err != nil {
		panic(err) // of constants
	}
	return wrap(h)
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("k6 is healthy.\n")) // an error means that the client hung up
}

// url is where the metrics are, with the address that was bound.
func (s *server) url() string { return s.scheme + "://" + s.listener.Addr().String() + s.path }

// shutdown ends the server and waits for it.
func (s *server) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if served := <-s.done; served != nil && !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// errorLog is the log of promhttp.
type errorLog struct{ log logrus.FieldLogger }

// Println implements promhttp.Logger.
func (l errorLog) Println(v ...any) { l.log.Warn(v...) }
