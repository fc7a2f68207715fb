package authserver

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"testing"
)

// discard is a ResponseWriter that costs nothing: what is left is the server's
// own work.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// body can be read again and again.
type body struct{ bytes.Reader }

func (*body) Close() error { return nil }

func benchmark(b *testing.B, h http.Handler, q request) {
	b.Helper()
	r := q.build(b)
	content := new(body)
	r.Body = content
	w := &discard{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		content.Reset([]byte(q.body))
		h.ServeHTTP(w, r)
	}
}

func BenchmarkToken(b *testing.B) {
	for _, algorithm := range append([]string{"opaque"}, jwtAlgorithms...) {
		b.Run(algorithm, func(b *testing.B) {
			cfg := Config{TokenFormat: JWT, JWTAlgorithm: algorithm}
			if algorithm == "opaque" {
				cfg = Config{}
			}
			_, h := offline(b, cfg)
			benchmark(b, h, post("/token", demo, "grant_type=client_credentials", "scope=orders.read"))
		})
	}
}

func BenchmarkAPI(b *testing.B) {
	for _, format := range []TokenFormat{Opaque, JWT} {
		b.Run(string(format), func(b *testing.B) {
			_, h := offline(b, Config{TokenFormat: format})
			benchmark(b, h, get("/api/orders", issue(b, h)))
		})
	}
}

// BenchmarkTokenHTTP has net/http on both sides, on one connection.
func BenchmarkTokenHTTP(b *testing.B) {
	s := start(b, Config{})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	q := post(s.Endpoints().Token, demo, "grant_type=client_credentials")
	b.ReportAllocs()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), q.method, q.url, bytes.NewReader([]byte(q.body)))
		if err != nil {
			b.Fatal(err)
		}
		r.Header = q.header
		resp, err := client.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status, err)
		}
		_ = resp.Body.Close()
	}
}

// BenchmarkTokenByCertificate is BenchmarkToken with a certificate instead of a
// secret, on a connection that is there.
func BenchmarkTokenByCertificate(b *testing.B) {
	dir := b.TempDir()
	ca := newCA(b, dir)
	own := clientPair(b, ca, nil)
	for _, id := range []string{"dns", "x5c"} {
		b.Run(id, func(b *testing.B) {
			s, h := offline(b, Config{TLSDir: dir, Clients: mutual(own, own)})
			s.certificates.chains.Roots = x509.NewCertPool()
			s.certificates.chains.Roots.AddCert(ca.Leaf)
			benchmark(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{own.Leaf}}
				h.ServeHTTP(w, r)
			}), named("/token", id, clientCredentials))
		})
	}
}
