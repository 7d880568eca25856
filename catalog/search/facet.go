package search

import (
	"cmp"
	"slices"
	"strings"
)

// facet counts one facet over all segments.
func (e *execution) facet(q *Facet) FacetResult {
	out := FacetResult{Field: q.Field}
	chosen := map[value]bool{}
	skip := -1
	for i, ch := range e.chosen {
		if ch.field != q.Field {
			continue
		}
		for _, v := range ch.values {
			chosen[v] = true
		}
		if ch.own {
			skip = i
		}
	}
	sets := e.sets[skip]
	if sets == nil {
		for i := range e.parts {
			sets = append(sets, e.counted(i, skip))
		}
		if e.sets == nil {
			e.sets = map[int][]*counted{}
		}
		e.sets[skip] = sets
	}
	if len(q.Ranges) > 0 {
		e.ranges(q, sets, chosen, &out)
		return out
	}
	e.stats(q.Field, sets, &out)
	e.values(q, sets, chosen, &out)
	return out
}

// facetItem is a value with its count and where it stands in each segment.
type facetItem struct {
	v     value
	text  string
	count int
}

// values counts the values of a facet.
func (e *execution) values(q *Facet, sets []*counted, chosen map[value]bool, out *FacetResult) {
	var items []facetItem
	words := fuzzyless(q.Text)
	listed := func(v value) bool {
		if len(words) > 0 && !hasWords(v.String(), words) {
			return false
		}
		if q.Under != "" {
			rest, ok := strings.CutPrefix(v.String(), q.Under+e.c.Separator)
			return ok && !strings.Contains(rest, e.c.Separator)
		}
		return true
	}
	limit := q.Limit
	if limit == 0 || limit > defaultFacetLimit {
		limit = defaultFacetLimit
	}
	var main *column
	var counts []uint32
	if len(e.parts) > 0 {
		main = e.v.parts[0].seg.cols[q.Field]
	}
	if main != nil {
		counts = sets[0].counts(main)
	}
	extra := map[value]int{} // of values that only further segments have
	for i := 1; i < len(e.parts); i++ {
		c := e.v.parts[i].seg.cols[q.Field]
		if c == nil {
			continue
		}
		if i == 1 && counts != nil {
			counts = slices.Clone(counts)
		}
		for code, n := range sets[i].counts(c) {
			if n == 0 || code == 0 {
				continue
			}
			v := c.value(uint32(code))
			if main != nil {
				if at := main.code(v); at != 0 {
					counts[at] += n
					continue
				}
			}
			extra[v] += int(n)
		}
	}
	least := uint32(1)
	plain := len(words) == 0 && q.Under == "" && main != nil && len(main.nums) == 0 && len(counts) > 2*limit
	if plain { // only values above the limit's count can be listed
		least = max(1, leastOf(counts, limit))
	}
	for code, n := range counts {
		if n == 0 || code == 0 {
			continue
		}
		if n < least {
			out.Other.Values++
			out.Other.Count += int(n)
			continue
		}
		if v := main.value(uint32(code)); listed(v) {
			items = append(items, facetItem{v: v, count: int(n)})
		}
	}
	for v, n := range extra {
		if listed(v) {
			items = append(items, facetItem{v: v, count: n})
		}
	}
	for v := range chosen {
		if plain {
			if code := main.code(v); code != 0 && counts[code] > 0 && counts[code] < least {
				out.Other.Values--
				out.Other.Count -= int(counts[code])
				items = append(items, facetItem{v: v, count: int(counts[code])})
				continue
			}
		}
		if !slices.ContainsFunc(items, func(x facetItem) bool { return x.v == v }) && listed(v) {
			if _, isSpan := parseSpan(v.text); v.kind != textValue || !isSpan {
				items = append(items, facetItem{v: v})
			}
		}
	}
	items, rest := mostCounted(items, limit)
	for _, x := range items {
		out.Values = append(out.Values, FacetValue{Value: x.text, Count: x.count, Chosen: chosen[x.v]})
	}
	for _, x := range rest {
		out.Other.Values++
		out.Other.Count += x.count
	}
	if q.Rest && out.Other.Values > 0 {
		kept := map[value]bool{}
		for _, x := range items {
			kept[x.v] = true
		}
		for i := range e.parts {
			c := e.v.parts[i].seg.cols[q.Field]
			if c == nil {
				continue
			}
			wanted := make([]bool, c.card()+1)
			for code := 1; code < len(wanted); code++ {
				v := c.value(uint32(code))
				wanted[code] = !kept[v] && listed(v)
			}
			out.Other.Products += sets[i].having(c, wanted)
		}
	}
}

