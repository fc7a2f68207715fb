package authserver

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// maxBulkRevocations bounds the revocations that every token is compared with.
const maxBulkRevocations = 256

var errManyBulkRevocations = errors.New("too many partial revocations (256); revoke all tokens of these clients first")

// bulkRevocations revoke tokens that the server does not know one by one, because it
// keeps none: all tokens issued so far, the tokens of a client, or a share of them.
type bulkRevocations struct {
	ids  *tokenIDs
	list atomic.Pointer[[]bulkRevocation] // nil when there are none

	changing sync.Mutex // held to replace the list
	commands uint64
}

// bulkRevocation covers the tokens with a number up to last.
type bulkRevocation struct {
	last   uint64
	client *client // nil for all
	share  float64
	salt   uint64 // each command draws its own tokens
}

func newBulkRevocations(ids *tokenIDs) *bulkRevocations { return &bulkRevocations{ids: ids} }

// add revokes a share of the tokens that there are, of a client or, where c is
// nil, of all. Revocations that it makes needless are dropped.
func (c *bulkRevocations) add(of *client, share float64) error {
	c.changing.Lock()
	defer c.changing.Unlock()
	var list []bulkRevocation
	if old := c.list.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if share >= 1 {
		list = slices.DeleteFunc(list, func(o bulkRevocation) bool { return of == nil || o.client == of })
	}
	if len(list) >= maxBulkRevocations {
		return errManyBulkRevocations
	}
	c.commands++
	list = append(list, bulkRevocation{c.ids.count.Load(), of, share, c.commands << 32})
	c.list.Store(&list)
	return nil
}

// cover reports whether a token is revoked.
func (c *bulkRevocations) cover(g *tokenClaims) bool {
	list := c.list.Load()
	if list == nil {
		return false
	}
	number := g.id.number()
	for _, o := range *list {
		if number <= o.last && (o.client == nil || o.client == g.client) && hash01(number^o.salt) < o.share {
			return true
		}
	}
	return false
}

// number counts the tokens of this process.
func (id tokenID) number() uint64 { return binary.BigEndian.Uint64(id[4:]) }

// hash01 spreads n over [0, 1) by the finalizer of SplitMix64: the same token always
// gets the same number.
func hash01(n uint64) float64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return float64((n^n>>31)>>11) / (math.MaxUint64>>11 + 1)
}
