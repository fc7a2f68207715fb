package recorder

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runrecord/compare"
)

// settleTime is how long after the end of a slice its last samples may come.
const settleTime = 3 * time.Second

// arbiter compares the sides of a run with two of them while it goes on, and ends it as soon as the rules are decided.
type arbiter struct {
	trial  *compare.Trial
	looked int64 // the second of the last look
	stop   func(error)
}

func newArbiter(file string) (*arbiter, error) {
	const maxRules = 1 << 20
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rulesVariable, err)
	}
	if info.Size() > maxRules {
		return nil, fmt.Errorf("%s: %s has more than 1 MiB; name a file of rules", rulesVariable, file)
	}
	data, err := os.ReadFile(file) // #nosec G304 -- the user names the file
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rulesVariable, err)
	}
	rules, err := compare.ReadRules(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", rulesVariable, file, err)
	}
	return &arbiter{trial: compare.NewTrial(rules)}, nil
}

// decides looks once per second, and reports true once.
func (a *arbiter) decides(b *runrecord.Builder, now time.Time) bool {
	before := now.Add(-settleTime).Unix()
	if before <= a.looked || a.stop == nil {
		return false
	}
	a.looked = before
	return a.trial.Look(b.Sides(), b.Interval(), before)
}

// end ends the test, without an error: k6's own exit code is the same as if the test had run to its end.
func (a *arbiter) end() {
	stop := a.stop
	a.stop = nil
	stop(nil)
}

// SetTestRunStopCallback implements output.WithTestRunStop.
func (r *recorder) SetTestRunStopCallback(stop func(error)) {
	if r.arbiter != nil {
		r.arbiter.stop = stop
	}
}
