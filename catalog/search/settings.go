package search

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search/internal/stem"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

// Match says how many words of a query a product must have.
type Match string

// The ways of matching.
const (
	// MatchAny finds products with any of the words; those with more of them rank
	// higher.
	MatchAny Match = "any"
	// MatchAll finds products with all of the words.
	MatchAll Match = "all"
)

// Relax says what to do when [MatchAll] finds nothing.
type Relax string

// The ways of relaxing.
const (
	// RelaxNone reports that nothing was found.
	RelaxNone Relax = ""
	// RelaxAny asks again for any of the words.
	RelaxAny Relax = "any"
	// RelaxLast drops words from the end until something is found.
	RelaxLast Relax = "last"
	// RelaxFirst drops words from the beginning until something is found.
	RelaxFirst Relax = "first"
	// RelaxFrequent drops the most frequent word, then the next, until something
	// is found: the rarest word says most.
	RelaxFrequent Relax = "frequent"
)

// Analysis says how text becomes words.
type Analysis string

// The ways of analysis.
const (
	// AnalyzeWords is for people: case, accents and width are folded, words are
	// stemmed by the language of the locale, runs of Chinese, Japanese and Korean
	// characters become pairs.
	AnalyzeWords Analysis = ""
	// AnalyzeASCII makes a word of each maximal run of ASCII letters and digits,
	// in lower case; all other characters separate.
	AnalyzeASCII Analysis = "ascii"
)

// Locale is one language that products are searched in.
type Locale struct {
	// Code is what documents and queries call it, such as "de-AT".
	Code string
	// Language is the ISO 639-1 code that chooses the stems. Empty is the
	// language of Code; "none" is for words as they are.
	Language string
	// Fallback is the locale whose text stands in where a document has none.
	Fallback string
}

// Field is a text of a document that is searched.
type Field struct {
	Name string
	// Weight is how much a word in it counts, above 0. 0 stands for the ranking's
	// own: Title for the first field, 1 for others.
	Weight float64
	// Length, in [0, 1], is how much a long field counts less (b of BM25). nil
	// stands for the ranking's own.
	Length *float64
}

// Typos says how many edits of a word are forgiven.
type Typos struct {
	// One and Two are the lengths in characters from which one and two edits are
	// forgiven; 0 stands for 5 and 9. A swap of neighbors is one edit.
	One, Two int
	// FirstLetterSingle counts a wrong first letter as one edit; otherwise as two,
	// because people rarely get it wrong.
	FirstLetterSingle bool
	// Known is how many products must have a word for it to be taken as right, so
	// that a search for shirts does not count skirts; 0 stands for 50.
	Known int
	// Off forgives nothing.
	Off bool
}

// Synonym makes words or phrases stand for each other.
type Synonym struct {
	// Words are mutual: each finds all others.
	Words []string
	// From finds itself and To; To does not find From.
	From string
	To   []string
}

// Order is a field to sort by.
type Order struct {
	Field string
	Desc  bool
}

// Settings say what an [Index] searches and how. The zero value searches title and
// description in English, forgives typos from 5 and 9 letters on, and ranks by
// [DefaultRanking].
//
// Locales, Fields, Exact, Analysis, Pinyin, Separator and Roles decide what is
// stored: they are fixed when the index is made. The others may change at any time
// ([Index.Configure]).
type Settings struct {
	// Locales are what documents are searched in, the first one by default.
	Locales []Locale
	// Fields are the texts that are searched, the most telling first: title and
	// description.
	Fields []Field
	// Exact are fields whose values identify: SKU, GTIN, part number. They match
	// without punctuation and case, and never with typos.
	Exact []string
	// Analysis says how text becomes words.
	Analysis Analysis
	// Pinyin also finds Chinese text by its sound in Latin letters.
	Pinyin bool
	// Separator stands between the levels of a hierarchical value: " > ".
	Separator string
	// Roles names the attributes that mean something to the engine.
	Roles Roles

	// Dictionary cuts Chinese queries into words; without it, pairs of neighboring
	// characters are asked for.
	Dictionary bool
	Typos      Typos
	// Prefix also matches the beginnings of words with the last word, for search
	// while typing.
	Prefix bool
	// Match is MatchAny by default.
	Match Match
	Relax Relax
	// Synonyms at most 10,000.
	Synonyms []Synonym
	// StopWords say nothing unless a query has only them.
	StopWords []string
	// Rules pin and hide products by query.
	Rules []Rule
	// TieBreaks order products of equal relevance; the last tie is broken by id.
	TieBreaks []Order
	// Ranking is the numbers of relevance; nil stands for DefaultRanking.
	Ranking *Ranking
	// Plan holds what the shop wants beside relevance: boosts, caps, slots,
	// variety. It is applied once, to the best Window results.
	Plan *rerank.Plan
	// Window is how many of the best by relevance the plan orders: 200.
	Window int
}

