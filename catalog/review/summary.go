package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Mention is what a sentence says of an aspect.
type Mention struct {
	Aspect string `json:"aspect"`
	// Positive is praise, else it is blame.
	Positive bool `json:"positive"`
}

// tokenize returns the words of a text in lower case; an apostrophe or a hyphen
// within a word: the first stays, the second parts it.
func tokenize(text string) []string {
	text = strings.ReplaceAll(strings.ToLower(text), "’", "'")
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
}

// sentences splits a text at its stops and lines. A point within a number or an
// abbreviation of one letter is none.
func sentences(text string) (list []string) {
	start := 0
	runes := []rune(text)
	for i, r := range runes {
		end := r == '\n' || r == '!' || r == '?' || r == '。' || r == '！' || r == '？'
		if r == '.' {
			end = i+1 == len(runes) || unicode.IsSpace(runes[i+1]) || runes[i+1] == '"' || runes[i+1] == ')'
		}
		if end {
			if s := strings.TrimSpace(string(runes[start : i+1])); s != "" {
				list = append(list, s)
			}
			start = i + 1
		}
	}
	if s := strings.TrimSpace(string(runes[start:])); s != "" {
		list = append(list, s)
	}
	return list
}

// found is a phrase of a clause.
type found struct {
	entry
	from, to int // words
}

// Mentions returns what a sentence says, by aspect in the order of the lexicon; nil
// stands for [English]. Praise and blame of one aspect are two mentions.
//
// The sentence is cut into clauses at commas, semicolons and contrasting words. In a
// clause phrases are found, the longest first. An aspect that is named takes the
// judgment nearest to it, the following of two; a judgment is turned by a negation
// up to four words before it in the clause. O(words).
func Mentions(sentence string, l *Lexicon) ([]Mention, error) {
	c := english()
	if l != nil {
		var err error
		if c, err = compile(l); err != nil {
			return nil, err
		}
	}
	return c.mentions(sentence), nil
}

var english = sync.OnceValue(func() *compiled {
	c, err := compile(English())
	if err != nil {
		panic(err) // a test compiles it
	}
	return c
})

