package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

// server is the authorization server and API of the measurements, in a process of its own.
type server struct {
	process *exec.Cmd
	stdin   io.WriteCloser // closing it ends the process
	stdout  *bufio.Reader
	where   places
	token   string
}

// startServer starts it with the arguments of serve.
func startServer(ctx context.Context, args ...string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{process: command(ctx, self, append([]string{roleServer}, args...), nil)}
	s.process.Stderr = os.Stderr
	if s.stdin, err = s.process.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	s.stdout = bufio.NewReader(stdout)
	line, err := s.stdout.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s.where)
	}
	if err == nil && s.where.CAFile == "" { // over TLS there is no static header to compare with
		s.token, err = s.acquire(ctx)
	}
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	return s, nil
}

// stop ends the process and waits for it.
func (s *server) stop() {
	_ = s.stdin.Close()
	_ = s.process.Wait()
}

// cpuTime asks the process for the CPU time that it has used.
func (s *server) cpuTime() (time.Duration, error) {
	if _, err := fmt.Fprintln(s.stdin); err != nil {
		return 0, err
	}
	line, err := s.stdout.ReadString('\n')
	if err != nil {
		return 0, err
	}
	return time.ParseDuration(strings.TrimSpace(line))
}

// env is the environment of the scripts.
func (s *server) env() []string {
	env := []string{
		"TOKEN_URL=" + s.where.TokenURL,
		"API_URL=" + s.where.APIURL,
		"CLIENT_ID=" + s.where.ClientID,
		"CLIENT_SECRET=" + s.where.ClientSecret,
		"SCOPE=" + s.where.Scope,
		"TOKEN=" + s.token,
		"KEYS=" + s.where.Keys,
	}
	if s.where.CAFile != "" {
		env = append(env, "SSL_CERT_FILE="+s.where.CAFile)
	}
	return env
}

// acquire returns the token of the static header.
func (s *server) acquire(ctx context.Context) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {s.where.Scope}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.where.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(s.where.ClientID), url.QueryEscape(s.where.ClientSecret))
	body, err := do(req)
	if err != nil {
		return "", err
	}
	var grant map[string]any
	if err := json.Unmarshal(body, &grant); err != nil {
		return "", err
	}
	token, _ := grant["access_token"].(string)
	return token, nil
}

// apiRequests returns how many requests have reached the API.
func (s *server) apiRequests(ctx context.Context) (int, error) {
	body, err := get(ctx, s.where.StatsURL)
	if err != nil {
		return 0, err
	}
	var stats struct {
		APIRequests struct {
			Total int `json:"total"`
		} `json:"api_requests"`
	}
	return stats.APIRequests.Total, json.Unmarshal(body, &stats)
}

// do returns the body of an answer with status 200.
func do(req *http.Request) ([]byte, error) {
	client := http.Client{Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", req.URL.Host, resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, 64<<20)) // a heap profile of 10,000 VUs has megabytes
}
