package search

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/flywheel-go/flywheel/catalog/search/internal/han"
)

// textPlan is a query read against a snapshot: for each word the ways in which a
// product may have it.
type textPlan struct {
	words    []queryWord
	ways     []way
	required uint32 // words that MatchAll asks for
	head     int    // the word that says what is wanted: the last one before a link
	all      bool   // MatchAll
	key      string // the identifier that the query is; empty if it is none
	idfs     []float64
	order    []int // words as they are evaluated
	sum      float64
	cut      bool // words beyond MaxQueryWords, or expansions, were left out
}

// queryWord is one word of a query.
type queryWord struct {
	text string // its term
	stem string
	stop bool
	df   int // products that have it, or another form of it
	// doubt says that it is more likely a misspelling; idf is then that of all it
	// may mean.
	doubt bool
	idf   float64
	cost  int // products that have it in some way, roughly
	found []candidate
}

// way is one way to have one or several words of a query.
type way struct {
	mask      uint32   // the words it stands for
	term      string   // one term
	place     uint32   // of the term in the first segment, plus one; 0 where it is not known
	terms     []string // or several
	unordered bool     // several terms anywhere, otherwise side by side
	value     float64  // idf times factor
	kind      string
}

// mostExpansions is how many terms a prefix or a typo stands for; of more, those
// that most products have.
const mostExpansions = 500

// mostWays is how many ways a query has, fewer than a slot has numbers.
const mostWays = 1 << 15

// planner reads queries against one snapshot.
type planner struct {
	v      *Snapshot
	c      *config
	locale int
	a      *analyzer
	rank   *Ranking
	plan   *textPlan
	toks   tokens
	fuzzy  fuzzy
	found  []candidate // of all words
	buf    []byte
}

// plan reads a text. A text without words gives a plan without words. The plan lives
// as long as its memory.
func (v *Snapshot) plan(c *config, locale int, text string, match Match, mem *arena) *textPlan {
	p := &mem.planner
	t := &mem.plan
	*t = textPlan{all: match == MatchAll, words: t.words[:0], ways: t.ways[:0], idfs: t.idfs[:0], order: t.order[:0]}
	*p = planner{v: v, c: c, locale: locale, a: c.analyzers[locale], rank: c.Ranking, plan: t, toks: p.toks, fuzzy: p.fuzzy, found: p.found[:0], buf: p.buf[:0]}
	p.read(text)
	if len(c.Exact) > 0 {
		if k := key(text); k != "" && len(k) <= maxTerm && v.df(locale, keyMark+k) > 0 && v.isKey(c, locale, k) {
			p.plan.key = k
			p.add(way{mask: p.full(), term: keyMark + k, value: 1, kind: "identifier"})
			p.weigh()
			return p.plan
		}
	}
	p.expand()
	p.weigh()
	return p.plan
}

// looked is what the index knows of a term.
type looked struct {
	stem   string
	df     int    // documents that have the term
	stemDF int    // and those that have a term of its stem
	place  uint32 // of the term and of its stem in the only segment, plus one
	stemAt uint32
}

// look returns what the index knows of a term.
func (p *planner) look(term string) (l looked) {
	if len(p.v.parts) == 1 { // one look for all
		s := &p.v.parts[0]
		t := s.seg.texts[p.locale]
		if at, ok := t.terms.find(term); ok {
			stem := t.stemOf[at]
			l = looked{t.stems.at(int(stem)), int(t.df[at]) - s.gone(p.locale, at), int(t.stemDF[stem]), uint32(at) + 1, stem + 1}
			if s.dead != nil {
				l.stemDF -= int(s.dead[p.locale].stemDF[stem])
			}
			return l
		}
	} else {
		l.df = p.v.df(p.locale, term)
	}
	l.stem = p.stemOf(term)
	l.stemDF = p.v.stemDF(p.locale, l.stem)
	return l
}

// forms calls yield for each word that documents have with the stem of a term, sorted.
func (p *planner) forms(l *looked, yield func(term string, place uint32)) {
	if l.stemAt == 0 {
		p.v.forms(p.locale, l.stem, func(term string) { yield(term, 0) })
		return
	}
	s := &p.v.parts[0]
	t := s.seg.texts[p.locale]
	for _, term := range t.stemList[t.stemAt[l.stemAt-1]:t.stemAt[l.stemAt]] {
		if int(t.df[term]) > s.gone(p.locale, int(term)) {
			yield(t.terms.at(int(term)), term+1)
		}
	}
}

// stemOf returns the stem of a term, which is at hand where a product has the term.
func (p *planner) stemOf(term string) string {
	for i := range p.v.parts {
		t := p.v.parts[i].seg.texts[p.locale]
		if at, ok := t.terms.find(term); ok {
			return t.stems.at(int(t.stemOf[at]))
		}
	}
	return stemOf(p.a, term)
}

