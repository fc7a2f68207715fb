package authserver

import (
	"crypto/sha256"
	"sync"
	"time"
)

// maxReplays bounds the assertions that were used and have not yet expired, at about 100 bytes each.
const maxReplays = 1 << 20

// replays remembers the assertions that were used until they expire, RFC 7523
// §3, item 7. Two generations make forgetting cheap: no request pays for a
// sweep, and what is in the old one has expired when it is dropped.
type replays struct {
	limit int

	mu         sync.Mutex
	young, old map[replayKey]struct{}
	turn       time.Time // when young becomes old: the latest exp of old has passed
	latest     time.Time // the latest exp in young
}

// replayKey stands for a client and its jti.
type replayKey [16]byte

func newReplays(limit int) *replays {
	return &replays{limit: limit, young: make(map[replayKey]struct{})}
}

// add remembers an assertion. It fails where it was used before.
func (r *replays) add(clientID, jti string, expires, now time.Time) *oauthError {
	sum := sha256.Sum256([]byte(clientID + "\x00" + jti))
	key := replayKey(sum[:16])
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.turn) {
		r.old, r.young = r.young, make(map[replayKey]struct{})
		r.turn, r.latest = r.latest, time.Time{}
		if !now.Before(r.turn) { // long ago: the new old one has expired as well
			r.old, r.turn = nil, expires
		}
	}
	if _, used := r.young[key]; used {
		return errAssertionReplayed
	}
	if _, used := r.old[key]; used {
		return errAssertionReplayed
	}
	if len(r.young)+len(r.old) >= r.limit {
		return errReplaysFull
	}
	r.young[key] = struct{}{}
	if expires.After(r.latest) {
		r.latest = expires
	}
	return nil
}
