package exporter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

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
		return errors.New("option \"pushPassword\" is set without \"pushUsername\"; allowed: both or none")
	}
	return nil
}

// checkLabels looks, before the test, for labels of the group that metrics have: such a push fails.
func (p pushOptions) checkLabels(served []string) error {
	for _, name := range slices.Sorted(maps.Keys(p.Labels)) {
		if slices.Contains(served, name) {
			return fmt.Errorf("option \"pushLabels\": metrics have a label %q of their own, or a tag of the run makes it; "+
				"allowed: other names", name)
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
		return "", errors.New("the value is not a URL; allowed: http:// or https:// and the host of a Pushgateway")
	case u.User != nil:
		return "", errors.New("the URL has credentials in it; allowed: a URL without, and the options " +
			"pushUsername and pushPassword")
	}
	return s, nil
}

// push replaces the metrics of the group with those that gatherer has.
func (p pushOptions) push(ctx context.Context, gatherer prometheus.Gatherer) error {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	pusher := push.New(p.URL, p.Job).Gatherer(gatherer).Client(&http.Client{Timeout: pushTimeout})
	for name, value := range p.Labels {
		pusher = pusher.Grouping(name, value)
	}
	if p.Username != "" {
		pusher = pusher.BasicAuth(p.Username, p.Password)
	}
	if err := pusher.PushContext(ctx); err != nil {
		return fmt.Errorf("pushing to the Pushgateway: %w", err)
	}
	return nil
}
