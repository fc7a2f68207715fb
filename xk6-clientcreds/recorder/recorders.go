package recorder

import (
	"time"

	"go.k6.io/k6/v2/output"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/verdict"
)

// Recorders makes the outputs of a process.
type Recorders struct {
	// Run is the run that they record.
	Run *verdict.Run
	// Clients returns the script's clients. It may be nil.
	Clients func() []runinfo.Client
	// Targets are the servers that they sent requests to. It may be nil.
	Targets func() runinfo.Targets
}

// New is a constructor of the output, as output.RegisterExtension takes it.
func (rs *Recorders) New(params output.Params) (output.Output, error) {
	r, err := configure(params, rs.Run, time.Now)
	if err != nil {
		return nil, invalidConfig(err)
	}
	r.clients, r.targets = rs.clients, rs.targets
	return r, nil
}

func (rs *Recorders) clients() []runinfo.Client {
	if rs.Clients == nil {
		return nil
	}
	return rs.Clients()
}

func (rs *Recorders) targets() runinfo.Targets {
	if rs.Targets == nil {
		return runinfo.Targets{}
	}
	return rs.Targets()
}
