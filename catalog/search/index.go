package search

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/flywheel-go/flywheel"
)

// Index holds the searched documents of one catalog. It is safe for concurrent use:
// queries read a [Snapshot] and take no lock, changes are made one after another and
// seen whole.
type Index struct {
	mu   sync.Mutex // of writers
	snap atomic.Pointer[Snapshot]
}

// New returns an empty index. The error names the setting that is wrong.
func New(s Settings) (*Index, error) {
	c, err := compile(s)
	if err != nil {
		return nil, err
	}
	x := new(Index)
	x.snap.Store(newSnapshot(c, nil))
	return x, nil
}

// Snapshot returns the index as it is now.
func (x *Index) Snapshot() *Snapshot { return x.snap.Load() }

// Search is [Snapshot.Search] of the index as it is now.
func (x *Index) Search(q Query) (*Result, error) { return x.Snapshot().Search(q) }

// Settings returns the settings, with defaults in place.
func (x *Index) Settings() Settings { return x.Snapshot().c.Settings }

// Configure replaces the settings. Those that decide what is stored must stay as
// they are, else the error matches flywheel.ErrConflict: make another index.
func (x *Index) Configure(s Settings) error {
	c, err := compile(s)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	v := x.Snapshot()
	if !v.c.stored(c.Settings) {
		return fmt.Errorf("search: what is stored would change: %w", flywheel.ErrConflict)
	}
	x.snap.Store(newSnapshot(c, v.parts))
	return nil
}

// Put adds documents, replacing those of the same id; of one id twice the last one
// counts. It is all-or-nothing: the error names the document and the field, such as
// documents[3].attributes.color.
//
// A change costs the documents in it, and on average as many merges of segments as
// the index has doublings of the change; putting an assortment in one call is
// cheapest.
func (x *Index) Put(docs ...Document) error { return x.Change(docs, nil) }

// Delete removes documents; ids that are not there are ignored.
func (x *Index) Delete(ids ...string) {
	_ = x.Change(nil, ids) // nothing to refuse
}

// Change puts and deletes in one step that readers see whole. Deletions come first.
func (x *Index) Change(put []Document, remove []string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	v := x.Snapshot()
	last := make(map[string]int, len(put))
	for i := range put {
		if err := put[i].check(&v.c.Settings); err != nil {
			return within(fmt.Sprintf("documents[%d]", i), err)
		}
		last[put[i].ID] = i
	}
	parts := slices.Clone(v.parts)
	e := editor{parts: parts, touched: make([]bool, len(parts))}
	for _, id := range remove {
		e.remove(id)
	}
	for i := range put {
		if last[put[i].ID] == i {
			e.remove(put[i].ID)
		}
	}
	if len(last) > 0 {
		b := newBuilder(&v.c.Settings, v.c.analyzers)
		for i := range put {
			if last[put[i].ID] == i {
				b.add(&put[i])
			}
		}
		seg := b.build()
		e.parts = append(e.parts, part{seg: seg, live: seg.n})
	}
	x.snap.Store(newSnapshot(v.c, tidy(v.c, e.parts)))
	return nil
}

// within puts a path before that of a field error.
func within(path string, err error) error {
	if f, ok := err.(*flywheel.FieldError); ok {
		return &flywheel.FieldError{Field: path + "." + f.Field, Err: f.Err}
	}
	return err
}

// Compact merges everything into one segment without deleted documents, which makes
// queries fastest. O(index).
func (x *Index) Compact() {
	x.mu.Lock()
	defer x.mu.Unlock()
	v := x.Snapshot()
	if len(v.parts) == 1 && v.parts[0].alive == nil || len(v.parts) == 0 {
		return
	}
	x.snap.Store(newSnapshot(v.c, []part{merged(v.c, v.parts)}))
}

// editor deletes from segments, copying what says which documents are live once.
type editor struct {
	parts   []part
	touched []bool
	seen    []uint32
}

func (e *editor) remove(id string) {
	for i := range e.touched {
		p := &e.parts[i]
		doc, ok := p.seg.find(id)
		if !ok || !p.has(doc) {
			continue
		}
		if !e.touched[i] {
			e.touched[i] = true
			p.copyDead()
		}
		e.kill(p, doc)
	}
}

func (p *part) copyDead() {
	if p.alive == nil {
		p.alive = fullBitset(p.seg.n)
		p.dead = make([]deadCounts, len(p.seg.texts))
		for i, t := range p.seg.texts {
			p.dead[i] = deadCounts{make([]uint32, t.terms.len()), make([]uint32, t.stems.len()), make([]uint64, t.fields)}
		}
		return
	}
	p.alive = p.alive.clone()
	dead := make([]deadCounts, len(p.dead))
	for i, d := range p.dead {
		dead[i] = deadCounts{slices.Clone(d.df), slices.Clone(d.stemDF), slices.Clone(d.total)}
	}
	p.dead = dead
}

// kill deletes a document and takes its words out of the numbers.
func (e *editor) kill(p *part, doc int) {
	p.alive.clear(doc)
	p.live--
	for i, t := range p.seg.texts {
		d := &p.dead[i]
		var all []uint32
		e.seen = t.forward(doc, e.seen, func(f int, ordered, extra []uint32) {
			d.total[f] += uint64(t.length(doc, f))
			all = append(append(all, ordered...), extra...)
		})
		slices.Sort(all)
		all = slices.Compact(all)
		if i, ok := t.terms.find(breakMark); ok { // no word
			all = slices.DeleteFunc(all, func(term uint32) bool { return term == uint32(i) })
		}
		for j, term := range all {
			d.df[term]++
			all[j] = t.stemOf[term]
		}
		slices.Sort(all)
		for _, stem := range slices.Compact(all) {
			d.stemDF[stem]++
		}
	}
}

// tidy merges small segments and those with many deleted documents, so that their
// number stays below the logarithm of the documents.
func tidy(c *config, parts []part) []part {
	parts = slices.DeleteFunc(parts, func(p part) bool { return p.live == 0 })
	for i := range parts {
		if p := &parts[i]; p.seg.n >= 64 && p.live < p.seg.n/2 {
			*p = merged(c, parts[i:i+1])
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return b.live - a.live })
	for n := len(parts); n >= 2 && 2*parts[n-1].live >= parts[n-2].live; n = len(parts) {
		// All that the sum reaches are merged at once.
		from, sum := n-2, parts[n-1].live+parts[n-2].live
		for from > 0 && 2*sum >= parts[from-1].live {
			from--
			sum += parts[from].live
		}
		parts = append(parts[:from:from], merged(c, parts[from:]))
	}
	return parts
}

// merged makes one segment of the live documents of several.
func merged(c *config, parts []part) part {
	b := newBuilder(&c.Settings, c.analyzers)
	for i := range parts {
		p := &parts[i]
		maps := newTakeMaps(p.seg)
		for d := range p.seg.n {
			if p.has(d) {
				b.take(p.seg, maps, d)
			}
		}
	}
	seg := b.build()
	return part{seg: seg, live: seg.n}
}
