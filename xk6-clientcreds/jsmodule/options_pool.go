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

	"github.com/xk6-clientcreds/harness/xk6-clientcreds/clientpool"
	"github.com/xk6-clientcreds/harness/xk6-clientcreds/jsoption"
)

// poolOptions are the options of one ClientPool itself, without its clients' options.
type poolOptions struct {
	File       string // "" where the clients are in an array
	Assignment clientpool.Assignment
	MaxClients int // that a VU keeps
	Name       string
	TagClients bool

	array *sobek.Object // nil where the clients are in a file
}

// maxSeed is the largest number up to which JavaScript has every whole one.
const maxSeed = 1<<53 - 1

func poolDefaults() poolOptions {
	return poolOptions{
		Assignment: clientpool.Assignment{Kind: clientpool.ByVU, Exponent: 1, HotClients: 1, HotShare: 0.9}, MaxClients: 1000,
		Name: "pool",
	}
}

// parsePoolOptions reads the argument of `new ClientPool(…)`, and returns beside the options of the
// pool an object with those that are for all its clients.
func parsePoolOptions(rt *sobek.Runtime, v sobek.Value, resolve func(path string) string) (*poolOptions, *sobek.Object,
	error,
) {
	if !jsoption.IsObject(v) {
		return nil, nil, errors.New("new ClientPool(options) needs an object with at least clients, and tokenUrl or issuer")
	}
	r := jsoption.NewReader(rt, v.ToObject(rt), resolve)
	defer r.Release()
	o := poolDefaults()
	o.read(r)
	own := r.Known()
	forAll := defaults()
	forAll.read(r)
	if err := r.Finish(); err != nil {
		return nil, nil, err
	}
	o.Assignment.Seeded = r.Given("seed")
	return &o, r.Without(own), o.check(r)
}

// read takes from r what is given. It names every option of a pool.
func (o *poolOptions) read(r *jsoption.Reader) {
	readClients(r, "clients", o)
	r.OneOf("assignment", &o.Assignment.Kind, clientpool.ByVU, clientpool.RoundRobin, clientpool.Random, clientpool.Zipf,
		clientpool.Hot)
	r.Number("exponent", &o.Assignment.Exponent, 10)
	r.Count("hotClients", &o.Assignment.HotClients, 1, maxSeed)
	r.Number("hotShare", &o.Assignment.HotShare, 1)
	r.Count("seed", &o.Assignment.Seed, 0, maxSeed)
	r.Count("maxClients", &o.MaxClients, 1, 1_000_000)
	for _, renamed := range [][2]string{{"hot", "hotClients"}, {"share", "hotShare"}, {"keep", "maxClients"}} {
		r.Renamed(renamed[0], renamed[1])
	}
	r.Text("name", &o.Name)
	r.Boolean("tagClients", &o.TagClients)
}

// clients takes an array of objects, a SharedArray of them, or an object with a file.
func readClients(r *jsoption.Reader, name string, to *poolOptions) {
	v := r.Get(name)
	if v == nil {
		return
	}
	if jsoption.IsArray(v) {
		to.array, _ = v.(*sobek.Object)
		return
	}
	if !jsoption.IsObject(v) {
		r.Fail(name, "is %s; it must be an array or a SharedArray of objects, or an object with file", jsoption.Describe(v))
		return
	}
	r.Nested(name, v, func(c *jsoption.Reader) { c.File("file", &to.File) })
	if !r.Failed() && to.File == "" {
		r.Fail(name, "must have file, the path of a CSV or JSON file with the clients")
	}
}

// check finds options that are missing or contradict each other.
func (o *poolOptions) check(r *jsoption.Reader) error {
	switch {
	case o.array == nil && o.File == "":
		return jsoption.Errorf("clients", "%s; it must be an array or a SharedArray of objects, or an object with file",
			r.Absent("clients"))
	case r.Given("clientId"):
		return jsoption.Errorf("clientId", "cannot be the same for all clients of a pool; set it for each of clients")
	}
	for name, of := range map[string][]string{
		"exponent":   {clientpool.Zipf},
		"hotClients": {clientpool.Hot},
		"hotShare":   {clientpool.Hot},
		"seed":       {clientpool.Random, clientpool.Zipf, clientpool.Hot},
		"maxClients": {clientpool.RoundRobin, clientpool.Random, clientpool.Zipf, clientpool.Hot},
	} {
		if r.Given(name) && !slices.Contains(of, o.Assignment.Kind) {
			return jsoption.Errorf(name, "has no effect with assignment: %q; it applies to %s", o.Assignment.Kind,
				jsoption.QuoteAll(of))
		}
	}
	return nil
}

// checkSize finds what does not fit the number of clients.
func (o *poolOptions) checkSize(size int) error {
	switch {
	case size == 0:
		return jsoption.Errorf("clients", "is empty; there must be at least one client")
	case o.Assignment.Kind == clientpool.Hot && o.Assignment.HotClients >= size:
		return jsoption.Errorf("hotClients", "is %d, but there are %d clients; it must be less, so that some are not hot",
			o.Assignment.HotClients, size)
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
