package catalog

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Finding is what is wrong with a row of a feed or an address of a sitemap.
type Finding struct {
	Row   int    // from 1; 0 is the file as a whole
	Field string // empty for the row
	Err   error  // wraps a kind
}

func (f Finding) Error() string {
	switch {
	case f.Row == 0:
		return f.Err.Error()
	case f.Field == "":
		return fmt.Sprintf("row %d: %v", f.Row, f.Err)
	}
	return fmt.Sprintf("row %d, %s: %v", f.Row, f.Field, f.Err)
}

// Unwrap returns the cause.
func (f Finding) Unwrap() error { return f.Err }

// MaxFindings is how many findings a validator reports before it stops.
const MaxFindings = 1000

// findings collects what is wrong.
type findings struct {
	list []Finding
	row  int
}

func (f *findings) full() bool { return len(f.list) >= MaxFindings }

func (f *findings) add(field string, kind error, format string, args ...any) {
	if !f.full() {
		f.list = append(f.list, Finding{f.row, field, fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), kind)})
	}
}

// fieldRule is what a field of a form must be.
type fieldRule struct {
	name     string
	required bool
	max      int                       // characters, 0: any
	many     int                       // how many values, 0 and 1: one
	check    func(value string) string // what is wrong, "" for nothing
}

func oneOf(values ...string) func(string) string {
	return func(v string) string {
		if slices.Contains(values, v) {
			return ""
		}
		return fmt.Sprintf("%q is none of %s", firstRunes(v, 40), strings.Join(values, ", "))
	}
}

func isURL(v string) string {
	if absoluteURL(v) {
		return ""
	}
	return "no absolute http or https address"
}

func isGTIN(v string) string {
	if _, err := ParseGTIN(v); err != nil {
		return err.Error()
	}
	return ""
}

func isPrice(v string) string {
	_, wrong := readPrice(v)
	return wrong
}

// readPrice reads 19.90 EUR.
func readPrice(v string) (money.Amount, string) {
	number, code, found := strings.Cut(v, " ")
	c, err := money.ParseCurrency(code)
	if !found || err != nil || !isDecimal(number) {
		return money.Amount{}, "not a number, a space and a currency"
	}
	amount, err := money.Parse(number, c)
	if err != nil {
		return money.Amount{}, "more decimals than the currency has"
	}
	if amount.Sign() <= 0 {
		return amount, "not more than 0"
	}
	return amount, ""
}

// instantForms are the forms of ISO 8601 that feeds have.
var instantForms = []string{minuteForm, "2006-01-02T15:04Z0700", "2006-01-02T15:04Z07:00", time.RFC3339, "2006-01-02T15:04:05Z0700", time.DateOnly}

