package catalog

import (
	"cmp"
	"slices"
	"sort"
)

// blocks is a sorted set of entries of one space: blocks of a hundred or so, so that
// an insertion moves one of them. Windowed counts those that do not always count.
type blocks struct {
	name     string
	list     [][]item
	count    int
	windowed int
}

// item is an entry without its space. Without a window it always counts.
type item struct {
	key    string
	id     ID
	window *window
}

type window struct{ from, until int64 }

const blockSize = 64

func compareEntries(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
}

func (a *item) compare(key string, id ID) int {
	if a.key != key {
		return cmp.Compare(a.key, key)
	}
	return cmp.Compare(a.id, id)
}

func itemOf(e Entry) item {
	i := item{key: e.Key, id: e.ID}
	if e.From != minTime || e.Until != maxTime {
		i.window = &window{e.From, e.Until}
	}
	return i
}

func (a *item) entry(space string) Entry {
	e := Entry{Space: space, Key: a.key, ID: a.id, From: minTime, Until: maxTime}
	if a.window != nil {
		e.From, e.Until = a.window.from, a.window.until
	}
	return e
}

func (a *item) counts(q *Scan) bool {
	return a.window == nil || q.Timeless || a.window.from <= q.At && q.At < a.window.until
}

// seek returns the place of a key and ID in a block, and whether they are there.
func seek(block []item, key string, id ID) (int, bool) {
	low, high := 0, len(block)
	for low < high {
		middle := (low + high) / 2
		switch c := block[middle].compare(key, id); {
		case c == 0:
			return middle, true
		case c < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, false
}

// find returns the block in which a key and ID are, or would be.
func (b *blocks) find(key string, id ID) int {
	i := sort.Search(len(b.list), func(i int) bool { return b.list[i][0].compare(key, id) > 0 })
	return max(i-1, 0)
}

// add enters e, in place of the one of the same key and ID, which it returns.
func (b *blocks) add(e Entry) (old item, replaced bool) {
	fresh := itemOf(e)
	if fresh.window != nil {
		b.windowed++
	}
	if len(b.list) == 0 {
		b.list, b.count = [][]item{{fresh}}, 1
		return old, false
	}
	i := b.find(e.Key, e.ID)
	at, found := seek(b.list[i], e.Key, e.ID)
	if found {
		if old = b.list[i][at]; old.window != nil {
			b.windowed--
		}
		b.list[i][at] = fresh
		return old, true
	}
	b.list[i] = slices.Insert(b.list[i], at, fresh)
	b.count++
	if n := len(b.list[i]); n >= 2*blockSize {
		// Entries that come in order leave full blocks behind.
		cut := n / 2
		if i == len(b.list)-1 && at == n-1 {
			cut = n - 1
		}
		right := append(make([]item, 0, 2*blockSize), b.list[i][cut:]...)
		clear(b.list[i][cut:])
		b.list[i] = b.list[i][:cut]
		b.list = slices.Insert(b.list, i+1, right)
	}
	return old, false
}

// remove takes out the entry of the key and ID of e, which it returns.
func (b *blocks) remove(e Entry) (old item, found bool) {
	if len(b.list) == 0 {
		return old, false
	}
	i := b.find(e.Key, e.ID)
	at, found := seek(b.list[i], e.Key, e.ID)
	if !found {
		return old, false
	}
	old = b.list[i][at]
	b.list[i] = slices.Delete(b.list[i], at, at+1)
	if b.count--; old.window != nil {
		b.windowed--
	}
	if len(b.list[i]) == 0 {
		b.list = slices.Delete(b.list, i, i+1)
	}
	return old, true
}

// after calls fn for each entry behind a key and ID, in order, until it returns
// false.
func (b *blocks) after(key string, id ID, fn func(e *item) bool) {
	if len(b.list) == 0 {
		return
	}
	i := b.find(key, id)
	at, found := seek(b.list[i], key, id)
	if found && (key != "" || id != "") {
		at++
	}
	for ; i < len(b.list); i, at = i+1, 0 {
		for ; at < len(b.list[i]); at++ {
			if !fn(&b.list[i][at]) {
				return
			}
		}
	}
}
