package search

import (
	"fmt"
	"slices"
)

// How a rule's query is compared with what was typed, both as words of the locale.
const (
	QueryIs       = "exact"    // the same words
	QueryContains = "contains" // these words in a row, anywhere
	QueryStarts   = "starts"   // these words first
	QueryEnds     = "ends"     // these words last
	QueryAlways   = "always"   // any query
)

// Rule changes the results of a query: merchants pin what they want seen and hide
// what misleads.
type Rule struct {
	// Query is what is typed, compared as Is says.
	Query string
	Is    string
	// Pin puts products into places. It does not break a filter: a product that
	// does not pass it is not shown.
	Pin []Pin
	// Hide takes products out of results, counts included.
	Hide []string
}

// Pin puts a product into a place, counted from 1.
type Pin struct {
	ID       string
	Position int
}

func (r *Rule) check() error {
	switch r.Is {
	case QueryIs, QueryContains, QueryStarts, QueryEnds, QueryAlways:
	default:
		return fmt.Errorf("unknown comparison %q", r.Is)
	}
	seen := map[int]bool{}
	for i, p := range r.Pin {
		if p.ID == "" || p.Position < 1 || p.Position > MaxPage || seen[p.Position] {
			return fmt.Errorf("pin[%d]: %q at %d", i, p.ID, p.Position)
		}
		seen[p.Position] = true
	}
	if slices.Contains(r.Hide, "") {
		return fmt.Errorf("hide of no id")
	}
	return nil
}

// compiledRule has the words of a rule by locale.
type compiledRule struct {
	rule  *Rule
	words [][]string
}

func compileRules(rules []Rule, analyzers []*analyzer) []compiledRule {
	var all []compiledRule
	for i := range rules {
		c := compiledRule{rule: &rules[i]}
		for _, a := range analyzers {
			c.words = append(c.words, a.terms(rules[i].Query))
		}
		all = append(all, c)
	}
	return all
}

// merchandising is what the rules say of a query.
type merchandising struct {
	pins []Pin // by position
	hide map[string]bool
}

// merchandise returns what the rules say; of two pins for one place or product the
// earlier rule's counts.
func (c *config) merchandise(locale int, words []string) merchandising {
	var m merchandising
	for _, r := range c.rules {
		if !r.applies(locale, words) {
			continue
		}
		for _, p := range r.rule.Pin {
			if !slices.ContainsFunc(m.pins, func(o Pin) bool { return o.ID == p.ID || o.Position == p.Position }) {
				m.pins = append(m.pins, p)
			}
		}
		for _, id := range r.rule.Hide {
			if m.hide == nil {
				m.hide = map[string]bool{}
			}
			m.hide[id] = true
		}
	}
	slices.SortFunc(m.pins, func(a, b Pin) int { return a.Position - b.Position })
	return m
}

func (r *compiledRule) applies(locale int, words []string) bool {
	w := r.words[locale]
	switch r.rule.Is {
	case QueryAlways:
		return true
	case QueryIs:
		return slices.Equal(w, words)
	case QueryStarts:
		return len(w) > 0 && len(words) >= len(w) && slices.Equal(w, words[:len(w)])
	case QueryEnds:
		return len(w) > 0 && len(words) >= len(w) && slices.Equal(w, words[len(words)-len(w):])
	}
	for i := 0; len(w) > 0 && i+len(w) <= len(words); i++ {
		if slices.Equal(w, words[i:i+len(w)]) {
			return true
		}
	}
	return false
}
