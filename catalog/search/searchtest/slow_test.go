package searchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// slow is another engine: it keeps documents in a map and looks at each of them, word
// by word and variant by variant, as a server behind an adapter would be seen. It shares
// nothing with the index.
type slow struct {
	mu   sync.Mutex
	docs map[string]search.Document
	// faults of which the suite must catch each
	fault string
}

func (s *slow) has(fault string) bool { return s.fault == fault }

func (s *slow) Change(ctx context.Context, put []search.Document, remove []string) error {
	if err := ctx.Err(); err != nil && !s.has("deaf") {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.docs == nil {
		s.docs = map[string]search.Document{}
	}
	for _, d := range put {
		if d.ID == "" {
			return &flywheel.FieldError{Field: "id", Err: fmt.Errorf("empty: %w", flywheel.ErrInvalid)}
		}
		if s.has("half") {
			s.docs[d.ID] = d
		}
	}
	drop := func() {
		for _, id := range remove {
			delete(s.docs, id)
		}
	}
	if !s.has("deletes last") {
		drop()
	}
	for _, d := range put {
		s.docs[d.ID] = d
	}
	if s.has("deletes last") {
		drop()
	}
	return nil
}

// record is a variant with the attributes of its product.
type record struct {
	sku   flywheel.SKU
	attrs map[string]any
}

func (s *slow) records(d search.Document) (list []record) {
	vs := d.Variants
	if len(vs) == 0 {
		vs = []search.Variant{{}}
	}
	for _, v := range vs {
		r := record{v.SKU, map[string]any{}}
		for k, x := range d.Attributes {
			r.attrs[k] = x
		}
		for k, x := range v.Attributes {
			r.attrs[k] = x
		}
		for k, x := range r.attrs {
			if n, ok := x.(int); ok {
				r.attrs[k] = float64(n)
			}
		}
		list = append(list, r)
	}
	return list
}

func text(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// within reports whether a value is one of those chosen, or in a range of them.
func within(v any, chosen []any) bool {
	return v != nil && slices.ContainsFunc(chosen, func(c any) bool {
		low, high, ok := strings.Cut(text(c), "..")
		f, number := v.(float64)
		if !ok || !number {
			return text(v) == text(c)
		}
		bound := func(s string, open float64) float64 {
			if s == "" {
				return open
			}
			f, _ := strconv.ParseFloat(s, 64)
			return f
		}
		return f >= bound(low, -1e300) && f < bound(high, 1e300)
	})
}

func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

type found struct {
	doc     search.Document
	score   float64
	records []record
	price   search.PriceRange
}

func refuse(field string, kind error) error {
	return &flywheel.FieldError{Field: field, Err: fmt.Errorf("refused: %w", kind)}
}

// find returns what meets a query; skip is a field whose choice is not looked at.
func (s *slow) find(q search.Query, skip string) (list []found, err error) {
	var cond *rule.Rule
	if len(q.Filter) > 0 {
		if cond, err = rule.Compile(json.RawMessage(q.Filter), nil); err != nil {
			return nil, err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.docs)) {
		d := s.docs[id]
		f := found{doc: d}
		asked := words(q.Text)
		hits := 0
		for _, w := range asked {
			title, body := slices.Contains(words(d.Text["title"]), w), slices.Contains(words(d.Text["description"]), w)
			if title || body {
				hits++
			}
			if title {
				f.score++
			}
			if body {
				f.score += 0.5
			}
		}
		if len(asked) > 0 && (hits == 0 || q.Match == search.MatchAll && hits < len(asked)) {
			continue
		}
		in := search.PriceRange{SoldOut: true}
		all := in
		var loose []record
		for _, r := range s.records(d) {
			ok := cond == nil || cond.Match(r.attrs)
			for field, chosen := range q.Select {
				ok = ok && (field == skip || within(r.attrs[field], chosen))
			}
			if s.has("any variant") {
				loose = append(loose, r)
			}
			if !ok {
				continue
			}
			f.records = append(f.records, r)
			price, priced := r.attrs["price"].(float64)
			stock, counted := r.attrs["stock"].(float64)
			widen := func(p *search.PriceRange) {
				if !p.Known {
					p.From, p.To, p.Known = price, price, true
				}
				p.From, p.To = min(p.From, price), max(p.To, price)
			}
			if there := !counted || stock > 0; there {
				in.SoldOut, all.SoldOut = false, false
				if priced {
					widen(&in)
				}
			}
			if priced {
				widen(&all)
			}
		}
		if len(f.records) > 0 && len(loose) > 0 {
			f.records = loose
		}
		if f.price = all; in.Known {
			f.price = in
		}
		if len(f.records) > 0 {
			list = append(list, f)
		}
	}
	return list, nil
}

func (s *slow) Search(ctx context.Context, q search.Query) (*search.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case q.Group != "":
		return nil, refuse("group", flywheel.ErrInvalid)
	case q.Locale != "" && q.Locale != "en":
		return nil, refuse("locale", flywheel.ErrNotFound)
	case q.Offset < 0 || q.Limit < -1 || q.Offset+q.Limit > search.MaxPage:
		return nil, refuse("limit", flywheel.ErrOutOfRange)
	case q.Match != "" && q.Match != search.MatchAny && q.Match != search.MatchAll:
		return nil, refuse("match", flywheel.ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list, err := s.find(q, "")
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b found) int {
		for _, o := range q.Sort {
			x, y := a.price.From, b.price.From
			if o.Field != "price" {
				x, _ = a.records[0].attrs[o.Field].(float64)
				y, _ = b.records[0].attrs[o.Field].(float64)
			}
			if c := cmp.Compare(x, y); c != 0 {
				if o.Desc {
					return -c
				}
				return c
			}
		}
		if len(q.Sort) == 0 {
			return cmp.Compare(b.score, a.score)
		}
		return 0
	})
	r := &search.Result{Total: len(list)}
	for _, f := range q.Facets {
		fr, err := s.facet(q, f)
		if err != nil {
			return nil, err
		}
		r.Facets = append(r.Facets, fr)
	}
	if q.Limit == 0 {
		q.Limit = 20
	}
	for i, f := range list {
		if i < q.Offset || i >= q.Offset+max(q.Limit, 0) {
			continue
		}
		h := search.Hit{ID: f.doc.ID, Score: f.score, Price: f.price}
		best := 0
		for j, v := range f.records {
			stock := func(r record) bool { n, counted := r.attrs["stock"].(float64); return !counted || n > 0 }
			if b := f.records[best]; j > 0 && (stock(v) && !stock(b) || stock(v) == stock(b) && v.attrs["price"].(float64) < b.attrs["price"].(float64)) {
				best = j
			}
			if v.sku != "" {
				h.Variants = append(h.Variants, v.sku)
			}
		}
		h.Show = f.records[best].sku
		r.Hits = append(r.Hits, h)
	}
	if s.has("page total") {
		r.Total = len(r.Hits)
	}
	return r, nil
}

func (s *slow) facet(q search.Query, f search.Facet) (out search.FacetResult, err error) {
	skip := ""
	if slices.Contains(q.Disjunctive, f.Field) && !s.has("conjunctive") {
		skip = f.Field
	}
	list, err := s.find(q, skip)
	if err != nil {
		return out, err
	}
	out.Field = f.Field
	counts := map[string]int{}
	for _, p := range list {
		seen := map[string]bool{}
		numbers := false
		for _, r := range p.records {
			v := r.attrs[f.Field]
			if n, ok := v.(float64); ok {
				if out.Stats == nil {
					out.Stats = &search.FacetStats{Min: n, Max: n}
				}
				out.Stats.Min, out.Stats.Max, out.Stats.Sum = min(out.Stats.Min, n), max(out.Stats.Max, n), out.Stats.Sum+n
				numbers = true
			}
			for _, key := range append(slices.Clone(f.Ranges), text(v)) {
				if v != nil && (!seen[key] || s.has("counts variants")) && (key == text(v) && f.Ranges == nil || key != text(v) && within(v, []any{key})) {
					seen[key] = true
					counts[key]++
				}
			}
		}
		if numbers {
			out.Stats.Count++
		}
	}
	for v, n := range counts {
		out.Values = append(out.Values, search.FacetValue{Value: v, Count: n, Chosen: within(v, q.Select[f.Field])})
	}
	slices.SortFunc(out.Values, func(a, b search.FacetValue) int {
		if f.Ranges != nil {
			return slices.Index(f.Ranges, a.Value) - slices.Index(f.Ranges, b.Value)
		}
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
	})
	if f.Limit > 0 && len(out.Values) > f.Limit {
		for _, v := range out.Values[f.Limit:] {
			out.Other.Values, out.Other.Count = out.Other.Values+1, out.Other.Count+v.Count
		}
		out.Values = out.Values[:f.Limit]
	}
	return out, nil
}

// Another engine can stand in the place of the index: one that shares nothing with it
// passes the suite, but for what it says it refuses.
func TestAnotherEngine(t *testing.T) {
	Run(t, func(*testing.T) search.Engine { return &slow{} }, Features{Refuses: []string{"group/values"}})
}

// The suite catches what is easily done wrong.
func TestFaults(t *testing.T) {
	for fault, name := range map[string]string{
		"any variant": "count/one-variant", "counts variants": "count/products", "conjunctive": "count/disjunctive", "page total": "find/page",
		"half": "change/all-or-nothing", "deletes last": "change/deletions-first", "deaf": "change/canceled", "groups": "group/values",
	} {
		contract(Features{}).Bites(t, fault, name, func() search.Engine { return &slow{fault: fault} })
	}
	// What is said to be refused must be.
	refusing := contract(Features{Refuses: []string{"count/stats"}})
	refusing.Bites(t, "answers", "count/stats", func() search.Engine { return &slow{} })
}