func readInstant(v string) (time.Time, bool) {
	for _, form := range instantForms {
		if t, err := time.Parse(form, v); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func isInstant(v string) string {
	if _, ok := readInstant(v); !ok {
		return "no time of ISO 8601"
	}
	return ""
}

func isPeriod(v string) string {
	from, to, found := strings.Cut(v, "/")
	start, ok1 := readInstant(from)
	end, ok2 := readInstant(to)
	switch {
	case !found || !ok1 || !ok2:
		return "not two times of ISO 8601 and a slash"
	case !end.After(start):
		return "the end is not after the beginning"
	}
	return ""
}

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

func isCountry(v string) string {
	if countryCode.MatchString(v) {
		return ""
	}
	return "no two-letter country code"
}

// Values of which a field has one.
var (
	knownConditions = oneOf("new", "refurbished", "used")
	knownGenders    = oneOf("male", "female", "unisex")
	knownAges       = oneOf("newborn", "infant", "toddler", "kids", "adult")
)

var googleRules = []fieldRule{
	{name: "id", required: true, max: googleID}, {name: "title", required: true, max: feedTitle}, {name: "description", required: true, max: feedDescription},
	{name: "link", required: true, check: isURL}, {name: "image_link", required: true, check: isURL}, {name: "additional_image_link", many: googleImages, check: isURL},
	{name: "availability", required: true, check: oneOf("in_stock", "out_of_stock", "preorder", "backorder")}, {name: "availability_date", check: isInstant},
	{name: "price", required: true, check: isPrice}, {name: "sale_price", check: isPrice}, {name: "sale_price_effective_date", check: isPeriod},
	{name: "brand", max: googleBrand}, {name: "gtin", check: isGTIN}, {name: "mpn", max: googleMPN}, {name: "identifier_exists", check: oneOf("yes", "no")},
	{name: "condition", check: knownConditions}, {name: "item_group_id", max: googleID}, {name: "color", max: 100}, {name: "size", max: 100}, {name: "material", max: 200},
	{name: "pattern", max: 100}, {name: "gender", check: knownGenders}, {name: "age_group", check: knownAges}, {name: "product_type", max: 750},
	{name: "google_product_category", max: 750}, {name: "virtual_model_link", check: isURL},
}

var openAIRules = []fieldRule{
	{name: "item_id", required: true, max: openAIID}, {name: "title", required: true, max: feedTitle}, {name: "description", required: true, max: feedDescription},
	{name: "url", required: true, check: isURL}, {name: "brand", required: true}, {name: "seller_name"}, {name: "seller_url", check: isURL},
	{name: "image_url", required: true, check: isURL}, {name: "additional_image_urls", many: 1 << 20, check: isURL},
	{name: "availability", required: true, check: oneOf("in_stock", "out_of_stock", "pre_order", "backorder")}, {name: "availability_date", check: isInstant},
	{name: "price", required: true, check: isPrice}, {name: "sale_price", check: isPrice}, {name: "gtin", check: isGTIN}, {name: "mpn"}, {name: "color"}, {name: "size"},
	{name: "material"}, {name: "gender"}, {name: "age_group"}, {name: "condition", check: knownConditions}, {name: "group_id"},
	{name: "listing_has_variations", check: oneOf("true", "false")}, {name: "variant_dict"}, {name: "is_eligible_search", required: true, check: oneOf("true", "false")},
	{name: "is_eligible_checkout", required: true, check: oneOf("true", "false")}, {name: "seller_tos", check: isURL}, {name: "seller_privacy_policy", check: isURL},
	{name: "target_countries", many: 300, check: isCountry}, {name: "store_country", check: isCountry}, {name: "return_policy", check: isURL},
}

// validator checks the rows of a feed.
type validator struct {
	findings
	rules map[string]fieldRule
	order []fieldRule
	id    string // the field that names a row
	ids   map[string]bool
}

func newValidator(rules []fieldRule) *validator {
	v := &validator{rules: make(map[string]fieldRule, len(rules)), order: rules, id: rules[0].name, ids: map[string]bool{}}
	for _, r := range rules {
		v.rules[r.name] = r
	}
	return v
}

// check checks one row.
func (v *validator) check(fields map[string][]string) {
	v.row++
	for _, name := range sortedKeys(fields) {
		if _, known := v.rules[name]; !known {
			v.add(name, flywheel.ErrInvalid, "no field of the form")
		}
	}
	for _, r := range v.order {
		values := slices.DeleteFunc(slices.Clone(fields[r.name]), func(s string) bool { return s == "" })
		switch {
		case len(values) == 0 && r.required:
			v.add(r.name, flywheel.ErrNotFound, "missing")
		case len(values) > max(r.many, 1):
			v.add(r.name, flywheel.ErrLimit, "%d values, at most %d", len(values), max(r.many, 1))
		}
		for _, value := range values {
			if n := utf8.RuneCountInString(value); r.max > 0 && n > r.max {
				v.add(r.name, flywheel.ErrLimit, "%d characters, at most %d", n, r.max)
			}
			if r.check == nil {
				continue
			}
			if wrong := r.check(value); wrong != "" {
				v.add(r.name, flywheel.ErrInvalid, "%s", wrong)
			}
		}
	}
	one := func(name string) string {
		if len(fields[name]) == 0 {
			return ""
		}
		return fields[name][0]
	}
	if id := one(v.id); id != "" {
		if v.ids[id] {
			v.add(v.id, flywheel.ErrConflict, "%q is there already", firstRunes(id, 60))
		}
		v.ids[id] = true
	}
	price, wrong := readPrice(one("price"))
	if sale, bad := readPrice(one("sale_price")); wrong == "" && bad == "" {
		if order, err := sale.Cmp(price); err != nil || order >= 0 {
			v.add("sale_price", flywheel.ErrInvalid, "not below the price")
		}
	}
	if a := one("availability"); v.id == "id" && (a == "preorder" || a == "backorder") && one("availability_date") == "" {
		v.add("availability_date", flywheel.ErrNotFound, "missing")
	}
	if v.id != "id" && one("is_eligible_checkout") == "true" {
		for _, needed := range []string{"seller_tos", "seller_privacy_policy"} {
			if one(needed) == "" {
				v.add(needed, flywheel.ErrNotFound, "missing")
			}
		}
		if one("is_eligible_search") != "true" {
			v.add("is_eligible_checkout", flywheel.ErrInvalid, "without is_eligible_search")
		}
	}
	if v.id != "id" && one("group_id") != "" && one("group_id") == one("item_id") {
		v.add("group_id", flywheel.ErrInvalid, "the item_id")
	}
}

// isAbsolute is absoluteURL for addresses of sitemaps, which are bounded.
func isAbsolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && absoluteURL(address) && u.Fragment == "" && len(address) < 2048
}
