package exporter

import (
	"fmt"
	"strings"

	"go.k6.io/k6/v2/metrics"
)

// Help are the HELP texts of metrics by their k6 names. Whoever registers the output passes those
// of the metrics it knows, so that this package need not know where they come from.
type Help map[string]string

// of returns the texts of the families of m, in the order of its suffixes.
func (h Help) of(m *metrics.Metric) []string {
	text := h[m.Name]
	if text == "" {
		text = builtinHelp[m.Name]
	}
	if text == "" {
		text = fmt.Sprintf("Custom k6 metric of type %s.", m.Type)
	}
	if m.Type != metrics.Rate {
		return []string{text}
	}
	text = strings.TrimSuffix(text, ".")
	return []string{
		text + ": share of non-zero samples since the start of the test.",
		text + ": number of samples.",
		text + ": number of non-zero samples.",
	}
}

// builtinHelp are the texts of k6's own metrics.
var builtinHelp = Help{
	metrics.VUsName:               "Virtual users that are active.",
	metrics.VUsMaxName:            "Virtual users that are initialized.",
	metrics.IterationsName:        "Iterations completed.",
	metrics.IterationDurationName: "Time of one iteration.",
	metrics.DroppedIterationsName: "Iterations that were not started, for lack of virtual users or time.",
	metrics.ChecksName:            "Checks that passed.",
	metrics.GroupDurationName:     "Time of one group.",

	metrics.HTTPReqsName:              "HTTP requests sent.",
	metrics.HTTPReqFailedName:         "HTTP requests that failed.",
	metrics.HTTPReqDurationName:       "Time of one HTTP request: sending, waiting and receiving.",
	metrics.HTTPReqBlockedName:        "Time an HTTP request waited for a connection.",
	metrics.HTTPReqConnectingName:     "TCP connection time of an HTTP request.",
	metrics.HTTPReqTLSHandshakingName: "TLS handshake time of an HTTP request.",
	metrics.HTTPReqSendingName:        "Time spent sending an HTTP request.",
	metrics.HTTPReqWaitingName:        "Time from an HTTP request to the first byte of its response.",
	metrics.HTTPReqReceivingName:      "Time spent receiving an HTTP response.",

	metrics.WSSessionsName:         "WebSocket sessions started.",
	metrics.WSMessagesSentName:     "WebSocket messages sent.",
	metrics.WSMessagesReceivedName: "WebSocket messages received.",
	metrics.WSPingName:             "Time from a WebSocket ping to its pong.",
	metrics.WSSessionDurationName:  "Time of one WebSocket session.",
	metrics.WSConnectingName:       "WebSocket connection time.",
	metrics.GRPCReqDurationName:    "Time of one gRPC request.",

	metrics.DataSentName:     "Bytes sent.",
	metrics.DataReceivedName: "Bytes received.",
}
