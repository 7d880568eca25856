package coupon

import (
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Unambiguous is the alphabet of digits and capital letters without those that
// are taken for each other: 0 and O, 1, I and L. It has 31 characters.
const Unambiguous = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// Digits is the alphabet of codes that are read out or dialled.
const Digits = "0123456789"

// Pattern describes codes: Prefix, then Length random characters and one that
// checks them. Any single wrong character and any two neighbors exchanged are
// found by [Pattern.Check] without looking the code up.
type Pattern struct {
	// Prefix is what all codes begin with, in normal form, such as "SPRING-".
	Prefix string `json:"prefix,omitempty"`
	// Length is the number of random characters.
	Length int `json:"length"`
	// Alphabet has the characters, in normal form: a prime number of them, or
	// ten. Default: [Unambiguous].
	Alphabet string `json:"alphabet,omitempty"`
	// Group is after how many characters of the rest a hyphen stands, 0 for
	// none.
	Group int `json:"group,omitempty"`
}

// Bits returns how hard a code is to guess, as [Bits] counts it. The prefix and
// the checking character count for nothing.
func (p Pattern) Bits() int { return Bits(len(p.alphabet()), p.Length) }

func (p Pattern) alphabet() string {
	if p.Alphabet == "" {
		return Unambiguous
	}
	return p.Alphabet
}

func (p Pattern) check() error {
	alphabet := p.alphabet()
	n := len(alphabet)
	switch {
	case p.Prefix != "" && flywheel.CheckID(p.Prefix) != nil, Normalize(p.Prefix) != p.Prefix:
		return field(invalid("%.40q is not in normal form", p.Prefix), "prefix")
	case n < 3 || n > 97 || n != 10 && !big.NewInt(int64(n)).ProbablyPrime(0):
		return field(invalid("%d characters: not ten, nor a prime number from 3 to 97", n), "alphabet")
	case p.Length < 1 || p.Length > 200:
		return field(invalid("%d is not from 1 to 200", p.Length), "length")
	case p.Group < 0:
		return field(invalid("%d is negative", p.Group), "group")
	}
	for i := range n {
		if c := alphabet[i]; c <= ' ' || c > '~' || c == '-' || 'a' <= c && c <= 'z' || strings.IndexByte(alphabet[:i], c) >= 0 {
			return field(invalid("character %d is small, no letter, or there twice", i), "alphabet")
		}
	}
	if err := flywheel.CheckID(p.Prefix + strings.Repeat("X", p.size())); err != nil {
		return field(err, "length")
	}
	return nil
}

// size is the length of a code without its prefix.
func (p Pattern) size() int {
	n := p.Length + 1
	if p.Group > 0 {
		n += (n - 1) / p.Group
	}
	return n
}

// Generate returns n codes, all different. The source of chance must be one that
// nobody can predict: nil takes crypto/rand; tests may give one with a seed, such
// as rand.ChaCha8. More than half of all possible codes is a [*FieldError]
// matching flywheel.ErrLimit.
func (p Pattern) Generate(n int, source io.Reader) ([]string, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, field(invalid("%d is negative", n), "n")
	}
	if bits := p.Bits(); bits < 62 && int64(n) > int64(1)<<max(bits-1, 0) {
		return nil, field(fmt.Errorf("%d of codes of %d bits: %w", n, bits, flywheel.ErrLimit), "n")
	}
	if source == nil {
		source = rand.Reader
	}
	draws := chance{source: source, below: len(p.alphabet())}
	known := newSeen(n)
	indexes, width := make([]byte, p.Length+1), len(p.Prefix)+p.size()
	text := make([]byte, 0, n*width)
	for len(text) < n*width {
		if err := draws.fill(indexes[:p.Length]); err != nil {
			return nil, fmt.Errorf("coupon: source of chance: %w", err)
		}
		if known.add(indexes[:p.Length], uint64(draws.below)) {
			text = p.write(text, indexes)
		}
	}
	all, codes := string(text), make([]string, n)
	for i := range codes {
		codes[i] = all[i*width : (i+1)*width]
	}
	return codes, nil
}

// write fills in the checking character and writes the code.
func (p Pattern) write(dst, indexes []byte) []byte {
	alphabet, last := p.alphabet(), len(indexes)-1
	indexes[last] = checking(indexes[:last], len(alphabet))
	dst = append(dst, p.Prefix...)
	for i, x := range indexes {
		if p.Group > 0 && i > 0 && i%p.Group == 0 {
			dst = append(dst, '-')
		}
		dst = append(dst, alphabet[x])
	}
	return dst
}

// lookAlikes are read as what they are taken for, where an alphabet has the one
// and not the other.
var lookAlikes = map[byte]string{'O': "0Q", '0': "OQ", 'I': "1L", 'L': "1I", '1': "IL"}

// Check reads a code as it was typed, in any case, with or without hyphens and
// spaces, and returns it as [Pattern.Generate] wrote it. One that this pattern does
// not make, a mistyped one above all, is an error matching [ErrRefused]: there is
// no need to look it up.
func (p Pattern) Check(typed string) (string, error) {
	if err := p.check(); err != nil {
		return "", err
	}
	refused := &RefusedError{Reason: Unknown}
	code, err := normalized(typed)
	if err != nil {
		return "", refused
	}
	squeeze := strings.NewReplacer("-", "", " ", "")
	rest, ok := strings.CutPrefix(squeeze.Replace(code), squeeze.Replace(p.Prefix))
	if !ok || len(rest) != p.Length+1 {
		return "", refused
	}
	alphabet := p.alphabet()
	indexes := make([]byte, len(rest))
	for i := range len(rest) {
		at := strings.IndexByte(alphabet, rest[i])
		for _, other := range []byte(lookAlikes[rest[i]]) {
			if at < 0 {
				at = strings.IndexByte(alphabet, other)
			}
		}
		if at < 0 {
			return "", refused
		}
		indexes[i] = byte(at)
	}
	last := len(indexes) - 1
	if checking(indexes[:last], len(alphabet)) != indexes[last] {
		return "", refused
	}
	return string(p.write(nil, indexes)), nil
}
