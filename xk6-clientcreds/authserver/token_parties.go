package authserver

import "encoding/binary"

// appendParties appends whom a token is about and who acts for them: the number
// of clients, and each by its index. It is 0 for a token of the client itself.
func appendParties(dst []byte, g *tokenClaims) []byte {
	if g.subject == nil && len(g.actors) == 0 {
		return append(dst, 0)
	}
	dst = append(dst, byte(1+len(g.actors)))                 // #nosec G115 -- there are maxActors at most
	dst = binary.AppendUvarint(dst, uint64(g.about().index)) // #nosec G115 -- an index is not negative
	for _, a := range g.actors {
		dst = binary.AppendUvarint(dst, uint64(a.index)) // #nosec G115 -- an index is not negative
	}
	return dst
}

// readParties reads what appendParties wrote and returns what follows it.
func (o *opaqueFormat) readParties(b []byte, g *tokenClaims) ([]byte, bool) {
	if len(b) == 0 {
		return nil, false
	}
	count := b[0]
	b = b[1:]
	for i := range count {
		index, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, false
		}
		b = b[n:]
		party := o.clients.at(index)
		if party == nil {
			return nil, false // it registered, and was deleted
		}
		if i == 0 {
			g.subject = party
		} else {
			g.actors = append(g.actors, party)
		}
	}
	return b, true
}
