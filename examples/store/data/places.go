package data

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
)

// Country is one that the store delivers to.
type Country struct {
	Code string
	Name string // as its people say
	// Postcode is the form of its postcodes, and Say what is wrong with one of another form,
	// a key of the words of the pages that takes the value.
	Postcode, Say string
	areas         []area
}

// area is a place with its postcodes: a range of numbers.
type area struct {
	from, to int
	city     string
}

// Countries that the store delivers to.
var Countries = []Country{
	{Code: "DE", Name: "Deutschland", Postcode: `\d{5}`, Say: "“%s” is no postcode of Germany: those have five digits.", areas: []area{
		{1067, 1328, "Dresden"}, {4103, 4357, "Leipzig"}, {10115, 10999, "Berlin"}, {12043, 12459, "Berlin"}, {13051, 13629, "Berlin"}, {20095, 20539, "Hamburg"},
		{28195, 28779, "Bremen"}, {30159, 30659, "Hannover"}, {40210, 40629, "Düsseldorf"}, {50667, 51149, "Köln"}, {60306, 60599, "Frankfurt am Main"},
		{70173, 70619, "Stuttgart"}, {80331, 81929, "München"}, {90402, 90491, "Nürnberg"},
	}},
	{Code: "AT", Name: "Österreich", Postcode: `\d{4}`, Say: "“%s” is no postcode of Austria: those have four digits.", areas: []area{
		{1010, 1230, "Wien"}, {4020, 4040, "Linz"}, {5020, 5020, "Salzburg"}, {6020, 6020, "Innsbruck"}, {8010, 8055, "Graz"},
	}},
	{Code: "US", Name: "United States", Postcode: `\d{5}(-\d{4})?`, Say: "“%s” is no ZIP code: those have five digits, or nine as in 10001-1234.", areas: []area{
		{10001, 10282, "New York"}, {60601, 60661, "Chicago"}, {90001, 90089, "Los Angeles"}, {94102, 94134, "San Francisco"}, {98101, 98199, "Seattle"},
	}},
	{Code: "CN", Name: "中国", Postcode: `\d{6}`, Say: "“%s” is no postcode of China: those have six digits.", areas: []area{
		{100000, 102699, "北京"}, {200000, 202183, "上海"}, {510000, 511599, "广州"}, {518000, 518133, "深圳"},
	}},
}

// CountryOf is the country of a code.
func CountryOf(code string) (Country, bool) {
	for _, c := range Countries {
		if c.Code == code {
			return c, true
		}
	}
	return Country{}, false
}

// Mistake is what is wrong with a value that somebody typed: Say is a sentence, a key of the
// words of the pages, that takes the value. It matches flywheel.ErrInvalid.
type Mistake struct{ Field, Say, Value string }

// Error implements error.
func (m *Mistake) Error() string { return fmt.Sprintf("%s: "+m.Say, m.Field, m.Value) }

// Unwrap returns the kind.
func (*Mistake) Unwrap() error { return flywheel.ErrInvalid }

// Places checks addresses by the form of the postcode and a table of places; a shop of its
// own asks a service here.
type Places struct{}

// Check returns the address as the table has it, which is the same address where nothing is
// to be corrected. A postcode of another form, or a country where nothing goes, is a *Mistake.
func (Places) Check(a order.Address) (order.Address, error) {
	c, known := CountryOf(a.Country)
	if !known {
		return a, &Mistake{"country", "We do not deliver to “%s”.", a.Country}
	}
	code := strings.ToUpper(strings.TrimSpace(a.Postcode))
	code = strings.TrimPrefix(strings.TrimPrefix(code, c.Code+"-"), c.Code[:1]+"-")
	if !regexp.MustCompile(`^(?:` + c.Postcode + `)$`).MatchString(code) {
		return a, &Mistake{"postcode", c.Say, a.Postcode}
	}
	a.Postcode = code
	if n, err := strconv.Atoi(code[:strings.IndexByte(code+"-", '-')]); err == nil {
		for _, of := range c.areas {
			if of.from <= n && n <= of.to && !strings.EqualFold(of.city, strings.TrimSpace(a.City)) {
				a.City = of.city
			}
		}
	}
	return a, nil
}
