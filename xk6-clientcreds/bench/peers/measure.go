//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// plan says which tools to measure, and how.
type plan struct {
	k6, home, gatling, scripts string // places
	work                       string // a temporary folder
	only                       string // names of tools
	core, rounds, rate         int
	warmUp, window             time.Duration
	log                        io.Writer
}

// figures holds the measurements of a tool in one round.
type figures struct {
	// CPU is the CPU time per token at full speed, in microseconds.
	CPU float64 `json:"cpu_us"`
	// Rate is how many tokens per second the tool obtained on its core.
	Rate float64 `json:"tokens_per_second"`
	// Server is the share of the server's core that was used then.
	Server float64 `json:"server"`
	// CPUAtRate is the CPU time per token at the rate that all tools have, in microseconds, 0 if the tool has no rates.
	CPUAtRate float64 `json:"cpu_us_at_rate"`
	// RateError is by how much the rate was missed, as a share of the rate.
	RateError float64 `json:"rate_error"`
	// Memory is the largest resident memory, in megabytes, with few and with many users at full speed.
	Memory     float64 `json:"memory_mb"`
	MemoryMany float64 `json:"memory_mb_many"`
}

// Users of the runs.
const (
	few  = 50
	many = 1000
)

// round has the figures of all tools, by name.
type round map[string]figures

// measure measures all tools in rounds, each in an order of its own.
func (p plan) measure(ctx context.Context, tools []tool) ([]round, error) {
	rounds := make([]round, p.rounds)
	for i := range rounds {
		rounds[i] = make(round)
		for _, n := range rand.Perm(len(tools)) { // #nosec G404 -- an order, not a secret
			t := tools[n]
			_, _ = fmt.Fprintf(p.log, "round %d of %d: %s %s\n", i+1, p.rounds, t.name, t.version)
			f, err := p.figures(ctx, t)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
			rounds[i][t.name] = f
		}
	}
	return rounds, nil
}

func (p plan) figures(ctx context.Context, t tool) (figures, error) {
	full, err := p.run(ctx, t, load{users: few, seconds: p.length()})
	if err != nil {
		return figures{}, fmt.Errorf("%d users: %w", few, err)
	}
	f := figures{CPU: full.cpu, Rate: full.rate, Server: full.server, Memory: full.memory}
	crowd, err := p.run(ctx, t, load{users: many, seconds: p.length()})
	if err != nil {
		return figures{}, fmt.Errorf("%d users: %w", many, err)
	}
	f.MemoryMany = crowd.memory
	l := load{users: few, rate: p.rate, seconds: p.length()}
	if t.command(l) == nil {
		return f, nil
	}
	atRate, err := p.run(ctx, t, l)
	if err != nil {
		return figures{}, fmt.Errorf("%d tokens per second: %w", p.rate, err)
	}
	f.CPUAtRate, f.RateError = atRate.cpu, atRate.rate/float64(p.rate)-1
	return f, nil
}

// observed holds the measurements in the window of a run.
type observed struct {
	cpu    float64 // microseconds per token
	rate   float64 // tokens per second
	server float64 // share of a core
	memory float64 // megabytes, in the whole run
}

// longestStart bounds the time until the first token, and the time that a tool takes to end.
const longestStart = time.Minute

