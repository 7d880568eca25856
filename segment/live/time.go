package live

import "slices"

// fire looks at what is due for a person at one instant, all at once, so that
// what leaves and what enters together is one change. A test or leaf that is
// due again before an instant is appended to again.
func (c *core) fire(person uint32, due int64, what []uint32, before int64, again []timer) []timer {
	if !c.known(person) || c.owner[person] != person {
		return again
	}
	if c.partial {
		c.reach(person, due)
	}
	c.begin()
	bits := c.row(person)
	for _, w := range what {
		if w&leafTimer != 0 {
			if next := c.judgeLeaf(c.byLeaf[w&^leafTimer], person, due, bits); next < before {
				again = append(again, timer{next, person, w})
			}
			continue
		}
		t := c.byTest[w]
		if bits[t.word]&t.mask == 0 {
			continue
		}
		if out := t.out(c.nth(t.ring, t.n, person), c.zone(person)); out > due {
			c.arm(bits, t, person, out)
		} else {
			c.setTest(bits, t, false)
		}
	}
	if len(c.marked) > 0 {
		c.judge(person, bits, due, CauseTime, false)
	}
	return again
}

// valid reports whether a timer that was popped still means something, and
// notes that it is no longer waiting.
func (c *core) valid(t timer) bool {
	if t.what&leafTimer != 0 {
		l := c.byLeaf[t.what&^leafTimer]
		if l == nil {
			return false
		}
		s := l.store.get(t.who)
		if s == nil || s.armed != t.due {
			return false
		}
		s.armed = never
		return true
	}
	test := c.byTest[t.what]
	if test == nil || test.ring == nil { // the number was another test's
		return false
	}
	c.row(t.who)[test.armed] &^= test.mask
	return true
}

// advance fires at most about limit timers that are due by to, all where limit
// is negative, and reports whether none is left.
func (c *core) advance(to int64, limit int) (done bool) {
	for limit != 0 {
		t, ok := c.timers.pop(to)
		if !ok {
			c.settled = max(c.settled, to)
			return true
		}
		what := c.what[:0]
		if c.valid(t) {
			what = append(what, t.what)
		}
		for c.timers.also(t) {
			same, _ := c.timers.pop(t.due)
			if limit > 1 {
				limit--
			}
			if c.valid(same) && !slices.Contains(what, same.what) {
				what = append(what, same.what)
			}
		}
		c.what = what
		if len(what) > 0 {
			c.fire(t.who, t.due, what, empty, nil)
		}
		if limit > 0 {
			limit--
		}
	}
	return c.timers.next() > to
}

// catchUp does what was due for one person before an instant, in order, leaving
// the timers of tests where they are.
func (c *core) catchUp(person uint32, before int64) {
	if c.settled >= before-1 || c.timers.next() >= before || !c.known(person) {
		return
	}
	var due []timer
	bits := c.row(person)
	for w := range c.wtest {
		for rest := bits[c.members+w]; rest != 0; rest &= rest - 1 {
			t := c.byTest[w*64+trailing(rest)]
			if t == nil || t.ring == nil || !t.window.finite() {
				continue
			}
			if out := t.out(c.nth(t.ring, t.n, person), c.zone(person)); out < before {
				due = append(due, timer{out, person, t.id})
			}
		}
	}
	for _, l := range c.byLeaf {
		if l == nil || l.dead {
			continue
		}
		if s := l.store.get(person); s != nil && s.armed < before {
			due = append(due, timer{s.armed, person, leafTimer | l.id})
		}
	}
	for len(due) > 0 {
		now := due[0].due
		for _, t := range due {
			now = min(now, t.due)
		}
		var what []uint32
		due = slices.DeleteFunc(due, func(t timer) bool {
			if t.due == now {
				what = append(what, t.what)
			}
			return t.due == now
		})
		slices.Sort(what)
		for _, w := range what {
			if w&leafTimer != 0 { // the timer that waits means nothing any more
				c.byLeaf[w&^leafTimer].store.get(person).armed = never
			}
		}
		c.reach(person, now)
		due = c.fire(person, now, what, before, due)
	}
}
