package pricing

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// list is a compiled [List] without its entries.
type list struct {
	id               string
	groups, channels []string
	starts, ends     instant
	taxIncluded      bool
	kind             ListKind
}

// instant is a time that compares quickly; the zero value is the zero time.
type instant struct {
	seconds int64 // since the year 1
	nanos   int64
}

var yearOne = time.Time{}.Unix()

func instantOf(t time.Time) instant { return instant{t.Unix() - yearOne, int64(t.Nanosecond())} }

func (i instant) time() time.Time { return time.Unix(i.seconds+yearOne, i.nanos).UTC() }

func (i instant) before(j instant) bool {
	return i.seconds < j.seconds || i.seconds == j.seconds && i.nanos < j.nanos
}

// offer is a compiled [Entry].
type offer struct {
	unit     money.Price
	min, max int64
	list     int32
	floor    int32 // in offers.floors, -1 for none
	kind     ListKind
}

// offers are the prices of all lists: those for everyone by item, those for a
// group of customers by group and item, so that a lookup meets none that is for
// others.
type offers struct {
	public    spans[offer] // by item
	private   spans[offer] // by key
	keys      map[audienceItem]int32
	audiences map[string]int32
	stairs    map[int32][]stair // by item: graduated prices
	floors    []money.Price
}

type audienceItem struct{ audience, item int32 }

func (e *Engine) compileLists(lists []List) error {
	o := &e.offers
	o.keys, o.audiences = map[audienceItem]int32{}, map[string]int32{}
	var public, private struct {
		keys   []int32
		values []offer
	}
	ids := make(map[string]bool, len(lists))
	for i := range lists {
		l := &lists[i]
		if err := l.Validate(); err != nil {
			return within(err, "lists", i)
		}
		if ids[l.ID] {
			return field(invalid("%q twice", l.ID), "lists[%d].id", i)
		}
		ids[l.ID] = true
		e.mixedLists = e.mixedLists || l.TaxIncluded != lists[0].TaxIncluded
		e.lists = append(e.lists, list{l.ID, slices.Clone(l.Groups), slices.Clone(l.Channels), instantOf(l.Starts), instantOf(l.Ends), l.TaxIncluded, l.Kind})
		if l.Graduated {
			if err := e.compileStairs(l, int32(i)); err != nil {
				return within(err, "lists", i)
			}
			continue
		}
		for k := range l.Entries {
			entry := &l.Entries[k]
			compiled := offer{unit: entry.Unit, min: entry.MinQuantity, max: entry.MaxQuantity, list: int32(i), kind: l.Kind, floor: -1}
			if compiled.max == 0 {
				compiled.max = math.MaxInt64
			}
			if entry.Floor != (money.Price{}) {
				compiled.floor = int32(len(o.floors))
				o.floors = append(o.floors, entry.Floor)
			}
			item := e.item(entry.SKU)
			if len(l.Groups) == 0 {
				public.keys, public.values = append(public.keys, item), append(public.values, compiled)
				continue
			}
			for _, g := range l.Groups {
				private.keys = append(private.keys, o.key(g, item))
				private.values = append(private.values, compiled)
			}
		}
	}
	o.public.fill(len(e.items), public.keys, public.values)
	o.private.fill(len(o.keys), private.keys, private.values)
	for item := range int32(len(e.items)) {
		slices.SortStableFunc(o.public.of(item), cheapestFirst)
	}
	for key := range int32(len(o.keys)) {
		slices.SortStableFunc(o.private.of(key), cheapestFirst)
	}
	return nil
}

// key returns the key of a group's prices of an item, a new one where there is
// none.
func (o *offers) key(group string, item int32) int32 {
	audience, there := o.audiences[group]
	if !there {
		audience = int32(len(o.audiences))
		o.audiences[group] = audience
	}
	key, there := o.keys[audienceItem{audience, item}]
	if !there {
		key = int32(len(o.keys))
		o.keys[audienceItem{audience, item}] = key
	}
	return key
}

// cheapestFirst orders offers by kind, override before sale before base, and by
// price, so that the first of a kind that is open is the one that counts.
func cheapestFirst(a, b offer) int {
	if c := cmp.Compare(b.kind, a.kind); c != 0 {
		return c
	}
	if c := cmp.Compare(a.unit.Currency().String(), b.unit.Currency().String()); c != 0 {
		return c
	}
	c, _ := a.unit.Cmp(b.unit)
	return c
}
