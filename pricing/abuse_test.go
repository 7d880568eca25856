package pricing_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// abuseRunners answer the areas of the abuse cases that are about prices. They
// return what was accepted, or the error of the refusal.
var abuseRunners = map[string]func(t *testing.T, input json.RawMessage) (object, error){
	"amount":        abuseAmount,
	"price_tamper":  abusePrice,
	"rule":          abuseRule,
	"json_input":    abuseJSON,
	"text_identity": abuseText,
}

// abuseCases runs the cases of abuse.json whose areas belong here: coupons have
// their own, and the other areas are those of other packages.
func abuseCases(t *testing.T) {
	var cases []struct {
		ID, Area, Attack string
		Input            json.RawMessage
		Expected         json.RawMessage
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "security", "abuse.json"), &cases))
	ran := 0
	for _, c := range cases {
		run, mine := abuseRunners[c.Area]
		if !mine {
			continue
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			got, err := run(t, c.Input)
			want := read[struct {
				OneOf []map[string]any `json:"one_of"`
			}](t, c.Expected).OneOf
			if want == nil {
				want = append(want, read[map[string]any](t, c.Expected))
			}
			require.True(t, slices.ContainsFunc(want, func(w map[string]any) bool { return answers(t, w, got, err) }),
				"%s: %v, %v", c.Attack, got, err)
		})
	}
	require.NotZero(t, ran)
}

// answers reports whether an answer is the one expected.
func answers(t *testing.T, want map[string]any, got object, err error) bool {
	t.Helper()
	kinds := map[string]error{
		"invalid": flywheel.ErrInvalid, "limit": flywheel.ErrLimit, "out_of_range": flywheel.ErrOutOfRange,
		"conflict": flywheel.ErrConflict, "not_found": flywheel.ErrNotFound, "expired": flywheel.ErrExpired,
	}
	for name, value := range want {
		switch name {
		case "result":
			if (value == "refused") != (err != nil) {
				return false
			}
		case "kind":
			kind, known := kinds[fmt.Sprint(value)]
			require.True(t, known, "kind %v", value)
			if !errors.Is(err, kind) {
				return false
			}
		case "max_ms": // patterns are linear by construction; time is not judged in tests
		default:
			require.Contains(t, []string{"total", "match"}, name)
			if fmt.Sprint(got[name]) != fmt.Sprint(value) {
				return false
			}
		}
	}
	return true
}

func abuseAmount(t *testing.T, input json.RawMessage) (object, error) {
	in := read[struct {
		Lines []struct {
			Unit, Qty int64
			Currency  string
		}
		FixedDiscount   int64 `json:"fixed_discount"`
		PercentDiscount int64 `json:"percent_discount"`
	}](t, input)
	b := pricing.Basket{Currency: money.EUR, At: noon}
	for i, l := range in.Lines {
		c := money.EUR
		if l.Currency != "" {
			var err error
			if c, err = money.ParseCurrency(l.Currency); err != nil {
				return nil, err
			}
		}
		if i == 0 {
			b.Currency = c
		}
		b.Lines = append(b.Lines, pricing.Line{ID: fmt.Sprint(i), SKU: "a", Quantity: l.Qty, Agreed: money.PriceOf(money.New(l.Unit, c))})
	}
	var c pricing.Config
	if in.FixedDiscount != 0 {
		c.Promotions = append(c.Promotions, pricing.Promotion{ID: "fixed", Level: pricing.OrderLevel, Amount: money.New(in.FixedDiscount, b.Currency)})
	}
	if in.PercentDiscount != 0 {
		c.Promotions = append(c.Promotions, pricing.Promotion{ID: "percent", Level: pricing.OrderLevel, Percent: money.Percent(in.PercentDiscount)})
	}
	return priced(c, b)
}

func priced(c pricing.Config, b pricing.Basket) (object, error) {
	e, err := pricing.Compile(c)
	if err != nil {
		return nil, err
	}
	q, err := e.Quote(b)
	if err != nil {
		return nil, err
	}
	return object{"total": q.Total.Minor()}, nil
}

// renamed gives the fields of a request the names that they have here.
func renamed(text string) string { return strings.ReplaceAll(text, `"qty"`, `"quantity"`) }

