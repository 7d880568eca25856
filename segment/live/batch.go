package live

// ahead is how many events FeedAll looks at before it applies them.
const ahead = 24

// FeedAll is [Engine.Feed] of several entries, in the order of their times. It is faster than
// one by one: what the next events will touch is fetched into the processor's
// cache for all of them at once. An error names an entry by its ID; those before it
// are applied.
func (e *Engine) FeedAll(entries []Entry) error {
	for len(entries) > 0 {
		batch := entries[:min(ahead, len(entries))]
		e.persons.fetch(batch)
		for i := range batch {
			if err := e.Feed(&batch[i]); err != nil {
				return err
			}
		}
		entries = entries[len(batch):]
	}
	return nil
}

// fetch reads, and forgets, what the events will touch. The reads of one pass do not wait for
// each other.
func (c *core) fetch(batch []Entry) {
	var alias [ahead]uint32
	sum := uint64(0)
	for i := range batch {
		n, ok := c.customers[batch[i].Customer]
		if !ok {
			n = nobody
		}
		alias[i] = n
	}
	for i := range batch {
		n := alias[i]
		if n == nobody {
			continue
		}
		sum += c.words[int(n)*c.stride] + uint64(c.owner[n]) + uint64(c.flags[n])
		if x := c.names[batch[i].Name]; x != nil {
			for _, cl := range x.plain {
				if int(n) < len(cl.index) {
					sum += uint64(cl.index[n])
				}
			}
		}
	}
	for i := range batch {
		n := alias[i]
		if n == nobody {
			continue
		}
		x := c.names[batch[i].Name]
		if x == nil {
			continue
		}
		for _, cl := range x.plain {
			if b := cl.block(n); b != nil {
				for at := 0; at < len(b); at += 8 {
					sum += uint64(b[at])
				}
			}
			for _, l := range cl.leaves {
				if s := l.store.get(n); s != nil {
					sum += uint64(s.lo)
				}
			}
		}
	}
	for i := range batch {
		n := alias[i]
		x := c.names[batch[i].Name]
		if n == nobody || x == nil {
			continue
		}
		for _, cl := range x.plain {
			for _, l := range cl.leaves {
				if s := l.store.get(n); s != nil {
					if len(s.list) > 0 {
						sum += uint64(s.list[len(s.list)-1].at)
					}
					if s.more != nil && s.more.seq != nil {
						sum += uint64(s.more.seq.last.at)
					}
				}
			}
		}
	}
	c.sink = sum // so that the reads are made
}
