package loyalty

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// memoryMember is what a [MemoryStore] keeps of one member.
type memoryMember struct {
	head Account // without rows

	lots     map[string]Lot
	open     int                 // lots that hold points
	byAge    lotIndex            // lots that hold points, oldest first
	byExpiry lotIndex            // the same by expiry
	byDue    lotIndex            // those of them that are due at some time
	origins  map[string][]string // lots by Origin
	ordered  map[string][]string // lots by Order

	holds     map[string]Hold
	openHolds map[string]bool
	orders    map[string]Order
	receipts  map[string]int // index of the key in history
	history   []Receipt
	activity  []Activity
	entries   []Entry
}

func newMemoryMember() *memoryMember {
	return &memoryMember{
		lots: map[string]Lot{}, origins: map[string][]string{}, ordered: map[string][]string{},
		holds: map[string]Hold{}, openHolds: map[string]bool{}, orders: map[string]Order{}, receipts: map[string]int{},
	}
}

// lotIndex is keys of lots in order. It holds all that its rule asks for, and
// perhaps some that changed meanwhile, whose key is another now.
type lotIndex []lotKey

type lotKey struct {
	at, then, seq int64
	id            string
}

func (k lotKey) compare(other lotKey) int {
	return cmp.Or(cmp.Compare(k.at, other.at), cmp.Compare(k.then, other.then), cmp.Compare(k.seq, other.seq))
}

func (x *lotIndex) add(k lotKey) {
	list := *x
	if len(list) == 0 || list[len(list)-1].compare(k) < 0 {
		*x = append(list, k)
		return
	}
	if i, found := slices.BinarySearchFunc(list, k, lotKey.compare); !found {
		*x = slices.Insert(list, i, k)
	}
}

// sweep drops what is not true at the beginning, and everywhere when that is most
// of the index.
func (x *lotIndex) sweep(open int, valid func(lotKey) bool) {
	list := *x
	for len(list) > 0 && !valid(list[0]) {
		list = list[1:]
	}
	if len(list) > 2*open+32 {
		list = slices.DeleteFunc(list, func(k lotKey) bool { return !valid(k) })
	}
	*x = list
}

func ageKey(l Lot) lotKey { return lotKey{l.Earned.UnixMicro(), 0, l.Sequence, l.ID} }

func expiryKey(l Lot) lotKey {
	at := int64(math.MaxInt64)
	if !l.Expires.IsZero() {
		at = l.Expires.UnixMicro()
	}
	return lotKey{at, l.Earned.UnixMicro(), l.Sequence, l.ID}
}

func dueKey(l Lot, settled time.Time) (k lotKey, ok bool) {
	due := l.Due(settled)
	return lotKey{due.UnixMicro(), 0, l.Sequence, l.ID}, !due.IsZero()
}

func (m *memoryMember) inAge(k lotKey) bool {
	l := m.lots[k.id]
	return l.Left > 0 && ageKey(l) == k
}

func (m *memoryMember) inExpiry(k lotKey) bool {
	l := m.lots[k.id]
	return l.Left > 0 && expiryKey(l) == k
}

func (m *memoryMember) isDue(k lotKey) bool {
	now, ok := dueKey(m.lots[k.id], m.head.Settled)
	return ok && now == k
}

// index adds a lot to the indexes that it belongs to.
func (m *memoryMember) index(l Lot, settled time.Time) {
	if l.Left == 0 {
		return
	}
	m.byAge.add(ageKey(l))
	m.byExpiry.add(expiryKey(l))
	if k, ok := dueKey(l, settled); ok {
		m.byDue.add(k)
	}
}

