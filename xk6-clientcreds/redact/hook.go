package redact

import (
	"errors"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"
)

// Install makes r see every entry of logger before any other hook does: hooks run in the order
// in which they were added, and the ones that write files or ship lines elsewhere were added
// before a script could be loaded.
func (r *Redactor) Install(logger *logrus.Logger) {
	others := logger.ReplaceHooks(make(logrus.LevelHooks))
	hooks := make(logrus.LevelHooks)
	hooks.Add(&hook{r})
	for level, list := range others {
		hooks[level] = append(hooks[level], list...)
	}
	logger.ReplaceHooks(hooks)
}

type hook struct{ r *Redactor }

func (*hook) Levels() []logrus.Level { return logrus.AllLevels }

// Fire changes the entry in place: logrus hands each hook a copy of its own.
func (h *hook) Fire(e *logrus.Entry) error {
	e.Message = h.r.String(e.Message)
	for k, v := range e.Data {
		switch v := v.(type) {
		case string:
			e.Data[k] = h.r.String(v)
		case error:
			if text := v.Error(); h.r.String(text) != text {
				e.Data[k] = errors.New(h.r.String(text))
			}
		case nil, bool, int, int64, uint64, float64, time.Time, time.Duration: // nothing to hide
		default:
			if text := fmt.Sprint(v); h.r.String(text) != text {
				e.Data[k] = h.r.String(text)
			}
		}
	}
	return nil
}
