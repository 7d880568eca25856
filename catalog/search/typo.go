package search

import (
	"math/bits"
	"slices"
	"sync"
	"unicode/utf8"
)

// signature returns which letters a term has, in 58 bits, and its length in
// characters above them; 0 for terms that typos never find: marked ones, digits
// only, runs of CJK and what is longer than 63 characters. Two terms that differ by
// k edits differ in at most 2·k of the letters.
func signature(term string) uint64 {
	if term == "" || term[0] < ' ' {
		return 0
	}
	n := uint64(0)
	letters := uint64(0)
	digits := true
	for _, r := range term {
		n++
		switch {
		case r >= 'a' && r <= 'z':
			letters |= 1 << (r - 'a')
			digits = false
		case r >= '0' && r <= '9':
			letters |= 1 << (26 + r - '0')
		case cjk(r):
			return 0
		default:
			letters |= 1 << (36 + uint32(r)%22)
			digits = digits && r == '.'
		}
	}
	if digits || n > 63 {
		return 0
	}
	return n<<58 | letters
}

const letterBits = 1<<58 - 1

// allowed returns how many edits of a word of n characters are forgiven.
func (t Typos) allowed(n int) int {
	switch {
	case t.Off || n < t.One:
		return 0
	case n < t.Two:
		return 1
	}
	return 2
}

