package exporter

import (
	"bytes"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/outfile"
)

// checkTextfile looks, before the test, whether the file can be written after it.
func checkTextfile(name string) error {
	if name == "" {
		return nil
	}
	return textfileError(outfile.Check(name))
}

// writeTextfile writes all metrics to a file in the text format.
func writeTextfile(name string, gatherer prometheus.Gatherer) error {
	text, err := textOfMetrics(gatherer)
	if err == nil {
		err = outfile.Write(name, text, 0o644)
	}
	return textfileError(err)
}

func textfileError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("option \"textfile\": %w", err)
}

func textOfMetrics(gatherer prometheus.Gatherer) ([]byte, error) {
	families, err := gatherer.Gather()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	encoder := expfmt.NewEncoder(&text, expfmt.NewFormat(expfmt.TypeTextPlain))
	for _, family := range families {
		if err := encoder.Encode(family); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}
