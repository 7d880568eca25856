package search

import (
	"strings"
	"unsafe"
)

// strs is many texts in one block.
type strs struct {
	data []byte
	off  []uint32 // one more than texts
	hash []uint32 // places of texts by hash, plus one; nil where there is none
}

// hashed makes the table that find looks into: open addressing, at most half full.
func (s *strs) hashed() {
	size := 4
	for size < 2*s.len() {
		size *= 2
	}
	s.hash = make([]uint32, size)
	for i := range s.len() {
		at := int(fnv(s.at(i))) & (size - 1)
		for s.hash[at] != 0 {
			at = (at + 1) & (size - 1)
		}
		s.hash[at] = uint32(i) + 1
	}
}

// fnv is FNV-1a over a text (G. Fowler, L. C. Noll, K.-P. Vo).
func fnv(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

func (s *strs) len() int { return max(len(s.off)-1, 0) }

// at returns a text without copying it; it lives as long as the block.
func (s *strs) at(i int) string {
	b := s.data[s.off[i]:s.off[i+1]]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

func (s *strs) add(text string) {
	if len(s.off) == 0 {
		s.off = append(s.off, 0)
	}
	s.data = append(s.data, text...)
	s.off = append(s.off, uint32(len(s.data)))
}

// search returns the place of the first text that is not below the given one, in a
// sorted block.
func (s *strs) search(text string) int {
	lo, hi := 0, s.len()
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if s.at(mid) < text {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func (s *strs) find(text string) (int, bool) {
	if len(s.hash) > 0 {
		size := len(s.hash)
		for at := int(fnv(text)) & (size - 1); s.hash[at] != 0; at = (at + 1) & (size - 1) {
			if i := int(s.hash[at]) - 1; s.at(i) == text {
				return i, true
			}
		}
		return 0, false
	}
	i := s.search(text)
	return i, i < s.len() && s.at(i) == text
}

// prefixed returns the range of texts that begin with a prefix, in a sorted block.
func (s *strs) prefixed(prefix string) (from, to int) {
	from = s.search(prefix)
	lo, hi := from, s.len()
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if strings.HasPrefix(s.at(mid), prefix) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return from, lo
}
