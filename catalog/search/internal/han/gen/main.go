// Command gen writes the data of package han from the dictionary of the jieba
// project and the readings of the pinyin-data project, both under the MIT licence:
//
//	go run ./gen -words jieba.dict.utf8 -readings pinyin_dict.go
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// most is how many words are kept, the most frequent ones.
const most = 70000

func main() {
	words := flag.String("words", "", "jieba.dict.utf8")
	readings := flag.String("readings", "", "pinyin_dict.go of mozillazg/go-pinyin")
	flag.Parse()
	write("words.gz", dictionary(*words))
	write("pinyin.gz", pinyin(*readings))
}

func read(name string) string {
	data, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	return string(data)
}

func write(name, text string) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := z.Write([]byte(text)); err != nil {
		log.Fatal(err)
	}
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// dictionary returns lines of a letter for the logarithm of the frequency and the
// words that have it, sorted, each followed by a space.
func dictionary(name string) string {
	type word struct {
		text  string
		count float64
	}
	var all []word
	total := 0.0
	for line := range strings.Lines(read(name)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		n, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			log.Fatal(err)
		}
		total += n
		if size := len([]rune(fields[0])); size < 2 || size > 6 || strings.ContainsFunc(fields[0], func(r rune) bool { return r < 0x4e00 || r > 0x9fff }) {
			continue
		}
		all = append(all, word{fields[0], n})
	}
	slices.SortFunc(all, func(a, b word) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.text, b.text)) })
	all = all[:min(most, len(all))]
	groups := map[int][]string{}
	for _, w := range all {
		cost := int(math.Round(2 * math.Log(total/max(w.count, 1)))) // in half nats
		groups[cost] = append(groups[cost], w.text)
	}
	var b strings.Builder
	for cost := range 64 {
		if len(groups[cost]) == 0 {
			continue
		}
		slices.Sort(groups[cost])
		fmt.Fprintf(&b, "%d %s\n", cost, strings.Join(groups[cost], " "))
	}
	return b.String()
}

// pinyin returns lines of a syllable and the characters that are read so.
func pinyin(name string) string {
	by := map[string][]rune{}
	for _, m := range regexp.MustCompile(`0x([0-9A-F]+): "([^"]+)"`).FindAllStringSubmatch(read(name), -1) {
		code, err := strconv.ParseUint(m[1], 16, 32)
		if err != nil {
			log.Fatal(err)
		}
		if code < 0x4e00 || code > 0x9fff {
			continue
		}
		seen := map[string]bool{}
		for _, r := range strings.Split(m[2], ",") {
			plain := toneless(r)
			if plain == "" || seen[plain] || len(seen) == 3 {
				continue
			}
			seen[plain] = true
			by[plain] = append(by[plain], rune(code))
		}
	}
	var names []string
	for s := range by {
		names = append(names, s)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, s := range names {
		slices.Sort(by[s])
		fmt.Fprintf(&b, "%s %s\n", s, string(by[s]))
	}
	return b.String()
}

// toneless returns a reading without its tone, ü as v, which is what people type.
func toneless(reading string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ReplaceAll(norm.NFC.String(reading), "ü", "v")) {
		switch {
		case r == 0x308 && b.Len() > 0: // ü under a tone mark
			s := b.String()
			b.Reset()
			b.WriteString(s[:len(s)-1] + "v")
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		}
	}
	return b.String()
}