// leastOf returns the count that the n-th most counted value has, 0 where there are
// fewer.
func leastOf(counts []uint32, n int) uint32 {
	heap := make([]uint32, 0, n) // the n largest, the least of them at the root
	for _, c := range counts[1:] {
		if len(heap) == n && c <= heap[0] {
			continue
		}
		if len(heap) < n {
			heap = append(heap, c)
			for i := len(heap) - 1; i > 0 && heap[i] < heap[(i-1)/2]; i = (i - 1) / 2 {
				heap[i], heap[(i-1)/2] = heap[(i-1)/2], heap[i]
			}
			continue
		}
		heap[0] = c
		for i := 0; ; {
			least := i
			for _, k := range [2]int{2*i + 1, 2*i + 2} {
				if k < n && heap[k] < heap[least] {
					least = k
				}
			}
			if least == i {
				break
			}
			heap[i], heap[least] = heap[least], heap[i]
			i = least
		}
	}
	if len(heap) < n {
		return 0
	}
	return heap[0]
}

// mostCounted orders items by count, then value, and cuts them.
func mostCounted(items []facetItem, limit int) (kept, rest []facetItem) {
	for i := range items {
		items[i].text = items[i].v.String()
	}
	slices.SortFunc(items, func(a, b facetItem) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.text, b.text), cmp.Compare(a.v.kind, b.v.kind))
	})
	n := min(limit, len(items))
	return items[:n], items[n:]
}

// fuzzyless returns the folded words of a text that is looked for within values.
func fuzzyless(text string) []string {
	a := analyzer{stem: func(s string) string { return s }}
	return a.terms(text)
}

// hasWords reports whether each word begins a word of the value.
func hasWords(v string, words []string) bool {
	of := fuzzyless(v)
	for _, w := range words {
		if !slices.ContainsFunc(of, func(o string) bool { return strings.HasPrefix(o, w) }) {
			return false
		}
	}
	return true
}

// ranges counts products with a number in each range.
func (e *execution) ranges(q *Facet, sets []*counted, chosen map[value]bool, out *FacetResult) {
	for _, text := range q.Ranges {
		r, _ := parseSpan(text)
		n := 0
		for i := range e.parts {
			if c := e.v.parts[i].seg.cols[q.Field]; c != nil {
				from, to := c.span(r.low, r.high)
				n += sets[i].within(c, from, to)
			}
		}
		out.Values = append(out.Values, FacetValue{Value: text, Count: n, Chosen: chosen[value{kind: textValue, text: text}]})
	}
}

// stats sums up the numbers of a field.
func (e *execution) stats(field string, sets []*counted, out *FacetResult) {
	var st FacetStats
	for i := range e.parts {
		c := e.v.parts[i].seg.cols[field]
		if c == nil || len(c.nums) == 0 {
			continue
		}
		s := sets[i].stats(c)
		if s.Count == 0 {
			continue
		}
		if st.Count == 0 {
			st.Min, st.Max = s.Min, s.Max
		}
		st.Min, st.Max = min(st.Min, s.Min), max(st.Max, s.Max)
		st.Sum += s.Sum
		st.Count += s.Count
	}
	if st.Count > 0 {
		out.Stats = &st
	}
}
