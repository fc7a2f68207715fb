package main

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/authserver"
)

// serveConstant answers each token request with the same token over HTTPS: the least that net/http takes for an answer,
// and so the limit for any server that uses it. dir gets the certificate.
func serveConstant(dir string, stdin io.Reader, stdout io.Writer) error {
	debug.SetGCPercent(authserver.GCPercent)
	const answer = `{"access_token":"0123456789abcdef0123456789abcdef","token_type":"Bearer","expires_in":3600}`
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // k6 would say so if it had no token
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	ca := filepath.Join(dir, "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil { // #nosec G703 -- a folder that this program made
		return err
	}
	err := json.NewEncoder(stdout).Encode(places{ // #nosec G117 -- no secret
		TokenURL: s.URL + "/token", APIURL: s.URL + "/", ClientID: "bench", ClientSecret: "bench", Scope: "orders.read",
		CAFile: ca,
	})
	if err != nil {
		return fmt.Errorf("saying where the server is: %w", err)
	}
	return sayCPUTime(stdin, stdout)
}
