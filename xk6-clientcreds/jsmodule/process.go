package jsmodule

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientpool"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/loglimit"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/oauth"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/redact"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/runinfo"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/tokencache"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/transport"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/verdict"
)

// k6's event types are internal; the constants stand for their numbers.
const (
	eventTestEnd = 3
	eventExit    = 6
)

// drainGrace is how long token requests still in flight may go on after the last iteration. A
// request that was sent is counted by the server, so it had better be counted here as well.
const drainGrace = 5 * time.Second

// process holds what the VUs of one k6 process share.
type process struct {
	instances   atomic.Uint64
	run         *verdict.Run
	health      health
	counts      processCounts
	redactor    *redact.Redactor
	repeated    *loglimit.Limiter
	hosts       transport.Hosts // that requests may go to
	metadata    documentCache[oauth.Metadata]
	secrets     secretReader
	keySets     documentCache[oauth.KeySet]
	successions successions

	tokenEndpoints, apis runinfo.Origins // that requests were sent to

	once     sync.Once
	startErr error
	metrics  *moduleMetrics
	logger   logrus.FieldLogger
	cache    *tokencache.Cache

	mu      sync.Mutex
	sources map[string]*tokenSource // by options.key
	pools   map[string]*sharedPool  // by poolOptions.key
	files   clientpool.Files        // of pools
	clients map[*client]struct{}    // to be ended with the test
	ended   bool
	warned  map[warning]bool
}

func newProcess() *process {
	p := &process{
		run:      verdict.New(),
		redactor: redact.New(),
		repeated: loglimit.New(logKind),
		sources:  make(map[string]*tokenSource),
		pools:    make(map[string]*sharedPool),
		clients:  make(map[*client]struct{}),
		warned:   make(map[warning]bool),
	}
	p.run.Redact = p.redactor.String
	p.run.FailedIterations = p.counts.iterations.count.Load
	return p
}

// start prepares the process when its first VU imports the module.
func (p *process) start(vu modules.VU) error {
	p.once.Do(func() {
		env := vu.InitEnv()
		if env == nil {
			p.startErr = errors.New("the module must be imported in the init context")
			return
		}
		p.logger = env.Logger
		p.secrets = secretReader{lookupEnv: env.LookupEnv, secrets: env.SecretsManager}
		if p.secrets.lookupEnv == nil {
			p.secrets.lookupEnv = os.LookupEnv
		}
		if p.hosts, p.startErr = transport.AllowedHosts(p.variable(env)); p.startErr != nil {
			return
		}
		if logger, ok := env.Logger.(*logrus.Logger); ok {
			p.redactor.Install(logger)
			p.repeated.Install(logger) // what is dropped need not be redacted
			logger.AddHook(&p.counts.iterations)
		}
		if p.metrics, p.startErr = registerMetrics(env.Registry); p.startErr != nil {
			return
		}
		if p.startErr = p.run.Import(env.TestPreInitState); p.startErr != nil {
			return
		}
		p.cache = tokencache.New(tokencache.Options{Warn: func(msg string) { p.logger.Warn(msg) }})
		p.awaitEnd(vu.Events())
	})
	return p.startErr
}

// variable looks a variable up where a script's variables are, which -e sets, or else in the environment.
func (p *process) variable(env *common.InitEnvironment) func(name string) (string, bool) {
	return func(name string) (string, bool) {
		if value, given := env.RuntimeOptions.Env[name]; given {
			return value, true
		}
		return p.secrets.lookupEnv(name)
	}
}

// awaitEnd subscribes, once per process, to the end of the test. k6 waits for the handler and
// closes the samples channel only afterwards.
func (p *process) awaitEnd(events common.Events) {
	if events.Global == nil {
		return
	}
	id, ch := events.Global.Subscribe(eventTestEnd, eventExit)
	go func() {
		for event := range ch {
			p.end()
			isExit := event.Type == eventExit
			event.Done()
			if isExit {
				events.Global.Unsubscribe(id)
				return
			}
		}
	}()
}

// end finishes what iterations left behind: flights, counters not yet sent, and the watch on the process.
func (p *process) end() {
	p.health.end()
	grace := drainGrace
	if p.run.Interrupted() {
		grace = 0 // nobody waits any longer; what was sent is counted as canceled
	}
	p.cache.Close(grace)
	p.mu.Lock()
	clients := p.clients
	p.clients, p.ended = nil, true
	p.mu.Unlock()
	p.successions.end()
	p.repeated.End()
	for c := range clients {
		c.usage.flush()
		c.certified.close()
	}
}

// sourceFor returns the one token source of a configuration.
func (p *process) sourceFor(o *options) (*tokenSource, error) {
	key := o.key()
	p.mu.Lock()
	defer p.mu.Unlock()
	if known := p.sources[key]; known != nil {
		return known, nil
	}
	source, err := newTokenSource(p, key, o)
	if err != nil {
		return nil, err
	}
	p.sources[key] = source
	return source, nil
}

// flushAtEnd has the counters of c sent when the test ends. After that, in handleSummary, nobody
// takes samples any more, and the channel for them may be closed at any time.
func (p *process) flushAtEnd(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		p.clients[c] = struct{}{}
	}
}

// flushed is the opposite of flushAtEnd.
func (p *process) flushed(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.clients, c)
}

// warning is one kind of warning about one configuration or pool.
type warning struct {
	kind  string
	about any
}

// warnOnce logs the first warning of its kind about a configuration. What others say, such as a
// server's own words, makes no difference: they may be new each time.
func (p *process) warnOnce(w warning, msg string) {
	p.mu.Lock()
	known := p.warned[w]
	p.warned[w] = true
	p.mu.Unlock()
	if !known {
		p.logger.Warn(msg)
	}
}