func abusePrice(t *testing.T, input json.RawMessage) (object, error) {
	in := read[struct {
		Catalog     map[string]int64
		Lists       []map[string]any
		ActorGroups []string `json:"actor_groups"`
		Request     json.RawMessage
		QuotedTotal *int64           `json:"quoted_total"`
		ThenCatalog map[string]int64 `json:"then_catalog"`
		ThenAdd     struct {
			SKU flywheel.SKU
			Qty int64
		} `json:"then_add"`
	}](t, input)
	listOf := func(id string, prices map[string]int64) pricing.List {
		l := pricing.List{ID: id}
		for _, sku := range slices.Sorted(maps.Keys(prices)) {
			l.Entries = append(l.Entries, pricing.Entry{SKU: flywheel.SKU(sku), Unit: eur(prices[sku])})
		}
		return l
	}
	c := pricing.Config{Lists: []pricing.List{listOf("catalog", in.Catalog)}}
	for i, from := range in.Lists {
		prices := map[string]int64{}
		for name, value := range from {
			if price, ok := value.(float64); ok {
				prices[name] = int64(price)
			}
		}
		l := listOf(fmt.Sprint(i), prices)
		l.Kind, l.Groups = pricing.Override, []string{from["group"].(string)}
		c.Lists = append(c.Lists, l)
	}
	b := pricing.Basket{Currency: money.EUR, At: noon, Groups: in.ActorGroups}
	if in.Request != nil {
		request, err := pricing.ReadRequest([]byte(renamed(string(in.Request))))
		if err != nil {
			return nil, err
		}
		b.Lines = request.Basket().Lines
		return priced(c, b)
	}
	require.NotNil(t, in.QuotedTotal, "input of a form this test does not know")
	for _, sku := range slices.Sorted(maps.Keys(in.Catalog)) {
		b.Lines = append(b.Lines, pricing.Line{ID: sku, SKU: flywheel.SKU(sku), Quantity: 1})
	}
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	seen, err := e.Quote(b)
	require.NoError(t, err)
	require.Equal(t, *in.QuotedTotal, seen.Total.Minor())
	if in.ThenCatalog != nil {
		c.Lists[0] = listOf("catalog", in.ThenCatalog)
		e, err = pricing.Compile(c)
		require.NoError(t, err)
	}
	if in.ThenAdd.Qty != 0 {
		b.Lines = append(b.Lines, pricing.Line{ID: "added", SKU: in.ThenAdd.SKU, Quantity: in.ThenAdd.Qty})
	}
	q, err := e.Confirm(b, &seen)
	if err != nil {
		return nil, err
	}
	return object{"total": q.Total.Minor()}, nil
}

// abuseRule gives the conditions to promotions.
func abuseRule(t *testing.T, input json.RawMessage) (object, error) {
	in := read[struct {
		Pattern, Subject, Rule json.RawMessage
		Schema                 map[string]rule.Type
	}](t, input)
	c := pricing.Config{BasketAttributes: in.Schema}
	b := oneOf("a")
	b.Lines[0].Agreed = eur(100)
	p := pricing.Promotion{ID: "p", Percent: money.Percent(10), When: in.Rule}
	if in.Pattern != nil {
		when, err := json.Marshal(object{"subject": object{"$regex": repeated(t, in.Pattern)}})
		require.NoError(t, err)
		c.BasketAttributes = map[string]rule.Type{"subject": rule.String}
		b.Attributes = map[string]any{"subject": repeated(t, in.Subject)}
		p.When = when
	} else if in.Schema == nil { // its attributes are known
		c.BasketAttributes = map[string]rule.Type{}
		for name := range read[map[string]any](t, in.Rule) {
			if !strings.HasPrefix(name, "$") {
				c.BasketAttributes[name] = rule.Any
			}
		}
	}
	c.Promotions = []pricing.Promotion{p}
	e, err := pricing.Compile(c)
	if err != nil {
		return nil, err
	}
	q, err := e.Quote(b)
	return object{"match": len(q.Applied) > 0}, err
}

// repeated reads a string or {"repeat": s, "times": n, "suffix": e}.
func repeated(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var s string
	if raw == nil || json.Unmarshal(raw, &s) == nil {
		return s
	}
	r := read[struct {
		Repeat string
		Times  int
		Suffix string
	}](t, raw)
	return strings.Repeat(r.Repeat, r.Times) + r.Suffix
}

func abuseJSON(t *testing.T, input json.RawMessage) (object, error) {
	in := read[struct {
		Text     *string
		Generate struct {
			Repeat  *string
			Times   int
			Suffix  string
			NestAnd *int `json:"nest_and"`
			Lines   *int
		}
	}](t, input)
	switch g := in.Generate; {
	case in.Text != nil:
		_, err := pricing.ReadRequest([]byte(`{"currency":"EUR","lines":[` + renamed(*in.Text) + `]}`))
		return nil, err
	case g.Repeat != nil:
		_, err := pricing.ReadRequest([]byte(strings.Repeat(*g.Repeat, g.Times) + g.Suffix))
		return nil, err
	case g.NestAnd != nil:
		when := strings.Repeat(`{"$and":[`, *g.NestAnd) + `{"channel":"web"}` + strings.Repeat(`]}`, *g.NestAnd)
		p, err := pricing.ReadPromotion([]byte(`{"id":"p","percent":"0.1","when":` + when + `}`))
		if err == nil {
			_, err = pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{p}})
		}
		return nil, err
	case g.Lines != nil:
		lines := strings.TrimSuffix(strings.Repeat(`{"sku":"A","quantity":1},`, *g.Lines), ",")
		_, err := pricing.ReadRequest([]byte(`{"currency":"EUR","lines":[` + lines + `]}`))
		return nil, err
	}
	t.Fatalf("input of a form this test does not know: %s", input)
	return nil, nil
}

func abuseText(t *testing.T, input json.RawMessage) (object, error) {
	in := read[struct {
		Stored, Typed string
		SKU           json.RawMessage
	}](t, input)
	b := oneOf("a")
	b.Lines[0].Agreed = eur(100)
	if in.SKU != nil {
		b.Lines[0].SKU = flywheel.SKU(repeated(t, in.SKU))
		_, err := priced(pricing.Config{}, b)
		return nil, err
	}
	e, err := pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{{ID: "p", Percent: money.Percent(10), Coupon: in.Stored}}})
	require.NoError(t, err)
	b.Coupons = []string{in.Typed}
	q, err := e.Quote(b)
	return object{"match": len(q.Applied) > 0}, err
}
