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
	sets := make([]*counted, len(e.parts))
	for i := range e.parts {
		sets[i] = e.counted(i, skip)
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
	if len(e.parts) == 1 {
		if c := e.v.parts[0].seg.cols[q.Field]; c != nil {
			for code, n := range sets[0].counts(c) {
				if n > 0 && code > 0 {
					if v := c.value(uint32(code)); listed(v) {
						items = append(items, facetItem{v: v, count: int(n)})
					}
				}
			}
		}
	} else {
		sum := map[value]int{}
		for i := range e.parts {
			c := e.v.parts[i].seg.cols[q.Field]
			if c == nil {
				continue
			}
			for code, n := range sets[i].counts(c) {
				if n > 0 && code > 0 {
					sum[c.value(uint32(code))] += int(n)
				}
			}
		}
		for v, n := range sum {
			if listed(v) {
				items = append(items, facetItem{v: v, count: n})
			}
		}
	}
	for v := range chosen {
		if !slices.ContainsFunc(items, func(x facetItem) bool { return x.v == v }) && listed(v) {
			if _, isSpan := parseSpan(v.text); v.kind != textValue || !isSpan {
				items = append(items, facetItem{v: v})
			}
		}
	}
	limit := q.Limit
	if limit == 0 {
		limit = defaultFacetLimit
	}
	items, rest := mostCounted(items, limit)
	for _, x := range items {
		out.Values = append(out.Values, FacetValue{Value: strings.Clone(x.text), Count: x.count, Chosen: chosen[x.v]})
	}
	for _, x := range rest {
		out.Other.Values++
		out.Other.Count += x.count
	}
	if q.Rest && len(rest) > 0 {
		left := map[value]bool{}
		for _, x := range rest {
			left[x.v] = true
		}
		for i := range e.parts {
			c := e.v.parts[i].seg.cols[q.Field]
			if c == nil {
				continue
			}
			wanted := make([]bool, c.card()+1)
			for code := 1; code < len(wanted); code++ {
				wanted[code] = left[c.value(uint32(code))]
			}
			out.Other.Products += sets[i].having(c, wanted)
		}
	}
}

// mostCounted orders items by count, then value, and cuts them.
func mostCounted(items []facetItem, limit int) (kept, rest []facetItem) {
	// Most are far below the limit's count: select before naming and sorting.
	if len(items) > 4*limit {
		counts := make([]int, len(items))
		for i, x := range items {
			counts[i] = x.count
		}
		slices.SortFunc(counts, func(a, b int) int { return cmp.Compare(b, a) })
		least := counts[limit-1]
		high := slices.Clone(items)[:0]
		for _, x := range items {
			if x.count >= least {
				high = append(high, x)
			} else {
				rest = append(rest, x)
			}
		}
		items = high
	}
	for i := range items {
		items[i].text = items[i].v.String()
	}
	slices.SortFunc(items, func(a, b facetItem) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.text, b.text), cmp.Compare(a.v.kind, b.v.kind))
	})
	n := min(limit, len(items))
	return items[:n], append(rest, items[n:]...)
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
