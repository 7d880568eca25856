package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// suggestion returns the query with unknown words replaced by the closest known
// ones: fewest edits, then most products.
func (e *execution) suggestion() string {
	if e.plan.key != "" {
		return ""
	}
	var words []string
	for i := range e.plan.words {
		w := &e.plan.words[i]
		if w.df > 0 && !w.doubt || w.stop || e.has(i, "identifier", "joined", "split", "synonym", "sound") {
			continue
		}
		if c, ok := closest(w.found); ok {
			if words == nil {
				for _, w := range e.plan.words {
					words = append(words, w.text)
				}
			}
			words[i] = c.term
		}
	}
	return strings.Join(words, " ")
}

// has reports whether a word has one of these ways.
func (e *execution) has(i int, kinds ...string) bool {
	return slices.ContainsFunc(e.plan.ways, func(w way) bool { return w.mask>>i&1 != 0 && slices.Contains(kinds, w.kind) })
}

func closest(all []candidate) (candidate, bool) {
	all = slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return c.kind != "typo" })
	if len(all) == 0 {
		return candidate{}, false
	}
	return slices.MinFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(b.df, a.df), cmp.Compare(a.term, b.term))
	}), true
}

// Completion is a query that begins as what was typed.
type Completion struct {
	Text string
	// Products is how many products have its last word.
	Products int
}

// Complete returns what a query may go on as, most products first: the words typed,
// the last one completed, or corrected where nothing begins like it. In a query of
// several words only completions that occur with the word before in a first field
// are kept, if there are any. O(terms that begin like the last word).
func (v *Snapshot) Complete(locale, text string, limit int) ([]Completion, error) {
	c := v.c
	at := c.locale(locale)
	switch {
	case at < 0:
		return nil, fieldError("locale", flywheel.ErrNotFound, "unknown locale %q", locale)
	case len(text) > MaxQueryBytes:
		return nil, fieldError("text", flywheel.ErrLimit, "%d bytes", len(text))
	case limit < 0 || limit > defaultFacetLimit:
		return nil, fieldError("limit", flywheel.ErrOutOfRange, "%d, want 0 to %d", limit, defaultFacetLimit)
	}
	p := &planner{v: v, c: c, locale: at, a: c.analyzers[at], rank: c.Ranking, plan: new(textPlan)}
	words := p.a.terms(text)
	if len(words) == 0 || len(words) > MaxQueryWords {
		return nil, nil
	}
	last := words[len(words)-1]
	found := map[string]int{}
	for i := range v.parts {
		t := v.parts[i].seg.texts[at]
		from, to := t.terms.prefixed(last)
		for term := from; term < to; term++ {
			if d := int(t.df[term]) - v.parts[i].gone(at, term); d > 0 {
				found[t.terms.at(term)] += d
			}
		}
	}
	if len(found) == 0 {
		for _, f := range p.near(last) {
			found[f.term] = f.df
		}
	}
	all := make([]Completion, 0, len(found))
	for term, df := range found {
		all = append(all, Completion{strings.Clone(term), df})
	}
	order := func(a, b Completion) int {
		return cmp.Or(cmp.Compare(b.Products, a.Products), cmp.Compare(utf8.RuneCountInString(a.Text), utf8.RuneCountInString(b.Text)), cmp.Compare(a.Text, b.Text))
	}
	slices.SortFunc(all, order)
	if len(words) > 1 {
		pool := all[:min(len(all), 200)]
		with := v.following(at, words[len(words)-2], pool)
		if len(with) > 0 {
			slices.SortFunc(with, order)
			all = with
		}
		before := strings.Join(words[:len(words)-1], " ") + " "
		for i := range all {
			all[i].Text = before + all[i].Text
		}
	}
	return all[:min(limit, len(all))], nil
}

// following returns the completions that follow a word in a first field, with how
// many products have the two.
func (v *Snapshot) following(locale int, word string, pool []Completion) (with []Completion) {
	counts := make([]int, len(pool))
	var seq []uint32
	for i := range v.parts {
		p := &v.parts[i]
		t := p.seg.texts[locale]
		first, ok := t.terms.find(word)
		if !ok {
			continue
		}
		place := map[uint32]int{}
		for j, c := range pool {
			if term, ok := t.terms.find(c.Text); ok {
				place[uint32(term)] = j
			}
		}
		for it := t.postings(uint32(first)); it.next(); {
			if !p.has(int(it.doc)) {
				continue
			}
			seq = t.first(int(it.doc), seq[:0])
			seen := -1
			for j := 0; j+1 < len(seq); j++ {
				if k, ok := place[seq[j+1]]; ok && seq[j] == uint32(first) && k != seen {
					counts[k]++
					seen = k
				}
			}
		}
	}
	for j, n := range counts {
		if n > 0 {
			with = append(with, Completion{pool[j].Text, n})
		}
	}
	return with
}
