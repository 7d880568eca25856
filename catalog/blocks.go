package catalog

import (
	"cmp"
	"slices"
	"sort"
)

// blocks is a sorted set of entries of one space: blocks of a few hundred, so that
// an insertion moves one of them. Windowed counts those that do not always count.
type blocks struct {
	list     [][]Entry
	count    int
	windowed int
}

const blockSize = 256

func compareEntries(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
}

func (e *Entry) always() bool { return e.From == minTime && e.Until == maxTime }

func (e *Entry) counts(q *Scan) bool { return q.Timeless || e.From <= q.At && q.At < e.Until }

// find returns the block in which e is, or would be.
func (b *blocks) find(e Entry) int {
	i := sort.Search(len(b.list), func(i int) bool { return compareEntries(b.list[i][0], e) > 0 })
	return max(i-1, 0)
}

// add enters e, in place of the one of the same key and ID, which it returns.
func (b *blocks) add(e Entry) (old Entry, replaced bool) {
	if !e.always() {
		b.windowed++
	}
	if len(b.list) == 0 {
		b.list, b.count = [][]Entry{{e}}, 1
		return old, false
	}
	i := b.find(e)
	at, found := slices.BinarySearchFunc(b.list[i], e, compareEntries)
	if found {
		if old = b.list[i][at]; !old.always() {
			b.windowed--
		}
		b.list[i][at] = e
		return old, true
	}
	b.list[i] = slices.Insert(b.list[i], at, e)
	b.count++
	if n := len(b.list[i]); n >= 2*blockSize {
		// Entries that come in order leave full blocks behind.
		cut := n / 2
		if i == len(b.list)-1 && at == n-1 {
			cut = n - 1
		}
		right := append(make([]Entry, 0, 2*blockSize), b.list[i][cut:]...)
		b.list[i] = slices.Clip(b.list[i][:cut])
		b.list = slices.Insert(b.list, i+1, right)
	}
	return old, false
}

// remove takes out the entry of the key and ID of e, which it returns.
func (b *blocks) remove(e Entry) (old Entry, found bool) {
	if len(b.list) == 0 {
		return old, false
	}
	i := b.find(e)
	at, found := slices.BinarySearchFunc(b.list[i], e, compareEntries)
	if !found {
		return old, false
	}
	old = b.list[i][at]
	b.list[i] = slices.Delete(b.list[i], at, at+1)
	if b.count--; !old.always() {
		b.windowed--
	}
	if len(b.list[i]) == 0 {
		b.list = slices.Delete(b.list, i, i+1)
	}
	return old, true
}

// after calls fn for each entry behind a key and ID, in order, until it returns
// false.
func (b *blocks) after(key string, id ID, fn func(e *Entry) bool) {
	if len(b.list) == 0 {
		return
	}
	from := Entry{Key: key, ID: id}
	i := b.find(from)
	at, found := slices.BinarySearchFunc(b.list[i], from, compareEntries)
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
