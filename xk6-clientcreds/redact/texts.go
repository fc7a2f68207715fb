package redact

import (
	"hash/maphash"
	"slices"
)

// texts are texts that are looked for in another one, all of them in one pass: its cost does not
// grow with their number. A text is a candidate wherever its last four bytes are, and is compared
// by its hash.
type texts struct {
	alone   int // shorter texts are found only where they stand alone
	ends    map[uint32]struct{}
	lengths []int // of the texts, ascending, each once
	hashes  map[uint64]struct{}
}

func newTexts(alone int) *texts {
	return &texts{alone: alone, ends: make(map[uint32]struct{}), hashes: make(map[uint64]struct{})}
}

func (t *texts) size() int { return len(t.hashes) }

// add takes a text of minLength bytes or more.
func (t *texts) add(seed maphash.Seed, text string) {
	t.hashes[maphash.String(seed, text)] = struct{}{}
	var end uint32
	for i := len(text) - minLength; i < len(text); i++ {
		end = end<<8 | uint32(text[i])
	}
	t.ends[end] = struct{}{}
	if i, known := slices.BinarySearch(t.lengths, len(text)); !known {
		t.lengths = slices.Insert(t.lengths, i, len(text))
	}
}

// find appends to found where texts are in s.
func (t *texts) find(seed maphash.Seed, s string, found []span) []span {
	if len(t.hashes) == 0 {
		return found
	}
	var end uint32
	for i := range len(s) {
		end = end<<8 | uint32(s[i])
		if _, candidate := t.ends[end]; !candidate || i < minLength-1 {
			continue
		}
		for _, n := range t.lengths {
			at := span{i + 1 - n, i + 1}
			if at.from < 0 {
				break
			}
			if _, known := t.hashes[maphash.String(seed, s[at.from:at.to])]; known && (n >= t.alone || isAlone(s, at)) {
				found = append(found, at)
			}
		}
	}
	return found
}

// isAlone reports whether a part of s is not part of a longer word.
func isAlone(s string, at span) bool {
	return (at.from == 0 || !isWord(rune(s[at.from-1]))) && (at.to == len(s) || !isWord(rune(s[at.to])))
}

func isWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}
