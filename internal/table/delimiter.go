package table

import (
	"bytes"
	"encoding/csv"
	"strings"
)

var delimiters = []rune{',', ';', '\t', '|'}

// delimiterOf tells the delimiter from the head of the text: the one under which
// the header has most of the wanted columns, then the one under which most of
// the first lines have as many cells as the header, then the one with most cells.
func (s *Spec) delimiterOf(head []byte, whole bool) rune {
	if !whole { // the last line is cut
		if i := bytes.LastIndexByte(head, '\n'); i >= 0 {
			head = head[:i]
		}
	}
	best, bestScore := ',', [3]int{-1}
	for _, sign := range delimiters {
		rows := csv.NewReader(bytes.NewReader(head))
		rows.Comma, rows.FieldsPerRecord, rows.LazyQuotes = sign, -1, true
		header, err := rows.Read()
		if err != nil {
			continue
		}
		wanted := 0
		for _, h := range header {
			if s.wants(h) {
				wanted++
			}
		}
		alike := 0
		for range 20 {
			row, err := rows.Read()
			if err != nil {
				break
			}
			if len(row) == len(header) && len(row) > 1 {
				alike++
			}
		}
		score := [3]int{wanted, alike, len(header)}
		if better(score, bestScore) {
			best, bestScore = sign, score
		}
	}
	return best
}

func better(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return false
}

func (s *Spec) wants(header string) bool {
	header = fold(strings.TrimSpace(header))
	for _, c := range s.Columns {
		if mapped, ok := s.Map[c.Name]; ok {
			if fold(mapped) == header {
				return true
			}
			continue
		}
		if fold(c.Name) == header {
			return true
		}
		for _, a := range c.Aliases {
			if fold(a) == header {
				return true
			}
		}
	}
	return false
}