// edits returns the optimal string alignment distance of two words: insertions,
// deletions, substitutions and swaps of neighbors, no part edited twice (L.
// Boytsov 2011, Indexing methods for approximate dictionary searching, §2.1.1); at
// least limit+1 where it is above limit. O(limit·length).
func edits(a, b []rune, limit int) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > limit {
		return limit + 1
	}
	for len(a) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a) == 0 {
		return len(b)
	}
	if len(b) > 64 {
		return limit + 1
	}
	var rows [3][65]int8
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = int8(j)
	}
	over := int8(limit + 1)
	for i := 1; i <= len(a); i++ {
		row[0] = int8(i)
		least := int8(i)
		from, to := max(1, i-limit), min(len(b), i+limit)
		if from > 1 {
			row[from-1] = over
		}
		for j := from; j <= to; j++ {
			cost := int8(1)
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j-1]+cost, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if to < len(b) {
			row[to+1] = over
		}
		if least >= over {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return int(min(last[len(b)], over))
}

// fuzzy is a word that terms are compared with.
type fuzzy struct {
	runes  []rune
	sig    uint64
	limit  int
	single bool // a wrong first letter is one edit
	buf    []rune
}

// near calls yield for each term of t within the forgiven edits, with their number,
// at least 1.
func (f *fuzzy) near(t *textIndex, yield func(term uint32, edits int)) {
	sized := t.bySize()
	if f.single {
		for g := range sized.runes {
			f.among(t, sized, g, yield)
		}
		return
	}
	// With another first letter only one edit at the beginning is left.
	if f.limit == 2 {
		f.begin(t, yield)
	}
	if g, ok := slices.BinarySearch(sized.runes, f.runes[0]); ok {
		f.among(t, sized, g, yield)
	}
}

// among is near for the terms of one first letter.
func (f *fuzzy) among(t *textIndex, sized *sizes, group int, yield func(term uint32, edits int)) {
	n := int(f.sig >> 58)
	letters := f.sig & letterBits
	at := sized.at[group*longest : (group+1)*longest+1]
	from, to := at[max(n-f.limit, 1)], at[min(n+f.limit+1, longest)]
	terms := sized.terms[from:to]
	for i, sig := range sized.sigs[from:to] {
		if bits.OnesCount64((sig^letters)&letterBits) > 2*f.limit {
			continue
		}
		if bits.OnesCount64((sig&^letters)&letterBits) > f.limit || bits.OnesCount64((letters&^sig)&letterBits) > f.limit {
			continue // each edit adds at most one letter, and takes at most one away
		}
		f.buf = appendRunes(f.buf[:0], t.terms.at(int(terms[i])))
		if d := edits(f.runes, f.buf, f.limit); d > 0 && d <= f.limit {
			yield(terms[i], d)
		}
	}
}

// longest is above the most characters of a term that typos find.
const longest = 64

// sizes is the terms that typos find by first letter, then by length.
type sizes struct {
	once  sync.Once
	runes []rune   // first letters, ascending
	at    []uint32 // by place of the first letter and length, where they begin; one more
	sigs  []uint64
	terms []uint32
}

// bySize returns the terms by first letter and length, sorted at the first call.
// O(terms).
func (t *textIndex) bySize() *sizes {
	s := &t.sized
	s.once.Do(func() {
		key := make([]uint32, len(t.sigs)) // 0 for terms without typos
		for i, sig := range t.sigs {
			if sig == 0 {
				continue
			}
			r, _ := utf8.DecodeRuneInString(t.terms.at(i))
			if n := len(s.runes); n == 0 || s.runes[n-1] != r { // terms are sorted
				s.runes = append(s.runes, r)
			}
			key[i] = uint32(len(s.runes)-1)*longest + uint32(sig>>58)
		}
		s.at = make([]uint32, len(s.runes)*longest+2)
		for _, k := range key {
			if k > 0 {
				s.at[k+1]++
			}
		}
		for i := range s.at[1:] {
			s.at[i+1] += s.at[i]
		}
		n := s.at[len(s.at)-1]
		s.sigs, s.terms = make([]uint64, n), make([]uint32, n)
		next := slices.Clone(s.at)
		for i, k := range key {
			if k > 0 {
				s.sigs[next[k]], s.terms[next[k]] = t.sigs[i], uint32(i)
				next[k]++
			}
		}
		s.at = s.at[:len(s.runes)*longest+1]
	})
	return s
}

func appendRunes(dst []rune, s string) []rune {
	for _, r := range s {
		dst = append(dst, r)
	}
	return dst
}

// begin calls yield for the terms that differ by one edit of the first letter, which
// counts as two.
func (f *fuzzy) begin(t *textIndex, yield func(term uint32, edits int)) {
	word := string(f.runes)
	rest := string(f.runes[1:])
	swapped := string(append([]rune{f.runes[1], f.runes[0]}, f.runes[2:]...))
	for _, other := range []string{rest, swapped} { // the first letter is too much, or swapped with the second
		if i, ok := t.terms.find(other); ok && t.sigs[i] != 0 && !begins(other, f.runes[0]) {
			yield(uint32(i), 2)
		}
	}
	for _, tail := range []string{rest, word} { // it is another one, or missing
		h := fnv(tail)
		at, _ := slices.BinarySearch(t.tails, uint64(h)<<32)
		for ; at < len(t.tails) && uint32(t.tails[at]>>32) == h; at++ {
			i := int(uint32(t.tails[at]))
			term := t.terms.at(i)
			_, size := utf8.DecodeRuneInString(term)
			if t.sigs[i] != 0 && term[size:] == tail && !begins(term, f.runes[0]) && term != swapped {
				yield(uint32(i), 2)
			}
		}
	}
}

func begins(term string, r rune) bool {
	first, _ := utf8.DecodeRuneInString(term)
	return first == r
}

// tailsOf returns for each term that may be mistyped the hash of all but its first
// letter, with its number, sorted.
func tailsOf(terms *strs, sigs []uint64) []uint64 {
	var all []uint64
	for i, sig := range sigs {
		if sig == 0 {
			continue
		}
		term := terms.at(i)
		_, size := utf8.DecodeRuneInString(term)
		all = append(all, uint64(fnv(term[size:]))<<32|uint64(i))
	}
	slices.Sort(all)
	return all
}

// read takes a word to compare with; false where no typo is forgiven.
func (f *fuzzy) read(word string, typos Typos) bool {
	sig := signature(word)
	limit := typos.allowed(utf8.RuneCountInString(word))
	if sig == 0 || limit == 0 {
		return false
	}
	*f = fuzzy{runes: appendRunes(f.runes[:0], word), sig: sig, limit: limit, single: typos.FirstLetterSingle, buf: f.buf}
	return true
}
