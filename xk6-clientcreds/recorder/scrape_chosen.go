package recorder

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
)

// maxChosen bounds the metrics of a server that patterns choose.
const maxChosen = 40

// choice holds the metrics that patterns have chosen so far.
type choice struct {
	names    map[string]bool
	matched  map[string]bool // patterns
	exceeded bool
}

// takeChosen observes the metrics that the user asks for.
func (s *scraper) takeChosen(e exposition, at time.Time) {
	if len(s.target.globs) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(e.families)) {
		for _, c := range choices(e.families[name]) {
			if !s.chooses(c.name) {
				continue
			}
			value, found := 0.0, false
			if c.each == nil {
				value, found = s.value("chosen "+c.name, c.source, e, at)
			} else if total, ok := c.source.read(e); ok {
				samples, _ := c.each(e)
				value, found = s.average("chosen "+c.name, reading{total, samples, at}), true
			}
			if found {
				s.record(recordedName(c.name), c.contains, value, at)
			}
		}
	}
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9_:]`)

// recordedName is the name of a metric in the record. A rule of a comparison can name it.
func recordedName(metric string) string { return notInNames.ReplaceAllString(metric, "_") }

// chooses reports whether the user asks for a metric.
func (s *scraper) chooses(name string) bool {
	if s.choice.names == nil {
		s.choice.names, s.choice.matched = make(map[string]bool), make(map[string]bool)
	}
	matches := false
	for _, glob := range s.target.globs {
		if ok, _ := path.Match(glob, name); ok { // addGlob has seen to the error
			matches, s.choice.matched[glob] = true, true
		}
	}
	_, taken := runrecord.KnownServerMetric(runrecord.ServerMetricName(s.target.name, recordedName(name)))
	if !matches || taken {
		return false
	}
	if !s.choice.names[name] && len(s.choice.names) == maxChosen {
		if !s.choice.exceeded {
			s.log.Warnf("the patterns of scrapeMetrics match more than %d metrics of the server %q; the others are not recorded",
				maxChosen, s.target.name)
		}
		s.choice.exceeded = true
		return false
	}
	s.choice.names[name] = true
	return true
}

// reportUnmatched names the patterns that match no metric of the servers that could be read.
func (s *scrapers) reportUnmatched() {
	read := slices.DeleteFunc(slices.Clone(s.all), func(one *scraper) bool { return one.scrapes == 0 })
	if len(read) == 0 {
		return
	}
	for _, glob := range read[0].target.globs {
		if !slices.ContainsFunc(read, func(one *scraper) bool { return one.choice.matched[glob] }) {
			read[0].log.Warnf("the pattern %q of scrapeMetrics matches no metric of the servers that were read; correct it, "+
				"or delete it", glob)
		}
	}
}
