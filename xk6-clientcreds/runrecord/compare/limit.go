package compare

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Limit is how far a statistic may move, and in which direction.
type Limit struct {
	// Amount is the most that it may change: up when positive, down when negative, and of a Zero
	// limit not at all. It is a share of the base where Relative, and otherwise in the unit of the
	// statistic; a percentage point is 0.01 of a share.
	Amount   float64
	Relative bool
	// Unit is the unit that the limit was written with. Plain goes with every statistic.
	Unit Unit
	// Down is the direction that is bad: a throughput must not fall.
	Down bool
}

func parseLimit(text string) (Limit, error) {
	l, ok := limitOf(text)
	switch {
	case !ok:
		return Limit{}, fmt.Errorf("%q is not a limit; %s", text, writeLimit)
	case l.Relative && l.Amount < -1:
		return Limit{}, fmt.Errorf("%q is not a limit: nothing falls by more than 100%%; write -100%% or less", text)
	}
	return l, nil
}

func limitOf(text string) (l Limit, ok bool) {
	if text == "" || (text[0] != '+' && text[0] != '-') {
		return Limit{}, false
	}
	amount := text[1:]
	for _, form := range []struct {
		suffix string
		limit  Limit
		scale  float64
	}{
		{"%", Limit{Relative: true}, 100},
		{"pp", Limit{Unit: Share}, 100},
		{"/s", Limit{Unit: PerSecond}, 1},
		{"B", Limit{Unit: Bytes}, 1},
		{"", Limit{}, 1},
	} {
		number, found := strings.CutSuffix(amount, form.suffix)
		if found && numberForm.MatchString(number) {
			l = form.limit
			parsed, err := strconv.ParseFloat(number, 64)
			l.Amount, ok = parsed/form.scale, err == nil // too large a number is an error
			break
		}
	}
	if !ok {
		d, err := time.ParseDuration(amount)
		if err != nil || d < 0 {
			return Limit{}, false
		}
		l = Limit{Unit: Milliseconds, Amount: float64(d) / float64(time.Millisecond)}
	}
	if text[0] == '-' {
		l.Down, l.Amount = true, -l.Amount
	}
	return l, true
}

// Zero says that nothing may get worse at all.
func (l Limit) Zero() bool { return l.Amount == 0 }

// exceeded reports whether a change from base to head is beyond the limit.
func (l Limit) exceeded(base, head float64) bool {
	change := head - base
	limit := l.Amount
	if l.Relative {
		limit *= math.Abs(base)
	}
	if l.Down {
		return change < limit
	}
	return change > limit
}

// check says why the limit does not go with a statistic of that unit.
func (l Limit) check(unit Unit) error {
	switch {
	case l.Relative:
		return nil
	case l.Unit != Plain && l.Unit != unit:
		return fmt.Errorf("the limit %s does not fit, because the statistic is %s; write %s, or %s of the base",
			l, unit.words(), l.sign()+unit.example(), l.sign()+"10%")
	case unit == Share && math.Abs(l.Amount) > 1:
		return fmt.Errorf("the limit %s can never be exceeded, because the statistic is %s, from 0 to 1; write %s, or %s "+
			"of the base",
			l, unit.words(), l.sign()+unit.example(), l.sign()+"10%")
	}
	return nil
}

func (l Limit) sign() string {
	if l.Down {
		return "-"
	}
	return "+"
}

// String is the limit as a rule writes it, times in milliseconds.
func (l Limit) String() string {
	amount := math.Abs(l.Amount)
	switch {
	case l.Relative:
		return l.sign() + number(amount*100) + "%"
	case l.Unit == Share:
		return l.sign() + number(amount*100) + "pp"
	default:
		return l.sign() + number(amount) + string(l.Unit)
	}
}

// number writes an amount without the rounding of floating point, and without an exponent.
func number(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 10, 64), 64)
	if err != nil {
		rounded = v // it was a number just now
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}
