package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/metricname"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// tile is a key figure.
type tile struct {
	Value, Name string
	// Mark is bad if the figure is about failures that there were.
	Mark string
}

// tiles are the key figures of a run: how much was loaded, how fast it was answered, and how much failed.
func tiles(g *group) []tile {
	var list []tile
	for _, kind := range []struct{ title, requests, duration, failed string }{
		{"token request", metricname.Requests, metricname.RequestDuration, metricname.RequestFailed},
		{"API request", metricname.HTTPReqs, metricname.HTTPReqDuration, metricname.HTTPReqFailed},
	} {
		requests, duration, failed := g.record.Metric(kind.requests), g.record.Metric(kind.duration), g.record.Metric(
			kind.failed)
		if requests.Samples() == 0 {
			continue
		}
		number := tile{Value: digits(requests.Count()), Name: kind.title + "s"}
		if rate := g.perSecond(requests.Count()); !math.IsNaN(rate) {
			number = tile{Value: perSecond.format(rate), Name: fmt.Sprintf("%ss, %s in total", kind.title, number.Value)}
		}
		if kind.requests == metricname.Requests && g.record.Metric(metricname.Retries).Count() > 0 {
			number.Name += " with retries"
		}
		list = append(list, number)
		if duration.Samples() > 0 {
			list = append(list, tile{
				Value: milliseconds.format(duration.Quantile(0.95)),
				Name:  "p95 of " + kind.title + "s; p50 " + milliseconds.format(duration.Quantile(0.5)),
			})
		}
		failures := tile{Value: percent.format(failed.Rate() * 100), Name: kind.title + "s failed"}
		if failed.Rate() > 0 {
			failures.Mark = bad
		}
		list = append(list, failures)
	}
	hits, misses := g.record.Metric(metricname.CacheHits).Count(), g.record.Metric(metricname.CacheMisses).Count()
	if hits+misses > 0 {
		list = append(list, tile{Value: percent.format(hits / (hits + misses) * 100), Name: "cache hits"})
	}
	return list
}

// loadedBy says in one sentence what was loaded, in which version, and when.
func loadedBy(g *group) string {
	run := &g.record.Run
	var servers []string
	for _, kind := range []struct {
		name    string
		origins []string
	}{{"token endpoint", run.Targets.TokenEndpoints}, {"API", run.Targets.APIs}} {
		if n := len(kind.origins); n > maxOrigins {
			servers = append(servers, fmt.Sprintf("%s at %d servers", kind.name, n))
		} else if n > 0 {
			servers = append(servers, kind.name+" "+strings.Join(kind.origins, ", "))
		}
	}
	text := moment(run.Start)
	if len(servers) > 0 {
		text = strings.Join(servers, "; ") + "; " + text
	}
	switch versions := versionsOf(g.runs); {
	case g.record.Paired():
		for _, side := range []runrecord.Side{runrecord.Head, runrecord.Base} {
			if commit := run.Commits[side]; commit != "" {
				text = string(side) + " " + commit[:min(len(commit), 12)] + "; " + text
			}
		}
	case versions != "":
		text = "version " + versions + "; " + text
	}
	return text
}

// The head of the page names so many versions and servers. More are counted, and are in its tables.
const maxVersions, maxOrigins = 3, 3

// versionsOf are the versions of the runs, in the order of time; "" if they have none.
func versionsOf(runs []*runrecord.Record) string {
	var list []string
	for _, r := range runs {
		if version := versionOf(&r.Run); version != none {
			list = either(list, []string{version})
		}
	}
	if n := len(list); n > maxVersions {
		return fmt.Sprintf("%s to %s (%d versions)", list[0], list[n-1], n)
	}
	return strings.Join(list, ", ")
}
