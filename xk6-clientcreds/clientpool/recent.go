package clientpool

import "container/list"

// Recent keeps the values that were used last, by the number of their client. Their number is bounded: with a random
// assignment every VU would come to use every client.
type Recent[T any] struct {
	most    int
	byIndex map[int]*list.Element
	order   list.List // of *entry[T], the last used first
}

type entry[T any] struct {
	index int
	value T
}

// NewRecent returns a Recent that keeps up to most values.
func NewRecent[T any](most int) *Recent[T] {
	return &Recent[T]{most: most, byIndex: make(map[int]*list.Element)}
}

// Get returns the value of client i, and whether it is kept.
func (r *Recent[T]) Get(i int) (value T, kept bool) {
	e := r.byIndex[i]
	if e == nil {
		return value, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*entry[T]).value, true //nolint:forcetypeassert // only this type is in the list
}

// Add keeps the value of client i. It returns the value that was dropped for it, and whether there is one.
func (r *Recent[T]) Add(i int, value T) (dropped T, full bool) {
	r.byIndex[i] = r.order.PushFront(&entry[T]{i, value})
	if r.order.Len() <= r.most {
		return dropped, false
	}
	last := r.order.Remove(r.order.Back()).(*entry[T]) //nolint:forcetypeassert // as above
	delete(r.byIndex, last.index)
	return last.value, true
}
