package clientpool

import (
	"fmt"
	"hash/maphash"
	"time"
)

// Doubts collects what is suspicious in a list of clients whose options are right.
type Doubts struct {
	seed maphash.Seed
	ids  map[uint64]int // hash to the first client with that identifier

	again        int // how many clients have an identifier that was there before
	first, twice int // the first two with the same one
	expired      int // how many clients have a secret that has expired
	firstExpired int
}

// Add looks at client i.
func (d *Doubts) Add(i int, seen Glance) {
	if d.ids == nil {
		d.seed, d.ids = maphash.MakeSeed(), make(map[uint64]int)
	}
	if seen.ID != "" {
		id := maphash.String(d.seed, seen.ID)
		if first, known := d.ids[id]; !known {
			d.ids[id] = i
		} else {
			if d.again == 0 {
				d.first, d.twice = first, i
			}
			d.again++
		}
	}
	if seen.Expires > 0 && seen.Expires <= float64(time.Now().Unix()) {
		if d.expired == 0 {
			d.firstExpired = i
		}
		d.expired++
	}
}

// Warnings returns what the list is suspected of.
func (d *Doubts) Warnings(list List) (warnings []string) {
	if d.again > 0 {
		warnings = append(warnings,
			fmt.Sprintf("%d of %d clients have the clientId of another one, first %s and %s; a server takes them for one client",
				d.again, list.Size(), list.Position(d.first, ""), list.Position(d.twice, "")))
	}
	if d.expired > 0 {
		warnings = append(warnings,
			fmt.Sprintf("the secrets of %d of %d clients have expired by their client_secret_expires_at, first %s; register "+
				"them again, or have them renewed",
				d.expired, list.Size(), list.Position(d.firstExpired, "")))
	}
	return warnings
}
