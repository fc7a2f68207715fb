package clientpool

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/grafana/sobek"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lists returns the same clients as an array of a script and as a file.
func lists(t *testing.T, clients string) (*sobek.Runtime, map[string]List) {
	t.Helper()
	rt := sobek.New()
	array, err := rt.RunString(clients)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "clients.json")
	require.NoError(t, os.WriteFile(path, []byte(clients), 0o600))
	file, err := new(Files).Read(path)
	require.NoError(t, err)
	return rt, map[string]List{"array": FromArray(array.ToObject(rt)), "file": file}
}

func TestGlance(t *testing.T) {
	t.Parallel()
	rt, both := lists(t, `[
		{"clientId": "a", "clientSecret": "x", "scope": "read"},
		{"clientId": "b", "clientSecret": "yy", "scope": "read"},
		{"clientId": "a", "clientSecret": "x", "scope": "write"},
		{"clientId": "", "clientSecret": "x", "scope": "read"},
		{"clientId": "a", "clientSecret": "x\n", "scope": "read"},
		{"client_id": "c", "client_secret": "z", "client_secret_expires_at": 1700000000.5, "grant_types": ["x"]},
		{"client_id": "d", "client_secret": "z", "client_secret_expires_at": 0}
	]`)
	for kind, list := range both {
		assert.Equal(t, 7, list.Size(), kind)
		glance := make([]Glance, list.Size())
		for i := range glance {
			glance[i] = list.Glance(i)
			assert.NotEmpty(t, glance[i].Shape, "%s: %d", kind, i)
		}
		assert.Equal(t, glance[0].Shape, glance[1].Shape, "%s: identifier and secret do not matter", kind)
		for i := 2; i < 5; i++ {
			assert.NotEqual(t, glance[0].Shape, glance[i].Shape, "%s: another scope, or an unusable text: %d", kind, i)
		}
		assert.Equal(t, glance[5].Shape, glance[6].Shape, "%s: what only the server has to know does not matter", kind)
		assert.Equal(t, []string{"a", "b", "c"}, []string{glance[0].ID, glance[1].ID, glance[5].ID}, kind)
		expires := []float64{glance[0].Expires, glance[5].Expires, glance[6].Expires}
		assert.Equal(t, []float64{0, 1700000000.5, 0}, expires, kind)
		assert.Equal(t, "b", list.Options(rt, 1).ToObject(rt).Get("clientId").String(), kind)
	}
	assert.Equal(t, "clients[1]", both["array"].Position(1, ""))
}

// The shape of a client is known only where all its options are texts, or where it is in a file.
func TestClientsWithoutAShape(t *testing.T) {
	t.Parallel()
	rt := sobek.New()
	array, err := rt.RunString(`[{clientId: 'a', dpop: true}, 7, {clientId: 7}, {clientId: 'a', clientSecret: 'x',
		client_secret_expires_at: 1700000000}]`)
	require.NoError(t, err)
	list := FromArray(array.ToObject(rt))
	for i, want := range []Glance{{ID: "a"}, {}, {}} {
		assert.Equal(t, want, list.Glance(i), i)
	}
	assert.InDelta(t, 1.7e9, list.Glance(3).Expires, 0)
}

func TestFilesAreReadOnce(t *testing.T) {
	t.Parallel()
	files := new(Files)
	path := filepath.Join(t.TempDir(), "clients.json")
	require.NoError(t, os.WriteFile(path, []byte(`[{"clientId":"a","clientSecret":"x"}]`), 0o600))
	first, err := files.Read(path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	again, err := files.Read(path)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	_, err = files.Read(path + ".gone")
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "cannot be read: ")
	require.NoError(t, os.WriteFile(path+".wrong", []byte(`{`), 0o600))
	_, err = files.Read(path + ".wrong")
	require.Error(t, err)
}

func TestDoubts(t *testing.T) {
	t.Parallel()
	rt := sobek.New()
	array, err := rt.RunString(`Array(7)`)
	require.NoError(t, err)
	list := FromArray(array.ToObject(rt))
	now := float64(time.Now().Unix())

	var d Doubts
	for i, seen := range []Glance{
		{ID: "a", Expires: now + 3600}, {ID: "b"}, {ID: ""}, {ID: ""}, {ID: "b", Expires: now}, {ID: "a"}, {ID: "c", Expires: 1},
	} {
		d.Add(i, seen)
	}
	assert.Equal(t, []string{
		"2 of 7 clients have the clientId of another one, first clients[1] and clients[4]; a server takes them for one client",
		"the secrets of 2 of 7 clients have expired by their client_secret_expires_at, first clients[4]; register them again, " +
			"or have them renewed",
	}, d.Warnings(list))

	var none Doubts
	none.Add(0, Glance{ID: "a"})
	none.Add(1, Glance{ID: "b", Expires: now + 3600})
	assert.Empty(t, none.Warnings(list))
}

func TestRoundRobin(t *testing.T) {
	t.Parallel()
	s := NewAssigner(Assignment{Kind: RoundRobin}, 3)
	one, two := s.Next(1), s.Next(2)
	assert.Equal(t, []int{0, 1, 2, 0, 1}, []int{one(), two(), one(), two(), one()}, "all VUs take turns")
}

// Without a seed, VUs and runs differ. With one, a VU draws the same clients in every run.
func TestSeeds(t *testing.T) {
	t.Parallel()
	draw := func(a Assignment, vu uint64) (drawn []int) {
		next := NewAssigner(a, 1000).Next(vu)
		for range 10 {
			drawn = append(drawn, next())
		}
		return drawn
	}
	seeded, unseeded := Assignment{Kind: Random, Seed: 7, Seeded: true}, Assignment{Kind: Random, Seed: 7}
	first := draw(seeded, 1)
	assert.Equal(t, first, draw(seeded, 1))
	assert.NotEqual(t, first, draw(seeded, 2))
	first = draw(unseeded, 1)
	assert.NotEqual(t, first, draw(unseeded, 1))
}