// Roles names attributes by what they mean. Empty names stand for those in
// parentheses.
type Roles struct {
	Price      string // in minor units (price)
	Stock      string // units on hand; absent means enough (stock)
	Brand      string // (brand)
	Categories string // (cat)
	Tags       string // (tags)
	Margin     string // share of the price (margin)
	Age        string // days on sale (age)
}

func (r Roles) filled() Roles {
	for _, d := range []struct {
		at   *string
		name string
	}{
		{&r.Price, "price"}, {&r.Stock, "stock"}, {&r.Brand, "brand"}, {&r.Categories, "cat"}, {&r.Tags, "tags"},
		{&r.Margin, "margin"}, {&r.Age, "age"},
	} {
		if *d.at == "" {
			*d.at = d.name
		}
	}
	return r
}

// Limits of what is accepted. What exceeds them matches flywheel.ErrLimit, or is
// cut where the description says so.
const (
	MaxFields     = 7      // of text
	MaxLocales    = 64     //
	MaxSynonyms   = 10_000 // in all
	MaxRules      = 10_000 // in all
	MaxVariants   = 65_535 // of a document
	MaxAttributes = 1_000  // of a document or a variant
	MaxValues     = 10_000 // of an attribute of a document or a variant
	MaxFieldWords = 10_000 // of one text; further ones are not searched
	MaxQueryWords = 30     // further ones are not asked for, and the result says so
	MaxQueryBytes = 64 << 10
	MaxPage       = 10_000 // offset and limit together
	MaxFacets     = 100    // of one query
)

func fieldError(field string, kind error, format string, args ...any) error {
	return &flywheel.FieldError{Field: field, Err: fmt.Errorf("search: "+format+": %w", append(args, kind)...)}
}