func (p *planner) full() uint32 {
	if n := len(p.plan.words); n > 0 {
		return uint32(1)<<n - 1
	}
	return 0
}

// read cuts the text into words.
func (p *planner) read(text string) {
	if p.c.Dictionary {
		text = cutHan(text)
	}
	t := &p.toks
	t.reset()
	t.breaks = false
	p.a.words(t, text)
	add := func(term string) {
		if len(p.plan.words) == MaxQueryWords {
			p.plan.cut = true
			return
		}
		p.plan.words = append(p.plan.words, queryWord{text: term, stop: p.c.stops[p.locale][term]})
	}
	for i := range t.len() {
		if len(p.plan.words) > MaxQueryWords {
			break
		}
		add(string(t.at(i)))
	}
	if len(p.plan.words) == 0 && strings.TrimSpace(text) != "" && len(p.c.Exact) > 0 {
		if k := key(text); k != "" {
			add(k)
		}
	}
	p.plan.head = len(p.plan.words) - 1
	for i, w := range p.plan.words {
		if i > 0 && slices.Contains(p.a.links, w.text) {
			p.plan.head = i - 1
			break
		}
	}
	meaningful := false
	for i, w := range p.plan.words {
		if !w.stop {
			p.plan.required |= 1 << i
			meaningful = true
		}
	}
	if !meaningful { // of stop words only: all count
		p.plan.required = p.full()
		for i := range p.plan.words {
			p.plan.words[i].stop = false
		}
	}
}

func (p *planner) add(w way) {
	switch {
	case w.value <= 0:
	case len(p.plan.ways) == mostWays:
		p.plan.cut = true
	default:
		p.plan.ways = append(p.plan.ways, w)
	}
}

// expand finds the ways to have each word.
func (p *planner) expand() {
	n := len(p.plan.words)
	for i := range p.plan.words {
		p.word(i)
	}
	for i := 0; i+1 < n; i++ {
		p.joined(i)
	}
	for i := range p.plan.words {
		p.synonymsAt(i)
	}
}

// word finds the ways to have one word by itself.
func (p *planner) word(i int) {
	w := &p.plan.words[i]
	mask := uint32(1) << i
	last := i == len(p.plan.words)-1
	seen := p.look(w.text)
	w.stem, w.df = seen.stem, seen.stemDF
	stem := w.stem
	var found []candidate
	if !w.stop {
		if w.df < p.c.Typos.Known {
			found = p.near(w.text)
		}
		if last && p.c.Prefix && p.rank.Prefix > 0 {
			found = append(found, p.beginning(w.text, stem)...)
		}
	}
	// What is rarer than the word itself does not count more; of an unknown word all
	// candidates count as one.
	known := idf(p.v.n, w.df)
	other := known
	doubtful := w.df == 0
	union := w.df
	for _, f := range found {
		union += f.df
		if f.edits == 1 && p.rank.Rare > 0 && float64(f.df) >= p.rank.Rare*float64(w.df) {
			doubtful = true
		}
	}
	if doubtful {
		other = idf(p.v.n, min(union, p.v.n))
		if w.df > 0 {
			known = other
		}
	}
	w.doubt, w.idf, w.cost, w.found = doubtful, known, union, found
	weight := 1.0
	if w.stop {
		weight = 0.1
	}
	if seen.df > 0 {
		p.add(way{mask: mask, term: w.text, place: seen.place, value: known * weight, kind: "word"})
	}
	p.forms(&seen, func(term string, place uint32) {
		if term != w.text {
			p.add(way{mask: mask, term: term, place: place, value: known * weight * p.rank.Stem, kind: "stem"})
		}
	})
	if len(p.c.Exact) > 0 {
		p.keys(w.text, mask, last)
	}
	if w.stop {
		return
	}
	for _, f := range found {
		factor := f.factor
		if doubtful && f.kind == "typo" {
			factor = math.Pow(factor, p.rank.Unknown)
		}
		p.add(way{mask: mask, term: f.term, place: f.place, value: other * factor, kind: f.kind})
		if !doubtful || f.kind != "typo" {
			continue
		}
		meant := p.look(f.term)
		p.forms(&meant, func(term string, place uint32) { // what the typed word was meant to find
			if term != f.term {
				p.add(way{mask: mask, term: term, place: place, value: other * factor * p.rank.Stem, kind: "typo"})
			}
		})
	}
	if w.df < p.c.Typos.Known {
		p.split(i, known)
	}
	if p.c.Pinyin {
		p.sound(w.text, mask)
	}
}

// candidate is a term that a word may stand for.
type candidate struct {
	term   string
	df     int
	factor float64
	kind   string
	edits  int
	place  uint32 // as that of a way
}

