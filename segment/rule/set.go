package rule

import (
	"math"
	"unicode"
	"unicode/utf8"
)

// set is the list of $in, indexed for one look-up whatever its length. Lists
// and objects within are never equal to anything, as under JavaScript's ===.
type set struct {
	short           []string // texts, while there are few
	texts           map[string]struct{}
	numbers         map[float64]struct{}
	null, yes, no   bool
	nan, ignoreCase bool
}

const shortSet = 8

func newSet(list []any, ignoreCase bool) *set {
	s := &set{ignoreCase: ignoreCase, numbers: map[float64]struct{}{}}
	for _, x := range list {
		switch v := valueOf(x); v.kind {
		case kindNull:
			s.null = true
		case kindBool:
			s.yes, s.no = s.yes || v.num != 0, s.no || v.num == 0
		case kindNumber:
			s.numbers[v.num] = struct{}{}
			s.nan = s.nan || math.IsNaN(v.num)
		case kindString:
			text := v.str
			if ignoreCase {
				text = string(appendFolded(nil, text))
			}
			s.short = append(s.short, text)
		}
	}
	if len(s.short) > shortSet {
		s.texts = make(map[string]struct{}, len(s.short))
		for _, text := range s.short {
			s.texts[text] = struct{}{}
		}
		s.short = nil
	}
	return s
}

// has reports whether v, or an element of the list v, is in the set.
func (s *set) has(v *value) bool {
	switch v.kind {
	case kindString:
		if s.ignoreCase {
			var buffer [64]byte
			return s.hasText(string(appendFolded(buffer[:0], v.str)))
		}
		return s.hasText(v.str)
	case kindNumber:
		_, ok := s.numbers[v.num]
		return ok || s.nan && math.IsNaN(v.num)
	case kindBool:
		return s.yes && v.num != 0 || s.no && v.num == 0
	case kindNull:
		return s.null
	case kindList:
		for i := range v.length() {
			if element := v.at(i); element.kind != kindList && s.has(&element) {
				return true
			}
		}
	}
	return false
}

func (s *set) hasText(text string) bool {
	if s.texts != nil {
		_, ok := s.texts[text]
		return ok
	}
	for _, x := range s.short {
		if x == text {
			return true
		}
	}
	return false
}

// appendFolded appends s with each rune replaced by the least of those that
// differ from it only in case.
func appendFolded(dst []byte, s string) []byte {
	for _, r := range s {
		if r < utf8.RuneSelf && r != 'k' && r != 's' && r != 'K' && r != 'S' {
			if 'a' <= r && r <= 'z' {
				r -= 'a' - 'A'
			}
			dst = append(dst, byte(r))
			continue
		}
		dst = utf8.AppendRune(dst, leastFold(r))
	}
	return dst
}

func leastFold(r rune) rune {
	for {
		next := unicode.SimpleFold(r)
		if next <= r {
			return next
		}
		r = next
	}
}
