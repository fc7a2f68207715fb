package jsmodule

import (
	"regexp"

	"github.com/sirupsen/logrus"
)

var (
	// uncaughtToken finds what k6 logs of an iteration that ended with a TokenError, with the code and the status.
	uncaughtToken = regexp.MustCompile(`^(?:Uncaught \(in promise\) )?(TokenError: \w+(?: \(HTTP \d+\))?)`)
	// uncaughtWhere finds where the token was requested.
	uncaughtWhere = regexp.MustCompile(`\(client "(?:[^"\\]|\\.)*"( at (?:issuer )?[^\s)]+)\)`)
)

// logKind returns the kind that the log limits: the TokenErrors that iterations end with. Scripts log what they want.
func logKind(e *logrus.Entry) string {
	if _, ofExecutor := e.Data["executor"]; !ofExecutor {
		return ""
	}
	m := uncaughtToken.FindStringSubmatch(e.Message)
	if m == nil {
		return ""
	}
	if where := uncaughtWhere.FindStringSubmatch(e.Message); where != nil {
		return m[1] + where[1]
	}
	return m[1]
}
