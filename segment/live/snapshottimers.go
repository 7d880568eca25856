package live

import "slices"

func (x *core) codeTimers(c *codec) {
	type named struct {
		timer
		key  string
		leaf bool
	}
	var all []named
	if c.write {
		for t := range x.timers.all() {
			if t.what&leafTimer != 0 {
				if l := x.byLeaf[t.what&^leafTimer]; l != nil && x.leaves[l.key] == l {
					if s := l.store.get(t.who); s != nil && s.armed == t.due {
						all = append(all, named{t, l.key, true})
					}
				}
			} else if test := x.byTest[t.what]; test != nil && x.tests[test.key] == test {
				all = append(all, named{t, test.key, false})
			}
		}
		slices.SortFunc(all, func(a, b named) int {
			switch {
			case a.due != b.due:
				return int(min(max(a.due-b.due, -1), 1))
			case a.who != b.who:
				return int(a.who) - int(b.who)
			case a.key < b.key:
				return -1
			case a.key > b.key:
				return 1
			}
			return 0
		})
	}
	keys := []string{}
	place := map[string]int{}
	for _, t := range all {
		if _, ok := place[t.key]; !ok {
			place[t.key] = len(keys)
			keys = append(keys, t.key)
		}
	}
	list(c, &keys, c.text)
	c.signed(&x.timers.last)
	list(c, &all, func(t *named) {
		c.signed(&t.due)
		c.alias(&t.who)
		c.bool(&t.leaf)
		i := uint64(place[t.key])
		c.unsigned(&i)
		if c.write || c.err != nil {
			return
		}
		if i >= uint64(len(keys)) || t.due < 0 || int(t.who) >= len(x.ids) {
			c.fail()
			return
		}
		if t.leaf {
			if l := x.leaves[keys[i]]; l != nil {
				x.timers.push(timer{t.due, t.who, leafTimer | l.id})
				return
			}
		} else if test := x.tests[keys[i]]; test != nil {
			x.timers.push(timer{t.due, t.who, test.id})
			return
		}
		c.fail()
	})
}

func (x *core) codeOut(c *codec) {
	list(c, &x.out, func(t *transition) {
		name := ""
		if c.write {
			name = t.segment.def.Name
		}
		c.text(&name)
		c.alias(&t.who)
		c.signed(&t.at)
		c.bool(&t.enter)
		cause := string(t.cause)
		c.text(&cause)
		t.cause = Cause(cause)
		if c.write {
			return
		}
		if t.segment = x.byName[name]; t.segment == nil {
			t.segment = &segment{def: Definition{Name: name}} // retired since
		}
		if int(t.who) >= len(x.ids) {
			c.fail()
		}
	})
}
