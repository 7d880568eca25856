package search

import (
	"strings"
	"unsafe"
)

// strs is many texts in one block.
type strs struct {
	data []byte
	off  []uint32 // one more than texts
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
