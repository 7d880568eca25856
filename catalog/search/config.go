package search

import (
	"slices"
	"strings"
)

// config is settings compiled for use.
type config struct {
	Settings
	analyzers []*analyzer
	stops     []map[string]bool    // by locale, terms
	synonyms  []map[string][]synTo // by locale, by the stem of the first word
	rules     []compiledRule
}

// synTo is one way of a synonym: these words stand for those.
type synTo struct {
	from []string // stems
	to   []string // terms, in order
}

func compile(s Settings) (*config, error) {
	s, err := s.check()
	if err != nil {
		return nil, err
	}
	c := &config{Settings: s}
	for _, l := range s.Locales {
		c.analyzers = append(c.analyzers, newAnalyzer(&s, l))
	}
	c.compileLists()
	return c, nil
}

// compileLists reads stop words, synonyms and rules in each locale.
func (c *config) compileLists() {
	for _, a := range c.analyzers {
		stops := map[string]bool{}
		for _, w := range c.StopWords {
			for _, term := range a.terms(w) {
				stops[term] = true
			}
		}
		c.stops = append(c.stops, stops)
		by := map[string][]synTo{}
		add := func(from, to string) {
			f, t := a.terms(from), a.terms(to)
			if len(f) == 0 || len(t) == 0 || slices.Equal(f, t) {
				return
			}
			for i := range f {
				f[i] = stemOf(a, f[i])
			}
			by[f[0]] = append(by[f[0]], synTo{f, t})
		}
		for _, y := range c.Synonyms {
			for _, from := range y.Words {
				for _, to := range y.Words {
					add(from, to)
				}
			}
			for _, to := range y.To {
				add(y.From, to)
			}
		}
		c.synonyms = append(c.synonyms, by)
	}
	c.rules = compileRules(c.Rules, c.analyzers)
}

// terms returns the words of a text as terms.
func (a *analyzer) terms(text string) []string {
	var t tokens
	a.words(&t, text)
	var all []string
	for i := range t.len() {
		all = append(all, string(t.at(i)))
	}
	return all
}

// locale returns the place of a locale, −1 if there is none.
func (c *config) locale(code string) int {
	if code == "" {
		return 0
	}
	return slices.IndexFunc(c.Locales, func(l Locale) bool { return l.Code == code })
}

func (w *way) text() string {
	if w.terms != nil {
		return strings.Join(w.terms, " ")
	}
	return w.term
}