func (c *compiled) mentions(sentence string) []Mention {
	seen := map[[2]int]bool{}
	last := -1 // the aspect that the sentence spoke of and did not judge
	for _, clause := range c.clauses(sentence) {
		last = c.judge(clause, seen, last)
	}
	var list []Mention
	for key := range seen {
		list = append(list, Mention{c.names[key[0]], key[1] > 0})
	}
	slices.SortFunc(list, func(a, b Mention) int {
		return cmp.Or(cmp.Compare(slices.Index(c.names, a.Aspect), slices.Index(c.names, b.Aspect)), boolCompare(a.Positive, b.Positive))
	})
	return list
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// clauses cuts a sentence at its marks and before contrasting words.
func (c *compiled) clauses(sentence string) (list [][]string) {
	for _, part := range strings.FieldsFunc(sentence, func(r rune) bool { return strings.ContainsRune(",;:()!?–—", r) }) {
		var clause []string
		for _, w := range tokenize(part) {
			if slices.ContainsFunc(c.entries[w], func(e entry) bool { return e.kind == ofContrast }) {
				list = append(list, clause)
				clause = nil
				continue
			}
			clause = append(clause, w)
		}
		list = append(list, clause)
	}
	return list
}

// find returns the phrases of a clause, the longest where several begin, without
// those within another.
func (c *compiled) find(clause []string) (list []found) {
	for i := 0; i < len(clause); {
		n := min(MaxPhrase, len(clause)-i)
		for ; n > 0; n-- {
			if entries := c.entries[strings.Join(clause[i:i+n], " ")]; len(entries) > 0 {
				for _, e := range entries {
					list = append(list, found{e, i, i + n})
				}
				break
			}
		}
		i += max(1, n)
	}
	return list
}

// judge adds what a clause says and returns the aspect that it names without a
// judgment, else -1. open is that of the clause before.
func (c *compiled) judge(clause []string, seen map[[2]int]bool, open int) int {
	phrases := c.find(clause)
	negated := func(f found) bool {
		n := 0
		for _, g := range phrases {
			if g.kind == ofNegation && g.to <= f.from && f.from-g.to < c.reach && !onlyAfter(clause, g.to) {
				n++
			}
		}
		return n%2 == 1
	}
	excess := func(f found) bool {
		return slices.ContainsFunc(phrases, func(g found) bool { return g.kind == ofExcess && g.to == f.from })
	}
	polarity := func(f found) int {
		p := f.polarity
		if excess(f) {
			p = -1 // too much even of something good
		}
		if negated(f) {
			p = -p
		}
		return p
	}
	var terms []found
	for _, f := range phrases {
		switch f.kind {
		case ofBoth:
			seen[[2]int{f.aspect, polarity(f)}] = true
		case ofTerm:
			terms = append(terms, f)
		}
	}
	judged := func(aspect int, at found) (p int, ok bool) {
		best := 1 << 30
		for _, f := range phrases {
			if f.kind != ofOpinion && (f.kind != ofLocal || f.aspect != aspect) || f.from == at.from && f.to == at.to {
				continue
			}
			d := 2 * (f.from - at.to)
			if f.to <= at.from {
				d = 2*(at.from-f.to) + 1 // of two as near the following counts
			}
			if f.kind == ofOpinion && slices.ContainsFunc(phrases, func(g found) bool {
				return g.from == f.from && g.to == f.to && g.kind == ofLocal && g.aspect == aspect
			}) {
				continue // the aspect knows the word better
			}
			if d >= 0 && d < best {
				best, p, ok = d, polarity(f), true
			}
		}
		return p, ok
	}
	open2 := -1
	for _, t := range terms {
		if slices.ContainsFunc(phrases, func(f found) bool { return f.kind == ofBoth && f.aspect == t.aspect }) {
			continue // said already
		}
		if p, ok := judged(t.aspect, t); ok {
			seen[[2]int{t.aspect, p}] = true
		} else {
			open2 = t.aspect
		}
	}
	if len(terms) == 0 && open >= 0 {
		// "The battery, after a year of use, is still great": the judgment comes late.
		if p, ok := judged(open, found{from: 0, to: 0}); ok {
			seen[[2]int{open, p}] = true
			return -1
		}
		return open
	}
	return open2
}

// onlyAfter reports whether a negation is that of "not only" or "not just".
func onlyAfter(clause []string, at int) bool {
	return at < len(clause) && (clause[at] == "only" || clause[at] == "just" || clause[at] == "to" && at+1 < len(clause) && clause[at+1] == "mention")
}

// Quote is a sentence of a review.
type Quote struct {
	Post     string `json:"post"`
	Sentence string `json:"sentence"`
	Positive bool   `json:"positive"`
}

// AspectSummary is what reviews say of one aspect.
type AspectSummary struct {
	Aspect string `json:"aspect"`
	// Mentioned counts the reviews that judge the aspect; Positive and Negative those
	// that praise and blame it, a mixed one in both.
	Mentioned int `json:"mentioned"`
	Positive  int `json:"positive"`
	Negative  int `json:"negative"`
	// Text says so in one sentence with a quote.
	Text string `json:"text"`
	// Quotes are sentences as they stand in reviews, the first of each side the one of
	// Text.
	Quotes []Quote `json:"quotes"`
}

// Summary is what readers of many reviews would remember. Every sentence of it has
// its counts and quotes a review; nothing is written that nobody said.
type Summary struct {
	// Reviews counts the reviews that were read.
	Reviews int             `json:"reviews"`
	Aspects []AspectSummary `json:"aspects,omitempty"`
}

// The bounds of a summary.
const (
	// AspectLeast is how many reviews must judge an aspect before it is summarized.
	AspectLeast = 3
	quotesASide = 2
	quoteLeast  = 12  // characters
	quoteMost   = 240 // characters
)

// Summarize says by aspect what visible reviews say, the most mentioned aspect
// first. The posts come in the order in which they are to be quoted, such as the
// most helpful first; reviews of verified buyers are quoted before others. Posts in
// another language than the lexicon's, where they name one, are passed over; nil
// stands for [English]. O(words).
func Summarize(posts []Post, l *Lexicon) (Summary, error) {
	c := english()
	if l != nil {
		var err error
		if c, err = compile(l); err != nil {
			return Summary{}, err
		}
	}
	type side struct {
		reviews int
		quotes  []Quote
		spare   []Quote // of buyers that are not verified
	}
	sides := map[Mention]*side{}
	mentioned := map[string]int{}
	var s Summary
	for i := range posts {
		p := &posts[i]
		language, _, _ := strings.Cut(p.Language, "-")
		if p.Kind != Review || !p.Visible() || p.Language != "" && c.language != "" && !strings.EqualFold(language, c.language) {
			continue
		}
		s.Reviews++
		said := map[Mention]string{}
		aspects := map[string]bool{}
		for _, sentence := range append(sentences(p.Title), sentences(p.Text)...) {
			for _, m := range c.mentions(sentence) {
				aspects[m.Aspect] = true
				n := len([]rune(sentence))
				if before, ok := said[m]; !ok || before == "" {
					if said[m] = ""; n >= quoteLeast && n <= quoteMost {
						said[m] = sentence
					}
				}
			}
		}
		for a := range aspects {
			mentioned[a]++
		}
		for m, sentence := range said {
			if sides[m] == nil {
				sides[m] = &side{}
			}
			sides[m].reviews++
			switch q := (Quote{p.ID, sentence, m.Positive}); {
			case sentence == "":
			case p.Verified && len(sides[m].quotes) < quotesASide:
				sides[m].quotes = append(sides[m].quotes, q)
			case !p.Verified && len(sides[m].spare) < quotesASide:
				sides[m].spare = append(sides[m].spare, q)
			}
		}
	}
	for _, name := range c.names {
		if mentioned[name] < AspectLeast {
			continue
		}
		a := AspectSummary{Aspect: name, Mentioned: mentioned[name]}
		for _, positive := range []bool{true, false} {
			of := sides[Mention{name, positive}]
			if of == nil {
				continue
			}
			if positive {
				a.Positive = of.reviews
			} else {
				a.Negative = of.reviews
			}
			a.Quotes = append(a.Quotes, append(of.quotes, of.spare[:min(len(of.spare), quotesASide-len(of.quotes))]...)...)
		}
		a.Text = a.text()
		s.Aspects = append(s.Aspects, a)
	}
	slices.SortStableFunc(s.Aspects, func(a, b AspectSummary) int { return cmp.Compare(b.Mentioned, a.Mentioned) })
	return s, nil
}

// text is the sentence about an aspect: the larger side with its count and quote,
// then the other.
func (a *AspectSummary) text() string {
	verb, other, count, rest := "praise", "criticize", a.Positive, a.Negative
	positive := true
	if a.Negative > a.Positive {
		verb, other, count, rest, positive = other, verb, rest, count, false
	}
	form := func(verb string, n int) string {
		if n == 1 {
			return verb + "s"
		}
		return verb
	}
	text := fmt.Sprintf("%d of the %d reviews that mention the %s %s it", count, a.Mentioned, a.Aspect, form(verb, count))
	if q := a.quote(positive); q != "" {
		text += fmt.Sprintf(" (“%s”)", q)
	}
	if rest > 0 {
		text += fmt.Sprintf(", %d %s it", rest, form(other, rest))
		if q := a.quote(!positive); q != "" {
			text += fmt.Sprintf(" (“%s”)", q)
		}
	}
	return text + "."
}

func (a *AspectSummary) quote(positive bool) string {
	for _, q := range a.Quotes {
		if q.Positive == positive {
			return q.Sentence
		}
	}
	return ""
}
