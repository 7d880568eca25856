package search

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// Query is what is asked of an index.
type Query struct {
	// Text is what was typed. Empty lists everything that passes the filter.
	Text string
	// Locale is one of the settings', the first by default.
	Locale string
	// Filter is a condition of package segment/rule over attributes. A list meets
	// a comparison if one element does; $ne, $nin and $not are the negation. One
	// variant must meet the whole filter.
	Filter json.RawMessage
	// Select holds chosen facet values: one of each field must be had, by one
	// variant. A text "a..b" chooses numbers from a up to b, without b; either may
	// be absent.
	Select map[string][]any
	// Disjunctive names the facets that are counted without their own choice.
	Disjunctive []string
	// Facets to count.
	Facets []Facet
	// Sort replaces relevance; ties are broken by id. The price of a product is
	// its lowest among matching variants in stock.
	Sort []Order
	// Offset and Limit are the page; a Limit of 0 stands for 20, −1 for no hits.
	Offset, Limit int
	// Group makes a hit for each product and value of this field among the
	// matching variants, instead of one for each product.
	Group string
	// Match and Relax stand before the settings' where not empty; so does Plan.
	Match Match
	Relax Relax
	Plan  *rerank.Plan
	// Boost is the factor of each product for this customer; nil for none. It is
	// asked for the best Window results.
	Boost func(id string) float64
	// Explain adds to each hit why it ranks where it does.
	Explain bool
}

// Facet is one facet to count.
type Facet struct {
	Field string
	// Limit is the most values listed, 0 for all up to 1,000.
	Limit int
	// Ranges of numbers, "a..b" as in Select; they are counted instead of values.
	Ranges []string
	// Text keeps values with a word that begins with each of its words, for a
	// search within a facet.
	Text string
	// Under lists only the values one level below a hierarchical value; "" lists all.
	Under string
	// Rest also counts the products behind the values that Limit leaves out.
	Rest bool
}

// defaultFacetLimit is the most values that a facet lists.
const defaultFacetLimit = 1000

// Result is what a query found.
type Result struct {
	// Hits of the page, best first.
	Hits []Hit
	// Total products, beyond the page.
	Total int
	// Groups is how many hits there are in all when the query groups.
	Groups int
	// Facets as asked for, in order.
	Facets []FacetResult
	// Relaxed holds the words that were given up because nothing had all of them,
	// in the order of the query. With RelaxAny it holds all words.
	Relaxed []string
	// Suggestion is the query with words that nothing has replaced by the closest
	// ones there are; empty where every word is known or none is close.
	Suggestion string
	// Cut says which limits shortened the query; see [MaxQueryWords].
	Cut []string
}

// Hit is one product found. Its texts live as long as the snapshot.
type Hit struct {
	ID string
	// Score of relevance, rounded to nine decimals; 0 where the query has no text.
	Score float64
	// Variants that meet filter and choices, in order of the document; empty for
	// documents without variants.
	Variants []flywheel.SKU
	// Show is the one of them to show: the first in stock, then cheapest, then
	// first.
	Show flywheel.SKU
	// Price over them.
	Price PriceRange
	// Group is the value of the query's Group.
	Group string
	// Pinned reports that a rule put it here.
	Pinned bool
	// Why explains the score, if the query asked.
	Why *Why

	part, doc int
}

// PriceRange is the lowest and highest price of the variants in stock, of all
// where none is.
type PriceRange struct {
	From, To float64
	// SoldOut reports that none of the variants is in stock.
	SoldOut bool
	// Known is false where no variant has a price.
	Known bool
}

// Why explains the score of a hit.
type Why struct {
	// Words holds for each word of the query how the product has it.
	Words []WordMatch
	// Text is the sum of the words' scores, Title and Any the shares of the query
	// found in the first field and in any, Bonus the sum that multiplies Text.
	Text, Title, Any, Bonus float64
	// Rules names boosts and other rules of the plan that moved the hit.
	Rules []string
}

// WordMatch is how a product has one word of a query.
type WordMatch struct {
	Word  string // of the query
	Term  string // of the product; empty if it has none
	Way   string // word, stem, typo, prefix, joined, split, synonym, sound, identifier
	Score float64
	Title bool
}

