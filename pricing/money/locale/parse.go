package locale

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// longest is the most bytes that Parse reads: twenty digits of four bytes, their
// marks and a symbol take less.
const longest = 256

// Parse reads an amount of c as people of l write it: with the symbol, the code
// or neither, on either side, digits of l or 0 to 9, grouped or not. Any kind of
// space or apostrophe stands for any other, U+2212 for the hyphen, parentheses
// for a minus, and marks of direction are passed over. The error is a
// [*money.ParseError] of [money.ErrSyntax], [money.ErrDecimals],
// [money.ErrOutOfRange] or, for the sign of another currency,
// [money.ErrCurrency].
func (l Locale) Parse(text string, c money.Currency) (money.Amount, error) {
	a, err := l.parse(text, c)
	if err != nil {
		const most = 40
		if len(text) > most {
			text = text[:most] + "…"
		}
		return money.Amount{}, &money.ParseError{Text: text, Err: err}
	}
	return a, nil
}

func (l Locale) parse(text string, c money.Currency) (money.Amount, error) {
	if c.IsZero() {
		return money.Amount{}, money.ErrCurrency
	}
	if len(text) > longest || !utf8.ValidString(text) {
		return money.Amount{}, money.ErrSyntax
	}
	m := l.marksOf(text)
	plain := simplify(text, m)
	first := strings.IndexAny(plain, "0123456789")
	if first < 0 {
		return money.Amount{}, money.ErrSyntax
	}
	decimal, group := simplify(m.decimal, m), simplify(m.group, m)
	if before := plain[:first]; strings.HasSuffix(before, decimal) && !l.endsSymbol(before, c, m) { // ".50"
		first -= len(decimal)
	}
	last := strings.LastIndexAny(plain, "0123456789") + 1
	negative, err := l.around(plain[:first], plain[last:], c, m)
	if err != nil {
		return money.Amount{}, err
	}

	number := plain[first:last]
	whole, fraction, point := strings.Cut(number, decimal)
	if point && !onlyDigits(fraction) {
		return money.Amount{}, money.ErrSyntax
	}
	digits, ok := l.ungroup(whole, group)
	if !ok {
		return money.Amount{}, money.ErrSyntax
	}
	digits = strings.TrimLeft(digits, "0")
	if digits == "" {
		digits = "0"
	}
	if negative {
		digits = "-" + digits
	}
	if point {
		digits += "." + fraction
	}
	a, err := money.Parse(digits, c)
	if err != nil {
		return a, cause(err)
	}
	return a, nil
}

// cause strips the error of money.Parse of the text that it saw.
func cause(err error) error {
	if e, ok := err.(*money.ParseError); ok {
		return e.Err
	}
	return err
}

// marksOf returns the marks of l, or those that it uses with the digits 0 to 9 if
// the text has such and l has others.
func (l Locale) marksOf(text string) *marks {
	m := &numbers[rows[l.row].numbers]
	if m.zero == '0' || !strings.ContainsAny(text, "0123456789") {
		return m
	}
	tag, _, _ := strings.Cut(rows[l.row].tag, "-u-nu-")
	for _, name := range []string{tag + "-u-nu-latn", tag} {
		if i, ok := find(name); ok && numbers[rows[i].numbers].zero == '0' {
			return &numbers[rows[i].numbers]
		}
	}
	return m
}

// simplify makes one of what people take for one: digits become 0 to 9, every
// space becomes ' ', every apostrophe ', every minus -. Marks of direction go.
func simplify(s string, m *marks) string {
	return strings.Map(func(r rune) rune {
		switch {
		case m.zero <= r && r <= m.zero+9:
			return '0' + r - m.zero
		case r == '\u2212' || r == '\u2010' || r == '\u2011' || r == '\ufe63' || r == '\uff0d':
			return '-'
		case r == '\u2019' || r == '\u02bc':
			return '\''
		case r == '\u200e' || r == '\u200f' || r == '\u061c':
			return -1
		case unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, s)
}

// around reads what stands before and after the number: at most one sign of the
// currency, at most one minus, or parentheses.
func (l Locale) around(before, after string, c money.Currency, m *marks) (negative bool, err error) {
	symbol := l.sign(c, m)
	var seen [3]int // symbols, minuses, parentheses
	for i, part := range [...]string{before, after} {
		for part = strings.Trim(part, " "); part != ""; part = strings.Trim(part, " ") {
			switch {
			case strings.HasPrefix(part, symbol):
				part = part[len(symbol):]
				seen[0]++
			case strings.HasPrefix(part, c.String()):
				part = part[len(c.String()):]
				seen[0]++
			case part[0] == '-':
				part = part[1:]
				seen[1]++
			case part[0] == "()"[i]:
				part = part[1:]
				seen[2] += 1 + 2*i // 4 when there are both
			default:
				if l.isOther(part, c, m) {
					return false, money.ErrCurrency
				}
				return false, money.ErrSyntax
			}
		}
	}
	if seen[0] > 1 || seen[1] > 1 || seen[2] != 0 && (seen[2] != 4 || seen[1] > 0) {
		return false, money.ErrSyntax
	}
	return seen[1]+seen[2] > 0, nil
}

// sign is the symbol of c as simplify leaves it.
func (l Locale) sign(c money.Currency, m *marks) string {
	l.style &^= codes
	return strings.Trim(simplify(l.Symbol(c), m), " ")
}

// endsSymbol reports whether what stands before a number ends in a symbol, whose
// full stop is then no decimal mark.
func (l Locale) endsSymbol(before string, c money.Currency, m *marks) bool {
	return strings.HasSuffix(before, l.sign(c, m))
}

// isOther reports whether part begins with the symbol or code of a currency other
// than c.
func (l Locale) isOther(part string, c money.Currency, m *marks) bool {
	if len(part) >= 3 {
		if other, err := money.ParseCurrency(part[:3]); err == nil && other != c {
			return true
		}
	}
	part = strings.TrimRight(part, " -)")
	for _, set := range [...]uint16{rows[l.row].symbols, rows[l.row].base} {
		for _, text := range symbols[set].texts {
			if strings.Trim(simplify(text, m), " ") == part {
				return true
			}
		}
	}
	return false
}

func onlyDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// ungroup takes the grouping marks out of the whole part of a number. All marks
// must be the same, the group's own or a space; the last group has its length,
// those before it that of theirs or of the last, and the first is no longer.
func (l Locale) ungroup(whole, group string) (string, bool) {
	plain, accounts := &patterns[rows[l.row].plain], &patterns[rows[l.row].accounting]
	mark := group
	if !strings.Contains(whole, group) {
		mark = " "
	}
	groups := strings.Split(whole, mark)
	if len(groups) == 1 {
		return whole, whole == "" || onlyDigits(whole)
	}
	for i, g := range groups {
		n := len(g)
		middle := n == plain.primary || n == plain.secondary || n == accounts.secondary
		switch {
		case !onlyDigits(g),
			i == 0 && n > plain.primary,
			i == len(groups)-1 && n != plain.primary,
			i > 0 && i < len(groups)-1 && !middle:
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}
