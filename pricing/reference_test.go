package pricing_test

import (
	"encoding/json"
	"errors"

	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// runners answer the kinds of reference case. Of the answer the fields that the
// case expects are compared, as JSON.
var runners = map[string]func(t *testing.T, input json.RawMessage) any{
	"allocate":           runAllocate,
	"split":              runSplit,
	"round":              runRound,
	"minor_units":        runMinorUnits,
	"fx":                 runFX,
	"format":             runFormat,
	"parse":              runParse,
	"price_select":       runPriceSelect,
	"lowest_prior_price": runLowestPrior,
	"tier":               runTier,
	"tax":                runTax,
	"eu_distance_sale":   runDistanceSale,
	"prorate":            runProrate,
	"bxgy":               runBuyGet,
	"bundle_price":       runBundle,
	"stack":              runStack,
	"line_best":          runLineBest,
	"shipping_discount":  runShippingDiscount,
	"shipping_tax":       runShippingTax,
	"tender":             runTender,
	"refund_units":       runRefundUnits,
	"refund_tender":      runRefundTender,
	"return_policy":      runReturnPolicy,
}

func TestReference(t *testing.T) {
	t.Run("abuse", abuseCases)
	var file struct {
		Cases []struct {
			ID, Kind, Title string
			Input, Expect   json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "pricing", "cases.json"), &file))
	require.NotEmpty(t, file.Cases)
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			run, known := runners[c.Kind]
			require.True(t, known, "unknown kind %q", c.Kind)
			got, err := json.Marshal(run(t, c.Input))
			require.NoError(t, err)
			require.JSONEq(t, string(c.Expect), string(onlyWanted(t, got, c.Expect)), c.Title)
		})
	}
}

// onlyWanted drops the fields of an answer that the case does not ask for.
func onlyWanted(t *testing.T, got, want json.RawMessage) json.RawMessage {
	t.Helper()
	all, wanted := read[map[string]json.RawMessage](t, got), read[map[string]json.RawMessage](t, want)
	for name := range all {
		if _, asked := wanted[name]; !asked {
			delete(all, name)
		}
	}
	data, err := json.Marshal(all)
	require.NoError(t, err)
	return data
}

func read[T any](t *testing.T, input json.RawMessage) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(input, &v))
	return v
}

type object = map[string]any

func minors(amounts []money.Amount) []int64 {
	minors := make([]int64, len(amounts))
	for i, a := range amounts {
		minors[i] = a.Minor()
	}
	return minors
}

// number is an exact decimal, written as a number or as a string.
type number struct{ money.Rate }

func (n *number) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		data = data[1 : len(data)-1]
	}
	return n.UnmarshalText(data)
}

func runAllocate(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Amount  int64
		Weights []number
	}](t, input)
	rates := make([]money.Rate, len(in.Weights))
	for i, w := range in.Weights {
		rates[i] = w.Rate
	}
	weights, err := money.Weights(rates...)
	require.NoError(t, err)
	parts, err := money.New(in.Amount, money.EUR).Allocate(weights...)
	if errors.Is(err, money.ErrWeights) {
		return object{"error": "invalid_weights"}
	}
	require.NoError(t, err)
	return object{"parts": minors(parts)}
}

func runSplit(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Amount int64
		Parts  int
	}](t, input)
	parts, err := money.New(in.Amount, money.EUR).Split(in.Parts)
	if errors.Is(err, money.ErrWeights) {
		return object{"error": "invalid_weights"}
	}
	require.NoError(t, err)
	return object{"parts": minors(parts)}
}

func runRound(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Value, Increment money.Rate
		Digits           int
		Mode             money.Rounding
	}](t, input)
	if in.Increment.IsZero() {
		var err error
		in.Increment, err = money.NewRate(1, in.Digits)
		require.NoError(t, err)
	}
	value, err := in.Value.Round(in.Increment, in.Mode)
	require.NoError(t, err)
	return object{"value": value.Decimal().StringFixed(int32(in.Digits))}
}

func runMinorUnits(t *testing.T, input json.RawMessage) any {
	in := read[struct{ Codes []string }](t, input)
	digits := map[string]int{}
	for _, code := range in.Codes {
		c, err := money.ParseCurrency(code)
		require.NoError(t, err)
		digits[code] = c.Digits()
	}
	return object{"digits": digits}
}

func runFX(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		Amount   int64
		From, To money.Currency
		Rate     money.Rate
		Ending   json.RawMessage
	}](t, input)
	a, err := money.New(in.Amount, in.From).Convert(in.To, in.Rate, money.HalfUp)
	require.NoError(t, err)
	if in.Ending != nil {
		digits := strings.Trim(string(in.Ending), `"`)
		ending, err := strconv.ParseInt(digits, 10, 64)
		require.NoError(t, err)
		a, err = a.EndIn(ending, 100)
		require.NoError(t, err)
	}
	return object{"amount": a.Minor()}
}

// quote prices b by c and checks the laws on the way.
func quote(t *testing.T, c pricing.Config, b pricing.Basket) pricing.Quote {
	t.Helper()
	e, err := pricing.Compile(c)
	require.NoError(t, err)
	if b.At.IsZero() {
		b.At = noon
	}
	b.Currency = money.EUR
	q, err := e.Quote(b)
	require.NoError(t, err)
	checkLaws(t, &q)
	return q
}

func eur(minor int64) money.Price { return money.PriceOf(money.New(minor, money.EUR)) }

func runPriceSelect(t *testing.T, input json.RawMessage) any {
	in := read[struct {
		At             time.Time
		CustomerGroups []string `json:"customer_groups"`
		Qty            int64
		Prices         []struct {
			ID       string
			Amount   int64
			ListType pricing.ListKind `json:"list_type"`
			Groups   []string
			StartsAt time.Time `json:"starts_at"`
			EndsAt   time.Time `json:"ends_at"`
			MinQty   int64     `json:"min_qty"`
			MaxQty   int64     `json:"max_qty"`
		}
	}](t, input)
	var c pricing.Config
	for _, p := range in.Prices {
		c.Lists = append(c.Lists, pricing.List{
			ID: p.ID, Kind: p.ListType, Groups: p.Groups, Starts: p.StartsAt, Ends: p.EndsAt,
			Entries: []pricing.Entry{{SKU: "a", Unit: eur(p.Amount), MinQuantity: p.MinQty, MaxQuantity: p.MaxQty}},
		})
	}
	q := quote(t, c, pricing.Basket{At: in.At, Groups: in.CustomerGroups, Lines: []pricing.Line{{ID: "1", SKU: "a", Quantity: in.Qty}}})
	unit, err := q.Lines[0].Unit.Times(1, money.HalfUp)
	require.NoError(t, err)
	return object{"price_id": q.Lines[0].List, "amount": unit.Minor()}
}
