package live

import (
	"fmt"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/flywheel-go/flywheel"
)

func (e *Engine) find(name string) (*core, *segment, error) {
	for _, c := range []*core{e.persons, e.accounts} {
		if s := c.byName[name]; s != nil {
			return c, s, nil
		}
	}
	return nil, nil, fmt.Errorf("live: segment %q: %w", name, flywheel.ErrNotFound)
}

// Size returns how many members a segment has. O(1).
func (e *Engine) Size(name string) (int, error) {
	c, s, err := e.find(name)
	if err != nil {
		return 0, err
	}
	return c.sizes[s.slot], nil
}

// Has reports whether a customer, or for a segment of accounts an account, is a member.
func (e *Engine) Has(name, member string) (bool, error) {
	c, s, err := e.find(name)
	if err != nil {
		return false, err
	}
	n, ok := c.person(member)
	return ok && c.row(n)[s.word]&s.mask != 0, nil
}

// person finds a customer, or a device that is a person by itself.
func (c *core) person(member string) (uint32, bool) {
	n, ok := c.customers[flywheel.CustomerID(member)]
	if !ok && c.opts.Anonymous {
		if v := c.visitors[flywheel.VisitorID(member)]; v != nil {
			n, ok = v.aliases[0], true
		}
	}
	return n, ok
}

// Of yields the segments that a customer is in, by name.
func (e *Engine) Of(customer flywheel.CustomerID) iter.Seq[string] {
	return func(yield func(string) bool) {
		c := e.persons
		n, ok := c.person(string(customer))
		if !ok {
			return
		}
		var names []string
		bits := c.row(n)
		for _, s := range c.segments {
			if s != nil && bits[s.word]&s.mask != 0 {
				names = append(names, s.def.Name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			if !yield(name) {
				return
			}
		}
	}
}

// Members yields the members of a segment in the order in which they became known
// to the engine. O(customers).
func (e *Engine) Members(name string) (iter.Seq[string], error) {
	c, s, err := e.find(name)
	if err != nil {
		return nil, err
	}
	return func(yield func(string) bool) {
		for n := range c.ids {
			if c.words[n*c.stride+int(s.word)]&s.mask != 0 && !yield(c.ids[n]) {
				return
			}
		}
	}, nil
}

// Bitmap returns the members of a segment as a bitmap of their numbers, for set algebra
// with other segments of the same engine; [Engine.ID] names a number. O(customers).
func (e *Engine) Bitmap(name string) (*roaring.Bitmap, error) {
	c, s, err := e.find(name)
	if err != nil {
		return nil, err
	}
	set := roaring.New()
	var batch []uint32
	for n := range c.ids {
		if c.words[n*c.stride+int(s.word)]&s.mask != 0 {
			if batch = append(batch, uint32(n)); len(batch) == 1<<12 {
				set.AddMany(batch)
				batch = batch[:0]
			}
		}
	}
	set.AddMany(batch)
	set.RunOptimize()
	return set, nil
}

// ID returns the customer of a number in the bitmaps of segments of persons, or "".
func (e *Engine) ID(number uint32) string {
	if int(number) >= len(e.persons.ids) {
		return ""
	}
	return e.persons.ids[number]
}

// Owner returns the customer whose the nameless events of a device are that come
// now, and whether there is one.
func (e *Engine) Owner(visitor flywheel.VisitorID) (flywheel.CustomerID, bool) {
	c := e.persons
	v := c.visitors[visitor]
	if v == nil {
		return "", false
	}
	owner := c.owner[v.aliases[len(v.starts)]]
	if owner == nobody || c.flags[owner]&flagVisitor != 0 {
		return "", false
	}
	return flywheel.CustomerID(c.ids[owner]), true
}