// FacetResult is one counted facet.
type FacetResult struct {
	Field string
	// Values by count, then by value.
	Values []FacetValue
	// Other sums up the values that the limit left out.
	Other FacetOther
	// Stats of numbers; nil where the field has none.
	Stats *FacetStats
}

// FacetValue is a value and how many products have it.
type FacetValue struct {
	Value string
	Count int
	// Chosen reports that the query selects it.
	Chosen bool
}

// FacetOther sums up values that are not listed.
type FacetOther struct {
	Values   int // how many
	Count    int // sum of their counts
	Products int // products that have any of them, each once; counted if Rest asks for it
}

// FacetStats sums up the numbers of a field over matching variants.
type FacetStats struct {
	Min, Max, Sum float64
	Count         int // products that have any
}

// span is a half-open range of numbers.
type span struct{ low, high float64 }

// parseSpan reads "a..b".
func parseSpan(text string) (span, bool) {
	low, high, ok := strings.Cut(text, "..")
	if !ok {
		return span{}, false
	}
	s := span{math.Inf(-1), math.Inf(1)}
	for _, e := range []struct {
		text string
		into *float64
	}{{low, &s.low}, {high, &s.high}} {
		if e.text == "" {
			continue
		}
		f, err := strconv.ParseFloat(e.text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return span{}, false
		}
		*e.into = f
	}
	return s, s.low <= s.high
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// check reports what is wrong with a query, by path.
func (q *Query) check(c *config) error {
	if len(q.Text) > MaxQueryBytes {
		return fieldError("text", flywheel.ErrLimit, "%d bytes", len(q.Text))
	}
	if q.Offset < 0 || q.Limit < -1 || q.Offset+q.Limit > MaxPage {
		return fieldError("limit", flywheel.ErrOutOfRange, "from %d, %d hits; at most %d together", q.Offset, q.Limit, MaxPage)
	}
	if q.Locale != "" && c.locale(q.Locale) < 0 {
		return fieldError("locale", flywheel.ErrNotFound, "unknown locale %q", q.Locale)
	}
	switch q.Match {
	case "", MatchAny, MatchAll:
	default:
		return fieldError("match", flywheel.ErrInvalid, "unknown match %q", q.Match)
	}
	switch q.Relax {
	case RelaxNone, RelaxAny, RelaxLast, RelaxFirst, RelaxFrequent:
	default:
		return fieldError("relax", flywheel.ErrInvalid, "unknown relax %q", q.Relax)
	}
	if len(q.Facets) > MaxFacets || len(q.Select) > MaxFacets {
		return fieldError("facets", flywheel.ErrLimit, "%d facets, %d chosen", len(q.Facets), len(q.Select))
	}
	for i, f := range q.Facets {
		if f.Field == "" || f.Limit < 0 {
			return fieldError(fmt.Sprintf("facets[%d]", i), flywheel.ErrInvalid, "field %q, limit %d", f.Field, f.Limit)
		}
		if len(f.Ranges) > defaultFacetLimit {
			return fieldError(fmt.Sprintf("facets[%d].ranges", i), flywheel.ErrLimit, "%d ranges", len(f.Ranges))
		}
		for j, r := range f.Ranges {
			if _, ok := parseSpan(r); !ok {
				return fieldError(fmt.Sprintf("facets[%d].ranges[%d]", i, j), flywheel.ErrInvalid, "%q is no range", r)
			}
		}
	}
	for i, o := range q.Sort {
		if o.Field == "" {
			return fieldError(fmt.Sprintf("sort[%d].field", i), flywheel.ErrInvalid, "no field")
		}
	}
	for field, chosen := range q.Select {
		if len(chosen) > defaultFacetLimit {
			return fieldError("select."+field, flywheel.ErrLimit, "%d values", len(chosen))
		}
		if _, err := valuesOf(nil, chosen); err != nil {
			return &flywheel.FieldError{Field: "select." + field, Err: err}
		}
	}
	if q.Plan != nil {
		return q.Plan.Check()
	}
	return nil
}
