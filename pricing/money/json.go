package money

import (
	"encoding/json"
	"fmt"
)

// MarshalJSON returns {"amount":"12.99","currency":"EUR"}. The zero value is
// {"amount":"0","currency":""}.
func (a Amount) MarshalJSON() ([]byte, error) {
	return appendJSON(a.minor, a.currency.Digits(), a.currency), nil
}

// UnmarshalJSON reads what [Amount.MarshalJSON] writes and nothing else: both
// members once, in either order, as strings.
func (a *Amount) UnmarshalJSON(data []byte) error {
	number, c, err := readJSON(data)
	if err != nil {
		return err
	}
	read, err := parseAs(number, c)
	if err != nil {
		return err
	}
	*a = read
	return nil
}

// MarshalJSON returns {"amount":"0.0125","currency":"EUR"}. The zero value is
// {"amount":"0","currency":""}.
func (p Price) MarshalJSON() ([]byte, error) {
	return appendJSON(p.coef, int(p.scale), p.currency), nil
}

// UnmarshalJSON reads what [Price.MarshalJSON] writes and nothing else: both
// members once, in either order, as strings.
func (p *Price) UnmarshalJSON(data []byte) error {
	number, c, err := readJSON(data)
	if err != nil {
		return err
	}
	read, err := parsePriceAs(number, c)
	if err != nil {
		return err
	}
	*p = read
	return nil
}

func appendJSON(coef int64, scale int, c Currency) []byte {
	dst := make([]byte, 0, 56)
	dst = append(dst, `{"amount":"`...)
	dst = appendDecimal(dst, coef, scale)
	dst = append(dst, `","currency":"`...)
	dst = append(dst, c.String()...)
	return append(dst, `"}`...)
}

// maxJSON is far more than any amount needs, spaces included.
const maxJSON = 1 << 10

// readJSON reads an object that has exactly the members "amount" and
// "currency", both strings. encoding/json would take a name twice or in
// another case.
func readJSON(data []byte) (number string, c Currency, err error) {
	fail := func(reason string) (string, Currency, error) {
		return "", Currency{}, parseError(string(data[:min(len(data), maxJSON)]), fmt.Errorf("%w: %s", ErrSyntax, reason))
	}
	if len(data) > maxJSON {
		return fail("too long")
	}
	s := scanner{data: data}
	var code string
	var seen [2]bool
	if !s.take('{') {
		return fail("not an object")
	}
	for i := range 2 {
		if i == 1 && !s.take(',') {
			return fail("a member is missing")
		}
		name, ok := s.text()
		if !ok || !s.take(':') {
			return fail("not an object")
		}
		member := 0
		value := &number
		switch name {
		case "amount":
		case "currency":
			member, value = 1, &code
		default:
			return fail("unknown member")
		}
		if seen[member] {
			return fail("a member twice")
		}
		seen[member] = true
		if *value, ok = s.text(); !ok {
			return fail("a member that is not a string")
		}
	}
	if !s.take('}') || !s.end() {
		return fail("more than an amount and a currency")
	}
	if code == "" {
		return number, Currency{}, nil
	}
	if c, err = ParseCurrency(code); err != nil {
		return "", Currency{}, err
	}
	return number, c, nil
}

// scanner walks over the few tokens of JSON that an amount has.
type scanner struct {
	data []byte
	at   int
}

func (s *scanner) skip() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) end() bool {
	s.skip()
	return s.at == len(s.data)
}

func (s *scanner) take(c byte) bool {
	if s.end() || s.data[s.at] != c {
		return false
	}
	s.at++
	return true
}

// text takes a string.
func (s *scanner) text() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	start, escaped := s.at, false
	for ; s.at < len(s.data) && s.data[s.at] != '"'; s.at++ {
		if s.data[s.at] == '\\' {
			escaped = true
			s.at++
		}
	}
	if s.at >= len(s.data) {
		return "", false
	}
	s.at++
	if !escaped {
		return string(s.data[start : s.at-1]), true
	}
	var text string
	err := json.Unmarshal(s.data[start-1:s.at], &text)
	return text, err == nil
}
