package authserver

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// maxCutoffs bounds the orders to revoke that every token is compared with.
const maxCutoffs = 256

var errManyCutoffs = errors.New("256 orders to revoke shares of the tokens are in force: revoke all tokens of these clients first")

// cutoffs revoke tokens that the server does not know one by one, since it
// keeps none: all that were issued up to then, those of a client, or a share.
type cutoffs struct {
	ids  *tokenIDs
	list atomic.Pointer[[]cutoff] // nil when there are none

	changing sync.Mutex // held to replace the list
	orders   uint64
}

// cutoff covers the tokens with a number up to last.
type cutoff struct {
	last   uint64
	client *client // nil for all
	share  float64
	salt   uint64 // each order draws its own tokens
}

func newCutoffs(ids *tokenIDs) *cutoffs { return &cutoffs{ids: ids} }

// add revokes a share of the tokens that there are, of a client or, where c is
// nil, of all. Orders that it makes needless are dropped.
func (c *cutoffs) add(of *client, share float64) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	var list []cutoff
	if old := c.list.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if share >= 1 {
		list = slices.DeleteFunc(list, func(o cutoff) bool { return of == nil || o.client == of })
	}
	if len(list) >= maxCutoffs {
		return errManyCutoffs
	}
	c.orders++
	list = append(list, cutoff{c.ids.count.Load(), of, share, c.orders << 32})
	c.list.Store(&list)
	return nil
}

// cover reports whether a token is revoked.
func (c *cutoffs) cover(g *grant) bool {
	list := c.list.Load()
	if list == nil {
		return false
	}
	number := g.id.number()
	for _, o := range *list {
		if number <= o.last && (o.client == nil || o.client == g.client) && lot(number^o.salt) < o.share {
			return true
		}
	}
	return false
}

// number counts the tokens of this process.
func (id tokenID) number() uint64 { return binary.BigEndian.Uint64(id[4:]) }

// lot spreads n over [0, 1), by the finalizer of SplitMix64: the same token
// always draws the same.
func lot(n uint64) float64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return float64((n^n>>31)>>11) / (math.MaxUint64>>11 + 1)
}
