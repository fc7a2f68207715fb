package jsmodule

import (
	"container/list"

	"github.com/grafana/sobek"
)

// keptClient is a client of a pool that a VU has used.
type keptClient struct {
	index  int
	client *client
	object *sobek.Object
}

// keptClients are those that a VU has used last. Their number is bounded: with assignment "random"
// every VU would come to use every client.
type keptClients struct {
	most    int
	byIndex map[int]*list.Element
	recent  list.List // of *keptClient, the last used first
}

func newKeptClients(most int) *keptClients {
	return &keptClients{most: most, byIndex: make(map[int]*list.Element)}
}

// get returns client i, or nil.
func (k *keptClients) get(i int) *keptClient {
	e := k.byIndex[i]
	if e == nil {
		return nil
	}
	k.recent.MoveToFront(e)
	return e.Value.(*keptClient) //nolint:forcetypeassert // only this type is in the list
}

// add keeps c. The one that it takes the place of, if any, is forgotten.
func (k *keptClients) add(c *keptClient) {
	k.byIndex[c.index] = k.recent.PushFront(c)
	if k.recent.Len() <= k.most {
		return
	}
	last := k.recent.Remove(k.recent.Back()).(*keptClient) //nolint:forcetypeassert // as above
	delete(k.byIndex, last.index)
	last.client.release()
}