// near returns the terms within the forgiven typos that products have.
func (p *planner) near(word string) []candidate {
	if p.rank.OneTypo <= 0 {
		return nil
	}
	f := &p.fuzzy
	if !f.read(word, p.c.Typos) {
		return nil
	}
	start := len(p.found)
	all := p.found[start:]
	for i := range p.v.parts {
		t := p.v.parts[i].seg.texts[p.locale]
		f.near(t, func(id uint32, edits int) {
			term := t.terms.at(int(id))
			if i > 0 && slices.ContainsFunc(all, func(c candidate) bool { return c.term == term }) {
				return
			}
			factor := p.rank.OneTypo
			if edits == 2 {
				factor = p.rank.TwoTypos
			}
			c := candidate{term: term, factor: factor, kind: "typo", edits: edits}
			if len(p.v.parts) == 1 {
				c.df, c.place = int(t.df[id])-p.v.parts[0].gone(p.locale, int(id)), id+1
			} else {
				c.df = p.v.df(p.locale, term)
			}
			if c.df > 0 {
				all = append(all, c)
			}
		})
	}
	p.found = append(p.found[:start], p.frequent(all)...)
	return p.found[start:len(p.found):len(p.found)]
}

// frequent keeps the candidates that most products have, in order of term.
func (p *planner) frequent(all []candidate) []candidate {
	if len(all) > mostExpansions {
		p.plan.cut = true
		slices.SortFunc(all, func(a, b candidate) int {
			if a.df != b.df {
				return b.df - a.df
			}
			return strings.Compare(a.term, b.term)
		})
		all = all[:mostExpansions]
	}
	slices.SortFunc(all, func(a, b candidate) int { return strings.Compare(a.term, b.term) })
	return all
}

// beginning returns the terms that begin with a word.
func (p *planner) beginning(word, stem string) []candidate {
	found := map[string]int{}
	for i := range p.v.parts {
		t := p.v.parts[i].seg.texts[p.locale]
		from, to := t.terms.prefixed(word)
		for term := from; term < to; term++ {
			if d := int(t.df[term]) - p.v.parts[i].gone(p.locale, term); d > 0 {
				found[t.terms.at(term)] += d
			}
		}
	}
	var all []candidate
	typed := float64(utf8.RuneCountInString(word))
	for term, df := range found {
		if term == word || p.stemOf(term) == stem {
			continue
		}
		factor := p.rank.Prefix * typed / float64(utf8.RuneCountInString(term))
		all = append(all, candidate{term: term, df: df, factor: factor, kind: "prefix"})
	}
	return p.frequent(all)
}

// keys adds the identifiers that a word is, or begins.
func (p *planner) keys(word string, mask uint32, last bool) {
	k := keyMark + key(word)
	if len(k) == len(keyMark) {
		return
	}
	value := func(df int) float64 { return idf(p.v.n, df) }
	if df := p.v.df(p.locale, k); df > 0 {
		p.add(way{mask: mask, term: k, value: value(df), kind: "identifier"})
	}
	if !last || !p.c.Prefix || utf8.RuneCountInString(word) < 3 {
		return
	}
	for _, f := range p.beginning(k, k) {
		p.add(way{mask: mask, term: f.term, value: value(f.df) * 0.9, kind: "identifier"})
	}
}

// joined adds two words written as one.
func (p *planner) joined(i int) {
	a, b := p.plan.words[i], p.plan.words[i+1]
	if p.rank.Joined <= 0 || !latin(a.text) || !latin(b.text) {
		return
	}
	p.buf = append(append(p.buf[:0], a.text...), b.text...)
	term := unsafe.String(unsafe.SliceData(p.buf), len(p.buf)) // looked up only
	mask := uint32(3) << i
	if p.v.df(p.locale, term) > 0 {
		term = strings.Clone(term)
		p.add(way{mask: mask, term: term, value: idf(p.v.n, p.v.stemDF(p.locale, p.stemOf(term))) * p.rank.Joined, kind: "joined"})
	}
	if len(p.c.Exact) > 0 {
		k := keyMark + key(term)
		if df := p.v.df(p.locale, k); df > 0 {
			p.add(way{mask: mask, term: k, value: idf(p.v.n, df), kind: "identifier"})
		}
	}
}

// latin reports whether words of a term's kind may be joined and split.
func latin(term string) bool {
	r, _ := utf8.DecodeRuneInString(term)
	return !cjk(r) && r >= ' '
}

// mostSplits is how many ways to split a word are tried, those whose parts most
// products have.
const mostSplits = 2