// check returns the settings with defaults in place.
func (s Settings) check() (Settings, error) {
	if s.Locales == nil {
		s.Locales = []Locale{{Code: "en"}}
	}
	s.Locales = slices.Clone(s.Locales)
	if len(s.Locales) > MaxLocales {
		return s, fieldError("locales", flywheel.ErrLimit, "%d locales", len(s.Locales))
	}
	for i := range s.Locales {
		l := &s.Locales[i]
		if l.Code == "" || slices.ContainsFunc(s.Locales[:i], func(o Locale) bool { return o.Code == l.Code }) {
			return s, fieldError(fmt.Sprintf("locales[%d].code", i), flywheel.ErrInvalid, "%q is empty or repeated", l.Code)
		}
		if l.Language == "" {
			l.Language = language(l.Code)
			if _, ok := stem.For(l.Language); !ok {
				l.Language = "none"
			}
		}
		if _, ok := stem.For(l.Language); !ok {
			return s, fieldError(fmt.Sprintf("locales[%d].language", i), flywheel.ErrInvalid, "unknown language %q", l.Language)
		}
	}
	for i, l := range s.Locales {
		seen := map[string]bool{}
		for at := l; at.Fallback != ""; {
			j := slices.IndexFunc(s.Locales, func(o Locale) bool { return o.Code == at.Fallback })
			if j < 0 || seen[at.Fallback] {
				return s, fieldError(fmt.Sprintf("locales[%d].fallback", i), flywheel.ErrInvalid, "unknown or circular fallback %q", at.Fallback)
			}
			seen[at.Fallback] = true
			at = s.Locales[j]
		}
	}
	if s.Fields == nil {
		s.Fields = []Field{{Name: "title"}, {Name: "description"}}
	}
	if s.Ranking == nil {
		r := DefaultRanking()
		s.Ranking = &r
	}
	if err := s.Ranking.check(); err != nil {
		return s, err
	}
	s.Fields = slices.Clone(s.Fields)
	if len(s.Fields) == 0 || len(s.Fields) > MaxFields {
		return s, fieldError("fields", flywheel.ErrLimit, "%d fields, want 1 to %d", len(s.Fields), MaxFields)
	}
	for i, f := range s.Fields {
		if f.Name == "" || slices.ContainsFunc(s.Fields[:i], func(o Field) bool { return o.Name == f.Name }) {
			return s, fieldError(fmt.Sprintf("fields[%d].name", i), flywheel.ErrInvalid, "%q is empty or repeated", f.Name)
		}
		if !(f.Weight >= 0 && f.Weight <= 1e6) {
			return s, fieldError(fmt.Sprintf("fields[%d].weight", i), flywheel.ErrOutOfRange, "weight %v", f.Weight)
		}
		if f.Length != nil && !(*f.Length >= 0 && *f.Length <= 1) {
			return s, fieldError(fmt.Sprintf("fields[%d].length", i), flywheel.ErrOutOfRange, "length %v", *f.Length)
		}
	}
	for i, e := range s.Exact {
		if e == "" || slices.Contains(s.Exact[:i], e) {
			return s, fieldError(fmt.Sprintf("exact[%d]", i), flywheel.ErrInvalid, "%q is empty or repeated", e)
		}
	}
	if s.Analysis != AnalyzeWords && s.Analysis != AnalyzeASCII {
		return s, fieldError("analysis", flywheel.ErrInvalid, "unknown analysis %q", s.Analysis)
	}
	if s.Separator == "" {
		s.Separator = " > "
	}
	s.Roles = s.Roles.filled()
	if s.Typos.One == 0 {
		s.Typos.One = 5
	}
	if s.Typos.Two == 0 {
		s.Typos.Two = max(9, s.Typos.One)
	}
	if s.Typos.Known == 0 {
		s.Typos.Known = 50
	}
	if s.Typos.Known < 0 || s.Typos.One < 1 || s.Typos.Two < s.Typos.One {
		return s, fieldError("typos", flywheel.ErrOutOfRange, "one from %d, two from %d letters", s.Typos.One, s.Typos.Two)
	}
	if s.Match == "" {
		s.Match = MatchAny
	}
	if s.Match != MatchAny && s.Match != MatchAll {
		return s, fieldError("match", flywheel.ErrInvalid, "unknown match %q", s.Match)
	}
	switch s.Relax {
	case RelaxNone, RelaxAny, RelaxLast, RelaxFirst, RelaxFrequent:
	default:
		return s, fieldError("relax", flywheel.ErrInvalid, "unknown relax %q", s.Relax)
	}
	if s.Window == 0 {
		s.Window = 200
	}
	if s.Window < 1 || s.Window > MaxPage {
		return s, fieldError("window", flywheel.ErrOutOfRange, "window %d", s.Window)
	}
	if s.Plan != nil {
		if err := s.Plan.Check(); err != nil {
			return s, err
		}
	}
	return s, s.checkLists()
}

func (s Settings) checkLists() error {
	if len(s.Synonyms) > MaxSynonyms {
		return fieldError("synonyms", flywheel.ErrLimit, "%d synonyms", len(s.Synonyms))
	}
	for i, y := range s.Synonyms {
		mutual := len(y.Words) >= 2 && y.From == "" && len(y.To) == 0
		oneWay := len(y.Words) == 0 && y.From != "" && len(y.To) >= 1
		if !mutual && !oneWay {
			return fieldError(fmt.Sprintf("synonyms[%d]", i), flywheel.ErrInvalid, "needs two words, or from and to")
		}
	}
	if len(s.Rules) > MaxRules {
		return fieldError("rules", flywheel.ErrLimit, "%d rules", len(s.Rules))
	}
	for i, r := range s.Rules {
		if err := r.check(); err != nil {
			return fieldError(fmt.Sprintf("rules[%d]", i), flywheel.ErrInvalid, "%v", err)
		}
	}
	for i, o := range s.TieBreaks {
		if o.Field == "" {
			return fieldError(fmt.Sprintf("tieBreaks[%d].field", i), flywheel.ErrInvalid, "no field")
		}
	}
	return nil
}

// stored reports whether two settings store the same.
func (s Settings) stored(o Settings) bool {
	names := func(fs []Field) (all []string) {
		for _, f := range fs {
			all = append(all, f.Name)
		}
		return all
	}
	return slices.Equal(s.Locales, o.Locales) && slices.Equal(names(s.Fields), names(o.Fields)) && slices.Equal(s.Exact, o.Exact) &&
		s.Analysis == o.Analysis && s.Pinyin == o.Pinyin && s.Separator == o.Separator && s.Roles == o.Roles
}

// language returns the first part of a locale's code.
func language(code string) string {
	for i := range len(code) {
		if code[i] == '-' || code[i] == '_' {
			return code[:i]
		}
	}
	return code
}
