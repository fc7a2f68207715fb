package jsmodule

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/grafana/sobek"
)

// poolOptions are the options of one ClientPool that are not those of its clients.
type poolOptions struct {
	File       string // "" where the clients are in an array
	Assignment string
	Exponent   float64 // of zipf
	Hot        int     // of hot: how many clients
	Share      float64 // of hot: of the calls
	Seed       int
	Keep       int
	Name       string
	TagClients bool

	array  *sobek.Object // nil where the clients are in a file
	seeded bool
}

// maxSeed is the largest number up to which JavaScript has every whole one.
const maxSeed = 1<<53 - 1

func poolDefaults() poolOptions {
	return poolOptions{Assignment: assignVU, Exponent: 1, Hot: 1, Share: 0.9, Keep: 1000, Name: "pool"}
}

// parsePoolOptions reads the argument of `new ClientPool(…)`, and returns beside the options of the
// pool an object with those that are for all its clients.
func parsePoolOptions(rt *sobek.Runtime, v sobek.Value) (*poolOptions, *sobek.Object, error) {
	if !isPlainObject(v) {
		return nil, nil, errors.New("new ClientPool(options) needs an object with at least clients, and tokenUrl or issuer")
	}
	r, err := newReader(rt, "", v)
	if err != nil {
		return nil, nil, err
	}
	o := poolDefaults()
	o.read(r)
	own := slices.Clone(r.known)
	forAll := defaults()
	forAll.read(r)
	if err := r.finish(); err != nil {
		return nil, nil, err
	}
	o.seeded = r.given("seed")
	common := rt.NewObject()
	for _, name := range r.obj.Keys() {
		if !slices.Contains(own, name) {
			setOwn(common, name, r.obj.Get(name))
		}
	}
	return &o, common, o.check(r)
}

// read takes from r what is given. It names every option of a pool.
func (o *poolOptions) read(r *reader) {
	r.clients("clients", o)
	r.oneOf("assignment", &o.Assignment, assignVU, assignRoundRobin, assignRandom, assignZipf, assignHot)
	r.number("exponent", &o.Exponent, 10)
	r.count("hot", &o.Hot, 1, maxSeed)
	r.number("share", &o.Share, 1)
	r.count("seed", &o.Seed, 0, maxSeed)
	r.count("keep", &o.Keep, 1, 1_000_000)
	r.text("name", &o.Name)
	r.boolean("tagClients", &o.TagClients)
}

// clients takes an array of objects, a SharedArray of them, or an object with a file.
func (r *reader) clients(name string, to *poolOptions) {
	v := r.get(name)
	if v == nil {
		return
	}
	if obj, ok := v.(*sobek.Object); ok && obj.ClassName() == "Array" {
		to.array = obj
		return
	}
	if !isPlainObject(v) {
		r.fail(name, "is %s; it must be an array or a SharedArray of objects, or an object with file", describe(v))
		return
	}
	r.nested(name, v, func(c *reader) { c.text("file", &to.File) })
	if r.firstE == nil && to.File == "" {
		r.fail(name, "must have file, the path of a CSV or JSON file with the clients")
	}
}

// check finds options that are missing or contradict each other.
func (o *poolOptions) check(r *reader) error {
	switch {
	case o.array == nil && o.File == "":
		return optionError("clients", "%s; it must be an array or a SharedArray of objects, or an object with file", r.absent("clients"))
	case r.given("clientId"):
		return optionError("clientId", "is not for all clients of a pool; give each of clients its own")
	}
	for name, of := range map[string][]string{
		"exponent": {assignZipf},
		"hot":      {assignHot},
		"share":    {assignHot},
		"seed":     {assignRandom, assignZipf, assignHot},
		"keep":     {assignRoundRobin, assignRandom, assignZipf, assignHot},
	} {
		if r.given(name) && !slices.Contains(of, o.Assignment) {
			return optionError(name, "has no effect with assignment: %q; it applies to %s", o.Assignment, quoteAll(of))
		}
	}
	return nil
}

// checkSize finds what does not fit the number of clients.
func (o *poolOptions) checkSize(size int) error {
	switch {
	case size == 0:
		return optionError("clients", "is empty; there must be at least one client")
	case o.Assignment == assignHot && o.Hot >= size:
		return optionError("hot", "is %d, but there are %d clients; it must be less, so that some are not hot", o.Hot, size)
	}
	return nil
}

// key identifies a pool: VUs that make pools with the same key share one. An array is known by its
// length and its ends, because reading all of it would cost every VU too much. The key is a hash, so
// that no secret is kept as a map key.
func (o *poolOptions) key(common *sobek.Object, size int) (string, error) {
	own, err := json.Marshal(o)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	hash := sha256.New()
	_, _ = fmt.Fprintf(hash, "%s %d", own, size)
	parts := []sobek.Value{common}
	if o.array != nil {
		parts = append(parts, o.array.Get("0"), o.array.Get(strconv.Itoa(size-1)))
	}
	for _, part := range parts {
		obj, ok := part.(*sobek.Object)
		if !ok {
			continue // no client; check will say so
		}
		text, err := obj.MarshalJSON()
		if err != nil {
			return "", fmt.Errorf("the options cannot be written as JSON: %w", err)
		}
		_, _ = hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