// account returns a copy of what n names.
func (m *memoryMember) account(n Need) Account {
	a := m.head
	lots := map[string]bool{}
	for _, key := range n.Keys {
		if i, ok := m.receipts[key]; ok && a.receipt(key) == nil {
			a.Receipts = append(a.Receipts, m.history[i].clone())
		}
		if h, ok := m.holds[key]; ok && a.hold(key) == nil {
			a.Holds = append(a.Holds, h.clone())
		}
		if _, ok := m.lots[key]; ok {
			lots[key] = true
		}
		for _, id := range m.origins[key] {
			lots[id] = true
		}
	}
	for _, ref := range n.Orders {
		if o, ok := m.orders[ref]; ok && !slices.ContainsFunc(a.Orders, func(o Order) bool { return o.Ref == ref }) {
			a.Orders = append(a.Orders, o)
		}
		if n.OwnLots {
			for _, id := range m.ordered[ref] {
				if l := m.lots[id]; l.Left > 0 || l.Expired > 0 {
					lots[id] = true
				}
			}
		}
	}
	if !n.Until.IsZero() {
		until := n.Until.UnixMicro()
		for _, k := range m.byDue {
			if k.at > until {
				break
			}
			if m.isDue(k) {
				lots[k.id] = true
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m.openHolds)) {
		h := m.holds[key]
		over := !n.Until.IsZero() && !h.Expires.After(n.Until)
		if !over && !n.All {
			continue
		}
		if a.hold(key) == nil {
			a.Holds = append(a.Holds, h.clone())
		}
		if over {
			for _, part := range h.From {
				lots[part.Lot] = true
				for _, id := range m.origins[part.Lot] {
					lots[id] = true
				}
			}
		}
	}
	if n.All || n.Points > 0 {
		now := later(n.Until, a.Settled)
		order, valid, left := m.byAge, m.inAge, n.Points+a.Debt
		if n.Order == ExpiringFirst {
			order, valid = m.byExpiry, m.inExpiry
		}
		for _, k := range order {
			if !valid(k) {
				continue
			}
			l := m.lots[k.id]
			if n.All {
				lots[k.id] = true
				continue
			}
			if left <= 0 {
				break
			}
			if l.Available.After(now) || !l.Expires.IsZero() && !l.Expires.After(now) {
				continue
			}
			lots[k.id] = true
			left -= l.Left
		}
	}
	for id := range lots {
		a.Lots = append(a.Lots, m.lots[id])
	}
	slices.SortFunc(a.Lots, func(x, y Lot) int { return cmp.Compare(x.Sequence, y.Sequence) })
	if n.Activity {
		for _, x := range m.activity {
			if n.Since.IsZero() || x.At.After(n.Since) {
				a.Activity = append(a.Activity, x)
			}
		}
	}
	return a
}

// put sets a value of a map.
func put[K comparable, V any](m map[K]V, key K, value V, undo func(func())) {
	old, known := m[key]
	undo(func() {
		if m[key] = old; !known {
			delete(m, key)
		}
	})
	m[key] = value
}

func (m *memoryMember) save(a Account, undo func(func())) {
	head, open, history, entries, activity := m.head, m.open, len(m.history), len(m.entries), len(m.activity)
	undo(func() {
		m.head, m.open, m.entries, m.activity = head, open, m.entries[:entries], m.activity[:activity]
		m.history = m.history[:history]
	})
	m.head = a
	m.head.Version++
	m.head.Settled, m.head.Fall = stamp(a.Settled), stamp(a.Fall)
	m.head.Activity, m.head.Lots, m.head.Holds, m.head.Orders, m.head.Receipts, m.head.Entries = nil, nil, nil, nil, nil, nil
	for _, l := range a.Lots {
		m.saveLot(l.normal(), head.Settled, undo)
	}
	for _, h := range a.Holds {
		h = h.clone()
		h.Expires = stamp(h.Expires)
		put(m.holds, h.Key, h, undo)
		m.openHold(h, undo)
	}
	for _, o := range a.Orders {
		o.First = stamp(o.First)
		put(m.orders, o.Ref, o, undo)
	}
	for _, r := range a.Receipts {
		if i, ok := m.receipts[r.Key]; ok {
			old := m.history[i]
			undo(func() { m.history[i] = old })
			m.history[i] = r.normal()
			continue
		}
		put(m.receipts, r.Key, len(m.history), undo)
		m.history = append(m.history, r.normal())
	}
	for _, x := range a.Activity {
		if x.N == 0 {
			m.activity = append(m.activity, Activity{N: int64(len(m.activity)) + 1, At: stamp(x.At), Amount: x.Amount, Reverses: stamp(x.Reverses)})
		}
	}
	for _, e := range a.Entries {
		e.At = stamp(e.At)
		m.entries = append(m.entries, e)
	}
	m.byAge.sweep(m.open, m.inAge)
	m.byExpiry.sweep(m.open, m.inExpiry)
	m.byDue.sweep(m.open, m.isDue)
}

// saveLot keeps a lot. The account was settled up to an instant before.
func (m *memoryMember) saveLot(l Lot, settled time.Time, undo func(func())) {
	old, known := m.lots[l.ID]
	undo(func() {
		if m.lots[l.ID] = old; !known {
			delete(m.lots, l.ID)
			return
		}
		m.index(old, settled) // it may have been swept
	})
	m.lots[l.ID] = l
	if !known && l.Origin != "" {
		put(m.origins, l.Origin, append(m.origins[l.Origin], l.ID), undo)
	}
	if !known && l.Order != "" {
		put(m.ordered, l.Order, append(m.ordered[l.Order], l.ID), undo)
	}
	switch {
	case old.Left == 0 && l.Left > 0:
		m.open++
	case old.Left > 0 && l.Left == 0:
		m.open--
	}
	m.index(l, m.head.Settled)
}

func (m *memoryMember) openHold(h Hold, undo func(func())) {
	if h.State == HoldOpen {
		put(m.openHolds, h.Key, true, undo)
	} else if m.openHolds[h.Key] {
		undo(func() { m.openHolds[h.Key] = true })
		delete(m.openHolds, h.Key)
	}
}

// due returns the next instant at which something is due, zero for never.
func (m *memoryMember) due() time.Time {
	next := m.head.Fall
	soonest := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if len(m.byDue) > 0 {
		soonest(time.UnixMicro(m.byDue[0].at).UTC())
	}
	for key := range m.openHolds {
		soonest(m.holds[key].Expires)
	}
	return next
}

// clone returns a hold that shares no memory with h.
func (h Hold) clone() Hold {
	h.From = slices.Clone(h.From)
	return h
}

// clone returns a receipt that shares no memory with r.
func (r Receipt) clone() Receipt {
	r.Outcome.From = slices.Clone(r.Outcome.From)
	r.Outcome.To = slices.Clone(r.Outcome.To)
	return r
}

// stamp returns a time as stores keep it.
func stamp(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// normal returns a lot as stores keep it.
func (l Lot) normal() Lot {
	l.Earned, l.Available, l.Expires = stamp(l.Earned), stamp(l.Available), stamp(l.Expires)
	return l
}

// normal returns a receipt as stores keep it, sharing no memory with r.
func (r Receipt) normal() Receipt {
	r = r.clone()
	r.At, r.AvailableAt, r.ExpiresAt = stamp(r.At), stamp(r.AvailableAt), stamp(r.ExpiresAt)
	for i := range r.Outcome.To {
		r.Outcome.To[i].Expires = stamp(r.Outcome.To[i].Expires)
	}
	return r
}
