package live

import (
	"slices"

	"github.com/flywheel-go/flywheel"
)

// identity knows the aliases: each customer, and each visitor, or, where the latest
// login decides, each stretch of a visitor between two logins of different
// customers. State is kept by alias, and a person is the union of the aliases
// that it owns, so that a link is undone by looking again.
type identity struct {
	latest    bool
	ids       []string // by alias
	owner     []uint32 // by alias: the alias of the person, or nobody
	customers map[flywheel.CustomerID]uint32
	visitors  map[flywheel.VisitorID]*visitor
	unions    map[uint32][]uint32 // of a person: the aliases beside its own
}

// visitor is a device.
type visitor struct {
	links   []link
	aliases []uint32 // by run of links of one customer; at least one
	starts  []int64  // of the runs but the first
	history []Entry  // nameless events, where the latest login decides
}

// link says that a customer was seen on a device.
type link struct {
	customer uint32
	at       int64
	seq      uint64
}

func (x *identity) init(latest bool) {
	x.latest = latest
	x.customers = map[flywheel.CustomerID]uint32{}
	x.visitors = map[flywheel.VisitorID]*visitor{}
	x.unions = map[uint32][]uint32{}
}

func (x *identity) alias(id string, owner uint32) uint32 {
	n := uint32(len(x.ids))
	if owner == self {
		owner = n
	}
	x.ids = append(x.ids, id)
	x.owner = append(x.owner, owner)
	return n
}

// self is an owner that is not numbered yet.
const self = nobody - 1

func (x *identity) union(person uint32) []uint32 {
	if len(x.unions) == 0 {
		return nil
	}
	return x.unions[person]
}

// customer returns the alias of a customer.
func (c *core) customer(id flywheel.CustomerID) uint32 {
	n, ok := c.customers[id]
	if !ok {
		n = c.alias(string(id), self)
		c.customers[id] = n
		c.room()
	}
	return n
}

// visitor returns a device.
func (c *core) visitor(id flywheel.VisitorID) *visitor {
	v := c.visitors[id]
	if v == nil {
		v = &visitor{}
		v.aliases = []uint32{c.newRun(id)}
		c.visitors[id] = v
	}
	return v
}

func (c *core) newRun(id flywheel.VisitorID) uint32 {
	owner := uint32(nobody)
	if c.opts.Anonymous {
		owner = self
	}
	n := c.alias(string(id), owner)
	c.room()
	c.flags[n] |= flagVisitor
	return n
}

// run returns the alias of a device's nameless event of an instant.
func (v *visitor) run(at int64) uint32 {
	i := len(v.starts)
	for i > 0 && at < v.starts[i-1] {
		i--
	}
	return v.aliases[i]
}

// linked reports whether a link tells nothing new.
func (x *identity) linked(v *visitor, customer uint32, at int64) bool {
	if x.latest {
		// A login of the customer who was last changes nothing by itself.
		return false
	}
	for _, l := range v.links {
		if l.customer == customer {
			return l.at <= at
		}
	}
	return false
}

// link notes that a customer was seen on a device. It returns the persons whose
// events may have changed.
func (c *core) link(id flywheel.VisitorID, v *visitor, l link, now int64) []uint32 {
	if c.linked(v, l.customer, l.at) {
		return nil
	}
	if !c.latest {
		v.links = slices.DeleteFunc(v.links, func(old link) bool { return old.customer == l.customer })
	}
	i := len(v.links)
	for i > 0 && (l.at < v.links[i-1].at || l.at == v.links[i-1].at && l.seq < v.links[i-1].seq) {
		i--
	}
	v.links = slices.Insert(v.links, i, l)
	if c.latest && i == len(v.links)-1 && i > 0 && v.links[i-1].customer == l.customer {
		return nil
	}
	return c.relink(id, v, now)
}

// unlink removes the links of a customer and a device.
func (c *core) unlink(id flywheel.VisitorID, v *visitor, customer uint32, now int64) []uint32 {
	before := len(v.links)
	v.links = slices.DeleteFunc(v.links, func(l link) bool { return l.customer == customer })
	if len(v.links) == before {
		return nil
	}
	return c.relink(id, v, now)
}

// relink gives the aliases of a device to their owners.
func (c *core) relink(id flywheel.VisitorID, v *visitor, now int64) []uint32 {
	changed, split := c.assign(id, v)
	if split {
		for _, alias := range v.aliases {
			for _, cl := range c.classes {
				cl.clear(alias)
			}
			changed = append(changed, c.owner[alias])
		}
		for _, alias := range v.aliases {
			c.flags[alias] &^= flagSeen
		}
		for i := range v.history {
			e := c.reading(&v.history[i])
			c.flags[v.run(e.at)] |= flagSeen
			c.feed(v.run(e.at), nobody, &e, now, nil, nil)
		}
	}
	slices.Sort(changed)
	return slices.Compact(changed)
}

// assign makes the aliases of a device those of the customers that its links say. It
// returns whose have changed, and whether the device's runs have.
func (c *core) assign(id flywheel.VisitorID, v *visitor) (changed []uint32, split bool) {
	runs := v.links[:min(1, len(v.links))]
	if c.latest {
		runs = slices.CompactFunc(slices.Clone(v.links), func(a, b link) bool { return a.customer == b.customer })
	}
	var starts []int64
	for _, l := range runs[min(1, len(runs)):] {
		starts = append(starts, l.at)
	}
	split = !slices.Equal(starts, v.starts)
	v.starts = starts
	for len(v.aliases) <= len(starts) {
		v.aliases = append(v.aliases, c.newRun(id))
	}
	for i, alias := range v.aliases {
		owner := uint32(nobody)
		if c.opts.Anonymous {
			owner = v.aliases[0]
		}
		if i < len(runs) {
			owner = runs[i].customer
		}
		changed = append(changed, c.give(alias, owner)...)
	}
	return changed, split
}

// give makes a person the owner of an alias, and returns who has changed.
func (c *core) give(alias, owner uint32) []uint32 {
	old := c.owner[alias]
	if old == owner {
		return nil
	}
	if old != nobody && old != alias {
		rest := slices.DeleteFunc(slices.Clone(c.unions[old]), func(a uint32) bool { return a == alias })
		if c.unions[old] = rest; len(rest) == 0 {
			delete(c.unions, old)
		}
	}
	c.owner[alias] = owner
	if owner != nobody && owner != alias {
		c.unions[owner] = append(c.unions[owner], alias)
	}
	return []uint32{old, owner}
}
