package jsmodule

import (
	"fmt"
	"hash/maphash"
	"time"
)

// doubts are what speaks against a list of clients whose options are right.
type doubts struct {
	seed maphash.Seed
	ids  map[uint64]int // hash to the first client with that identifier

	again        int // how many clients have an identifier that was there before
	first, twice int // the first two with the same one
	expired      int // how many clients have a secret that has expired
	firstExpired int
}

func (d *doubts) add(i int, seen glance) {
	if d.ids == nil {
		d.seed, d.ids = maphash.MakeSeed(), make(map[uint64]int)
	}
	if seen.id != "" {
		id := maphash.String(d.seed, seen.id)
		if first, known := d.ids[id]; !known {
			d.ids[id] = i
		} else {
			if d.again == 0 {
				d.first, d.twice = first, i
			}
			d.again++
		}
	}
	if seen.expires > 0 && seen.expires <= float64(time.Now().Unix()) {
		if d.expired == 0 {
			d.firstExpired = i
		}
		d.expired++
	}
}

// warn says what the list is suspected of, once for a pool.
func (d *doubts) warn(p *pool) {
	logger := p.m.process.logger
	if d.again > 0 {
		logger.Warn(fmt.Sprintf("Pool %q: %d of %d clients have the clientId of another one, first %s and %s; a server takes them for one client",
			p.opts.Name, d.again, p.list.size(), p.list.position(d.first, ""), p.list.position(d.twice, "")))
	}
	if d.expired > 0 {
		logger.Warn(fmt.Sprintf("Pool %q: the secrets of %d of %d clients have expired by their client_secret_expires_at, first %s; register them again, or have them renewed",
			p.opts.Name, d.expired, p.list.size(), p.list.position(d.firstExpired, "")))
	}
}
