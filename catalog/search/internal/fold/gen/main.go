// Command gen writes the table of package fold from the Unicode tables of
// golang.org/x/text: for each rune that does not merely become lower case, what it
// is searched as.
package main

import (
	"flag"
	"log"
	"os"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// special is what Unicode does not decompose and people do not type.
var special = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'đ': "d", 'Đ': "d",
	'ð': "d", 'Ð': "d", 'þ': "th", 'Þ': "th", 'ł': "l", 'Ł': "l", 'ħ': "h", 'Ħ': "h", 'ı': "i", 'ŋ': "n", 'Ŋ': "n",
	'ĸ': "k", 'ŧ': "t", 'Ŧ': "t", 'ς': "σ", '’': "'", '‘': "'", 'ʼ': "'", '＇': "'", '‐': "-", '‑': "-", '‒': "-",
	'–': "-", '—': "-", '−': "-", 'й': "й", 'Й': "й", '゛': "゛", '゜': "゜",
}

func folded(r rune) string {
	if s, ok := special[r]; ok {
		return s
	}
	var out []rune
	for _, d := range norm.NFKD.String(string(r)) {
		if d >= 0x300 && d <= 0x36f || d >= 0x591 && d <= 0x5c7 || d >= 0x64b && d <= 0x652 || d == 0x640 || d == 0x670 { // combining marks
			continue
		}
		if s, ok := special[d]; ok {
			out = append(out, []rune(s)...)
			continue
		}
		for _, l := range strings.ToLower(string(d)) {
			if l < 0x300 || l > 0x36f {
				out = append(out, l)
			}
		}
	}
	return norm.NFC.String(string(out))
}

func main() {
	out := flag.String("out", "table.txt", "the file to write")
	flag.Parse()
	var b strings.Builder
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		if r >= 0xd800 && r < 0xe000 || r >= 0xac00 && r <= 0xd7a3 {
			continue
		}
		if s := folded(r); s != string(unicode.ToLower(r)) && !strings.ContainsAny(s, "\n") {
			b.WriteRune(r)
			b.WriteString(s)
			b.WriteByte('\n')
		}
	}
	if err := os.WriteFile(*out, []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}
