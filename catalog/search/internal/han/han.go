// Package han knows Chinese words and how characters are read. Its data, under
// 400 KB, is embedded and unpacked at first use; LICENSES.md names the sources.
package han

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the data
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

var (
	//go:embed words.gz
	wordsData []byte
	//go:embed pinyin.gz
	pinyinData []byte
)

// unpack returns an embedded text. The data is part of the program, so that an
// error is a fault of the build.
func unpack(data []byte) string {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// longest word of the dictionary, in characters.
const longest = 6

// unknown is the cost of a character that begins no known word, in half nats.
const unknown = 34

var words = sync.OnceValue(func() map[string]int8 {
	all := make(map[string]int8, 1<<16)
	for line := range strings.Lines(unpack(wordsData)) {
		cost, list, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseInt(cost, 10, 8)
		if err != nil {
			panic(err)
		}
		for w := range strings.SplitSeq(list, " ") {
			all[w] = int8(n)
		}
	}
	return all
})

// Words cuts a run of characters into the words of the most probable reading, by
// dynamic programming over word frequencies. O(length).
func Words(run []rune) [][]rune {
	known := words()
	best := make([]int, len(run)+1)
	from := make([]int, len(run)+1)
	for end := 1; end <= len(run); end++ {
		best[end], from[end] = best[end-1]+unknown, end-1
		for size := 2; size <= min(longest, end); size++ {
			cost, ok := known[string(run[end-size:end])]
			if ok && best[end-size]+int(cost) < best[end] {
				best[end], from[end] = best[end-size]+int(cost), end-size
			}
		}
	}
	var cut [][]rune
	for end := len(run); end > 0; end = from[end] {
		cut = append(cut, run[from[end]:end])
	}
	slices.Reverse(cut)
	return cut
}

type readings struct {
	of        map[rune][]string
	syllables map[string]bool
}

var pinyin = sync.OnceValue(func() *readings {
	r := &readings{of: make(map[rune][]string, 21000), syllables: map[string]bool{}}
	for line := range strings.Lines(unpack(pinyinData)) {
		syllable, chars, _ := strings.Cut(strings.TrimSpace(line), " ")
		r.syllables[syllable] = true
		for _, c := range chars {
			r.of[c] = append(r.of[c], syllable)
		}
	}
	return r
})

// Readings returns how a character is read in pinyin without tones, ü as v; nil
// for what is no Chinese character.
func Readings(r rune) []string { return pinyin().of[r] }

// Syllables cuts a word of ASCII letters into syllables of pinyin, as few as there
// can be; nil where it is none. O(length).
func Syllables(word string) []string {
	const most = 6 // letters of a syllable
	known := pinyin().syllables
	if len(word) > 64 {
		return nil
	}
	best := make([]int, len(word)+1)
	from := make([]int, len(word)+1)
	for end := 1; end <= len(word); end++ {
		best[end] = -1
		for size := min(most, end); size >= 1; size-- {
			if start := end - size; best[start] >= 0 && (best[end] < 0 || best[start]+1 < best[end]) && known[word[start:end]] {
				best[end], from[end] = best[start]+1, start
			}
		}
	}
	if len(word) == 0 || best[len(word)] < 0 {
		return nil
	}
	var cut []string
	for end := len(word); end > 0; end = from[end] {
		cut = append(cut, word[from[end]:end])
	}
	slices.Reverse(cut)
	return cut
}
