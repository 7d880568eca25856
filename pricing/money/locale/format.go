package locale

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Format writes a as the people of l do: "1.234,50 €" in German. The zero
// amount without a currency is the number alone.
func (l Locale) Format(a money.Amount) string {
	var buffer [96]byte
	return string(l.Append(buffer[:0], a))
}

// Append appends what [Locale.Format] returns.
func (l Locale) Append(dst []byte, a money.Amount) []byte {
	r := &rows[l.row]
	m := &numbers[r.numbers]
	symbol := l.Symbol(a.Currency())
	p := &patterns[r.plain]
	if l.style&accounting != 0 {
		p = &patterns[r.accounting]
	}
	around := &p.positive
	if a.Sign() < 0 {
		around = &p.negative
	}

	dst = appendAffix(dst, around.prefix, symbol, m)
	if strings.HasSuffix(around.prefix, "¤") && wantsSpace(utf8.DecodeLastRuneInString(symbol)) {
		dst = append(dst, "\u00a0"...)
	}
	dst = appendNumber(dst, a, p, m)
	if strings.HasPrefix(around.suffix, "¤") && wantsSpace(utf8.DecodeRuneInString(symbol)) {
		dst = append(dst, "\u00a0"...)
	}
	if symbol == "" { // and no space before it
		return appendAffix(dst, strings.TrimLeft(around.suffix, "\u00a0\u202f¤"), symbol, m)
	}
	return appendAffix(dst, around.suffix, symbol, m)
}

// wantsSpace reports whether a symbol that has r next to the number is set off by
// a no-break space: [[:^S:]&[:^Z:]] in CLDR's words.
func wantsSpace(r rune, size int) bool {
	if r < utf8.RuneSelf {
		return size > 0 && !strings.ContainsRune("$+<=>^`|~ ", r)
	}
	return !unicode.In(r, unicode.S, unicode.Z)
}

func appendAffix(dst []byte, affix, symbol string, m *marks) []byte {
	for i := 0; i < len(affix); {
		switch rest := affix[i:]; {
		case strings.HasPrefix(rest, "¤"):
			dst, i = append(dst, symbol...), i+len("¤")
		case rest[0] == '-':
			dst, i = append(dst, m.minus...), i+1
		default:
			dst, i = append(dst, rest[0]), i+1
		}
	}
	return dst
}

// appendNumber writes the magnitude of a with its groups and decimals.
func appendNumber(dst []byte, a money.Amount, p *pattern, m *marks) []byte {
	minor := uint64(a.Minor())
	if a.Sign() < 0 {
		minor = -minor
	}
	var buffer [24]byte
	digits := strconv.AppendUint(buffer[:0], minor, 10)
	decimals := a.Currency().Digits()
	if len(digits) <= decimals { // 0.05 has the digits 005
		zeros := decimals + 1 - len(digits)
		digits = append(digits, "00000"[:zeros]...)
		copy(digits[zeros:], digits)
		copy(digits, "00000"[:zeros])
	}
	whole := len(digits) - decimals
	if decimals > 0 && len(bytes.Trim(digits[whole:], "0")) == 0 {
		if few, ok := daily[a.Currency().String()]; ok {
			decimals = few
		}
	}
	grouped := p.primary > 0 && whole >= p.primary+m.minimumGrouping
	for i, d := range digits[:whole] {
		if left := whole - i; grouped && i > 0 && (left == p.primary || left > p.primary && (left-p.primary)%p.secondary == 0) {
			dst = append(dst, m.group...)
		}
		dst = appendDigit(dst, d, m)
	}
	if decimals > 0 {
		dst = append(dst, m.decimal...)
		for _, d := range digits[whole : whole+decimals] {
			dst = appendDigit(dst, d, m)
		}
	}
	return dst
}

func appendDigit(dst []byte, d byte, m *marks) []byte {
	if m.zero == '0' {
		return append(dst, d)
	}
	return utf8.AppendRune(dst, m.zero+rune(d-'0'))
}