// split adds one word written as two.
func (p *planner) split(i int, known float64) {
	w := p.plan.words[i]
	if p.rank.Split <= 0 || !latin(w.text) || len(w.text) < 4 {
		return
	}
	type cut struct{ at, df int }
	var cuts []cut
	for at := range w.text {
		if at == 0 {
			continue
		}
		df := p.v.df(p.locale, w.text[:at])
		if df > 0 {
			df = min(df, p.v.df(p.locale, w.text[at:]))
		}
		if df > 0 {
			cuts = append(cuts, cut{at, df})
		}
	}
	slices.SortStableFunc(cuts, func(a, b cut) int { return b.df - a.df })
	for _, c := range cuts[:min(len(cuts), mostSplits)] {
		value := idf(p.v.n, c.df)
		if w.df > 0 {
			value = min(value, known)
		}
		p.add(way{mask: 1 << i, terms: []string{w.text[:c.at], w.text[c.at:]}, value: value * p.rank.Split, kind: "split"})
	}
}

// sound adds the Chinese text that a word in Latin letters is the sound of.
func (p *planner) sound(word string, mask uint32) {
	syllables := han.Syllables(word)
	if len(syllables) == 0 || p.rank.Sound <= 0 {
		return
	}
	if len(syllables) == 1 {
		term := soundMark + syllables[0]
		if df := p.v.df(p.locale, term); df > 0 {
			p.add(way{mask: mask, term: term, value: idf(p.v.n, df) * p.rank.Sound, kind: "sound"})
		}
		return
	}
	var terms []string
	for i := 1; i < len(syllables); i++ {
		terms = append(terms, soundMark+syllables[i-1]+" "+syllables[i])
	}
	df := p.v.n
	for _, t := range terms {
		df = min(df, p.v.df(p.locale, t))
	}
	if df > 0 {
		p.add(way{mask: mask, terms: terms, unordered: true, value: idf(p.v.n, df) * p.rank.Sound, kind: "sound"})
	}
}

// synonymsAt adds what stands for the words from i on.
func (p *planner) synonymsAt(i int) {
	if len(p.c.synonyms[p.locale]) == 0 {
		return
	}
	words := p.plan.words[i:]
	for _, y := range p.c.synonyms[p.locale][words[0].stem] {
		if len(y.from) > len(words) {
			continue
		}
		same := true
		for j, f := range y.from {
			same = same && words[j].stem == f
		}
		if !same {
			continue
		}
		mask := (uint32(1)<<len(y.from) - 1) << i
		// A synonym counts as what it stands for, at most as the words typed.
		typed := 0.0
		for j := range y.from {
			typed += idf(p.v.n, words[j].df)
		}
		if len(y.to) > 1 {
			df := p.v.n
			for _, t := range y.to {
				df = min(df, p.v.df(p.locale, t))
			}
			if df > 0 {
				p.add(way{mask: mask, terms: y.to, value: min(typed, idf(p.v.n, df)) * p.rank.Synonym, kind: "synonym"})
			}
			continue
		}
		stem := p.stemOf(y.to[0])
		value := min(typed, idf(p.v.n, p.v.stemDF(p.locale, stem))) * p.rank.Synonym
		p.v.forms(p.locale, stem, func(term string) {
			p.add(way{mask: mask, term: term, value: value, kind: "synonym"})
		})
	}
}

// weigh computes what each word counts in shares: its idf, or that of the best way.
func (p *planner) weigh() {
	t := p.plan
	for i := range t.words {
		t.idfs = append(t.idfs, 0)
		if t.words[i].df > 0 {
			t.idfs[i] = t.words[i].idf
		}
	}
	for i := range t.ways {
		w := &t.ways[i]
		for m := w.mask; m != 0; m &= m - 1 {
			i := bits.TrailingZeros32(m)
			if t.words[i].df == 0 {
				t.idfs[i] = max(t.idfs[i], w.value/float64(bits.OnesCount32(w.mask)))
			}
		}
	}
	for i := range t.idfs {
		if t.idfs[i] == 0 {
			t.idfs[i] = idf(p.v.n, 0) // nothing has the word: what it would count
		}
		if t.words[i].stop {
			t.idfs[i] *= 0.1
		}
		t.sum += t.idfs[i]
		t.order = append(t.order, i)
	}
	if t.all { // rare words first, the others then look only at what is left
		slices.SortStableFunc(t.order, func(a, b int) int { return t.words[a].cost - t.words[b].cost })
	}
}

// cutHan puts spaces between the words of Chinese runs.
func cutHan(text string) string {
	var b strings.Builder
	var run []rune
	flush := func() {
		for i, w := range han.Words(run) {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(string(w))
		}
		run = run[:0]
	}
	for _, r := range text {
		if r >= 0x4e00 && r <= 0x9fff {
			run = append(run, r)
			continue
		}
		flush()
		b.WriteRune(r)
	}
	flush()
	return b.String()
}
