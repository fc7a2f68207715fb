package loglimit

import (
	"context"

	"github.com/sirupsen/logrus"
)

// Install has l decide which entries of logger are written, and seen by the hooks that the logger has.
func (l *Limiter) Install(logger *logrus.Logger) {
	l.log = func(level logrus.Level, text string) { logger.Log(level, text) }
	others := logger.ReplaceHooks(make(logrus.LevelHooks))
	hooks := make(logrus.LevelHooks)
	hooks.Add(&gate{l})
	for level, list := range others {
		for _, h := range list {
			hooks[level] = append(hooks[level], &passed{h})
		}
	}
	logger.ReplaceHooks(hooks)
	logger.SetFormatter(&formatter{logger.Formatter})
}

// dropped marks the context of an entry that is not to be logged. All hooks and the formatter get the same entry.
type dropped struct{}

func isDropped(e *logrus.Entry) bool { return e.Context != nil && e.Context.Value(dropped{}) != nil }

// gate is the first hook. logrus asks no hook whether to log.
type gate struct{ l *Limiter }

func (*gate) Levels() []logrus.Level { return logrus.AllLevels }

func (g *gate) Fire(e *logrus.Entry) error {
	if g.l.admits(e) {
		return nil
	}
	ctx := e.Context
	if ctx == nil {
		ctx = context.Background()
	}
	e.Context = context.WithValue(ctx, dropped{}, true)
	return nil
}

// passed is a hook that does not see what is dropped.
type passed struct{ logrus.Hook }

func (p *passed) Fire(e *logrus.Entry) error {
	if isDropped(e) {
		return nil
	}
	return p.Hook.Fire(e)
}

// formatter writes nothing of what is dropped.
type formatter struct{ logrus.Formatter }

func (f *formatter) Format(e *logrus.Entry) ([]byte, error) {
	if isDropped(e) {
		return nil, nil
	}
	return f.Formatter.Format(e)
}
