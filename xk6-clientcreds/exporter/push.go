package exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
)

// pushTimeout bounds the time of the Pushgateway's answer.
const pushTimeout = 10 * time.Second

// pushOptions say where the metrics are pushed at the end. Without a URL they are not.
type pushOptions struct {
	URL, Job           string
	Labels             map[string]string // of the group, beside job
	Username, Password string
}

// validate checks what one option alone cannot.
func (p pushOptions) validate() error {
	if p.Password != "" && p.Username == "" {
		return errors.New("option \"pushPassword\" is set without \"pushUsername\"; set both or none")
	}
	return nil
}

// checkLabels looks, before the test, for labels of the group that metrics have: such a push fails.
func (p pushOptions) checkLabels(served []string) error {
	for _, name := range slices.Sorted(maps.Keys(p.Labels)) {
		if slices.Contains(served, name) {
			return fmt.Errorf("option \"pushLabels\": metrics have a label %q of their own, or a tag of the run makes it; "+
				"choose other names", name)
		}
	}
	return nil
}

func parsePushURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case s == "":
		return "", nil
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("the value is not a URL; it must be http:// or https:// and the host of a Pushgateway")
	case u.User != nil:
		return "", errors.New("the URL has credentials in it; use a URL without them, and the options " +
			"pushUsername and pushPassword")
	}
	return s, nil
}

// push replaces the metrics of the group with those that gatherer has.
func (p pushOptions) push(ctx context.Context, gatherer prometheus.Gatherer) error {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	pusher := push.New(p.URL, p.Job).Gatherer(gatherer).Client(gateway{&http.Client{Timeout: pushTimeout}})
	for name, value := range p.Labels {
		pusher = pusher.Grouping(name, value)
	}
	if p.Username != "" {
		pusher = pusher.BasicAuth(p.Username, p.Password)
	}
	if err := pusher.PushContext(ctx); err != nil {
		return fmt.Errorf("option \"pushUrl\": pushing to the Pushgateway: %w; check the address, and whether it runs", err)
	}
	return nil
}

// maxAnswer bounds how much of an answer can be in an error.
const maxAnswer = 200

// gateway sends requests for a Pusher, which puts the whole body of an answer that refuses the push into its error. The
// answer may be the page of a proxy, and it may be endless.
type gateway struct{ client *http.Client }

// Do implements push.HTTPDoer.
func (g gateway) Do(req *http.Request) (*http.Response, error) {
	resp, err := g.client.Do(req) // #nosec G704 -- the user names the Pushgateway
	if err != nil {
		return nil, err
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the rest of an answer that breaks off is of no use
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(strings.NewReader(oneLine(string(text))))
	return resp, nil
}

// oneLine makes a text of another program fit for a log line.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}, text)), " ")
}