// run lets a tool make a load, and looks at it in the window.
func (p plan) run(ctx context.Context, t tool, l load) (observed, error) {
	c, err := credentialsFromEnvironment()
	if err != nil {
		return observed{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*longestStart+time.Duration(l.seconds)*time.Second)
	defer cancel()
	line := append([]string{"--cpu-list", strconv.Itoa(p.core)}, t.command(l)...)
	cmd := exec.CommandContext(ctx, "taskset", line...) // #nosec G204 -- the tools of this program
	cmd.Env = c.env(l)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	output, err := os.Create(filepath.Join(p.work, "output"))
	if err != nil {
		return observed{}, err
	}
	defer func() { _ = output.Close() }()
	cmd.Stdout, cmd.Stderr = output, output
	before, err := tokens(ctx, c.tokenURL)
	if err != nil {
		return observed{}, err
	}
	if err := cmd.Start(); err != nil {
		return observed{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	memory := watchMemory(cmd.Process.Pid)
	o, err := p.observe(ctx, c.tokenURL, cmd.Process.Pid, before, ended)
	if err != nil {
		_ = cmd.Cancel()
	}
	exit := <-ended
	o.memory = memory()
	if err = errors.Join(err, exit); err != nil {
		said, _ := os.ReadFile(output.Name())
		return observed{}, fmt.Errorf("%w; it said:\n%s", err, tail(string(said)))
	}
	return o, nil
}

// observe waits for the window and measures in it.
func (p plan) observe(ctx context.Context, tokenURL string, group int, before counts, ended chan error) (observed,
	error,
) {
	// wait returns an error if the tool ends meanwhile, and leaves its result in the channel.
	wait := func(d time.Duration) error {
		select {
		case err := <-ended:
			ended <- err
			return errors.New("it ended too early")
		case <-time.After(d):
			return ctx.Err()
		}
	}
	for start := time.Now(); ; {
		now, err := tokens(ctx, tokenURL)
		if err != nil {
			return observed{}, err
		}
		if now.issued > before.issued {
			break
		}
		if refused := now.refused - before.refused; refused > 0 {
			return observed{}, fmt.Errorf("the server refused %d of its requests", refused)
		}
		if time.Since(start) > longestStart {
			return observed{}, fmt.Errorf("it obtained no token within %s", longestStart)
		}
		if err := wait(50 * time.Millisecond); err != nil {
			return observed{}, err
		}
	}
	if err := wait(p.warmUp); err != nil {
		return observed{}, err
	}
	first, err := look(ctx, tokenURL, group)
	if err != nil {
		return observed{}, err
	}
	if err := wait(p.window); err != nil {
		return observed{}, err
	}
	last, err := look(ctx, tokenURL, group)
	if err != nil {
		return observed{}, err
	}
	return between(first, last)
}

// counts are the server's own.
type counts struct{ issued, refused int64 }

// tokens asks the server how many tokens it has issued, and how many requests it has answered otherwise.
func tokens(ctx context.Context, tokenURL string) (counts, error) {
	at, err := url.Parse(tokenURL)
	if err != nil {
		return counts{}, err
	}
	stats := at.ResolveReference(&url.URL{Path: "/stats"})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, stats.String(), nil)
	if err != nil {
		return counts{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return counts{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		TokenRequests struct {
			ByResult map[string]int64 `json:"by_result"`
		} `json:"token_requests"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer); err != nil {
		return counts{}, fmt.Errorf("/stats of the server: %w", err)
	}
	var c counts
	for result, n := range answer.TokenRequests.ByResult {
		if result == "issued" {
			c.issued = n
		} else {
			c.refused += n
		}
	}
	return c, nil
}

// snapshot is the state of a run at one moment.
type snapshot struct {
	counts
	at          time.Time
	cpu, server time.Duration
}

func look(ctx context.Context, tokenURL string, group int) (snapshot, error) {
	var s snapshot
	var err error
	if s.counts, err = tokens(ctx, tokenURL); err != nil {
		return s, err
	}
	s.at = time.Now()
	for _, member := range members(group) {
		used, err := cpuTime(member.pid)
		if err != nil {
			return s, err
		}
		s.cpu += used
	}
	s.server, err = cpuTime(os.Getppid())
	return s, err
}

// between returns what happened between two moments.
func between(first, last snapshot) (observed, error) {
	issued, seconds := float64(last.issued-first.issued), last.at.Sub(first.at).Seconds()
	if refused := last.refused - first.refused; refused > 0 {
		return observed{}, fmt.Errorf("the server refused %d of its requests", refused)
	}
	if issued == 0 {
		return observed{}, errors.New("it obtained no token in the window")
	}
	return observed{
		cpu:    float64((last.cpu - first.cpu).Microseconds()) / issued,
		rate:   issued / seconds,
		server: (last.server - first.server).Seconds() / seconds,
	}, nil
}

// tail is the end of what a tool said.
func tail(text string) string {
	const most = 2000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
