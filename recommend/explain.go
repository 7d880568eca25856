package recommend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Cause is what one item of the history adds to the score of a recommendation.
type Cause struct {
	SKU flywheel.SKU
	// Part of the score; the parts of all causes sum to it, up to what does not
	// depend on the history.
	Part float64
}

// Explained is a recommended item with what speaks for it.
type Explained struct {
	SKU   flywheel.SKU
	Score float64
	// Causes are those of the history with a part other than 0, largest first;
	// empty where the model does not look at histories.
	Causes []Cause
	// Share of popularity: the history says nothing.
	Cold bool
	// Moved are the rules that moved the item, from [Answer].
	Moved []string
}

// Sentence says why, for a shopper to read: at most three items are named.
func (e Explained) Sentence() string {
	var names []string
	var named, all float64
	for _, c := range e.Causes {
		if c.Part <= 0 {
			break
		}
		if all += c.Part; len(names) < 3 && (len(names) == 0 || c.Part >= 0.25*e.Causes[0].Part) {
			names = append(names, string(c.SKU))
			named += c.Part
		}
	}
	s := "popular with other customers"
	switch {
	case len(names) > 0:
		s = "because you chose " + list(names)
		if share := named / all; share < 0.995 {
			s += fmt.Sprintf(" (%.0f %% of what speaks for it)", 100*share)
		}
	case e.Cold:
		s = "popular, as we do not know your taste yet"
	}
	if len(e.Moved) > 0 {
		s += "; " + strings.Join(e.Moved, "; ")
	}
	return s
}

// list joins names as in a sentence.
func list(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// Explain returns the k best items for h, without those of skip, each with its
// causes. For models that are sums over the history the parts are exact.
func Explain(s Scorer, h, skip History, k int) ([]Explained, error) {
	if k < 1 {
		return nil, fmt.Errorf("recommend: k = %d: %w", k, flywheel.ErrOutOfRange)
	}
	n := s.Index().Len()
	r := newRanker(n)
	r.history = skip
	s.Score(h, r.scores)
	all := make([]bool, n)
	for i := range all {
		all[i] = true
	}
	items, wrong := r.rank(k, all)
	if wrong {
		return nil, fmt.Errorf("recommend: a score is not a number: %w", flywheel.ErrInvalid)
	}
	out := make([]Explained, len(items))
	for i, item := range items {
		out[i] = Explained{SKU: s.Index().SKU(item), Score: r.scores[item], Causes: Causes(s, h, item), Cold: len(h) == 0}
	}
	return out, nil
}

// Causes returns what the items of h add to the score of item, largest first; none
// when s is no [Contributor].
func Causes(s Scorer, h History, item int32) []Cause {
	c, ok := s.(Contributor)
	if !ok || len(h) == 0 {
		return nil
	}
	parts := make([]float64, len(h))
	c.Contributions(h, item, parts)
	var out []Cause
	for k, v := range parts {
		if v != 0 && !math.IsNaN(v) {
			out = append(out, Cause{s.Index().SKU(h[k].Item), v})
		}
	}
	slices.SortStableFunc(out, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Part, a.Part), compareSKU(a.SKU, b.SKU))
	})
	return out
}
