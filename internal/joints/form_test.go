package joints_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// file is the form of the reference cases.
type file struct {
	Schema string
	Tzdata string
	Rules  json.RawMessage
	Cases  []*testCase
}

type testCase struct {
	ID, Family, Title, Why string
	Setup                  setup
	Steps                  []step
	Expected               json.RawMessage
}

type setup struct {
	Start      time.Time
	Skew       string
	Lateness   campaign.Duration
	Identity   segment.Identity
	Policy     policy
	Journeys   []campaign.Journey
	Programmes []programme
	Segments   []definition
}

type policy struct {
	Timezone   string
	QuietHours campaign.QuietHours `json:"quiet_hours"`
	Caps       []campaign.Cap
	OnCap      campaign.OnCap `json:"on_cap"`
	Late       *campaign.Late
	Retry      []campaign.Duration
}

type programme struct {
	From       time.Time
	PerUnit    *money.Rate           `json:"per_unit"`
	PerUnitOf  map[string]money.Rate `json:"per_unit_of"`
	PendingFor string                `json:"pending_for"`
	Expiry     *struct {
		After string
		Round string
	}
	Timezone string
}

func (p programme) program(t *testing.T) loyalty.Program {
	to := loyalty.Program{From: p.From, Timezone: p.Timezone, PendingFor: p.PendingFor}
	if p.PerUnit != nil {
		to.Earning.PerUnit = *p.PerUnit
	}
	to.Earning.PerUnitOf = p.PerUnitOf
	if p.Expiry != nil {
		to.Expiry.After = p.Expiry.After
		switch p.Expiry.Round {
		case "", "exact":
		case "end_of_year":
			to.Expiry.Round = loyalty.EndOfYear
		default:
			t.Fatalf("expiry round %q", p.Expiry.Round)
		}
	}
	return to
}

type definition struct {
	Name   string
	Leaves map[string]leaf
	Rule   json.RawMessage
}

type leaf struct {
	Events   []string
	Where    json.RawMessage
	Window   string
	Agg      segment.Aggregate
	Currency string
	Of       string
}

// segment translates a definition.
func (d definition) segment() segment.Definition {
	to := segment.Definition{Name: d.Name, Rule: d.Rule, Leaves: map[string]segment.Leaf{}}
	for name, l := range d.Leaves {
		to.Leaves[name] = segment.Leaf{Events: l.Events, Where: l.Where, Window: l.Window, Agg: l.Agg, Currency: l.Currency, Of: l.Of}
	}
	return to
}

type step struct {
	At          time.Time
	Do          string
	Expect      string
	Events      []json.RawMessage
	Every       campaign.Duration
	Until       time.Time
	Expected    json.RawMessage
	Customer    flywheel.CustomerID
	Visitor     flywheel.VisitorID
	Granted     bool
	Purpose     string
	Channel     string
	Answers     []string
	Then        string
	Journey     json.RawMessage
	From        time.Time
	Migrate     map[string]string
	EntriesFrom time.Time `json:"entries_from"`
	Segment     json.RawMessage
	Programme   programme
	Programmes  []programme
	Points      int64
	Event       string
	Consumer    string
	Action      string
	N           int
}

// strict decodes JSON and refuses what it does not know.
func strict(t *testing.T, data []byte, to any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(to))
}

// spoilt is what a case says of the consumers and an event, beside the event.
type spoilt struct {
	poison  []string
	stumble map[string]int
}

// events makes the events of a step that happens at a moment.
func events(t *testing.T, raw json.RawMessage, at time.Time, spoil func(id string, s spoilt)) (list []flywheel.Event) {
	t.Helper()
	var times struct{ Times int }
	require.NoError(t, json.Unmarshal(raw, &times))
	for n := range max(1, times.Times) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(strings.ReplaceAll(string(raw), "{n}", strconv.Itoa(n))), &fields))
		e := flywheel.Event{Time: at}
		s := spoilt{stumble: map[string]int{}}
		text := func(x any) string {
			v, ok := x.(string)
			require.True(t, ok, "%v is no text", x)
			return v
		}
		for key, x := range fields {
			switch key {
			case "id":
				e.ID = text(x)
			case "name":
				e.Name = text(x)
			case "time":
				claimed, err := time.Parse(time.RFC3339, text(x))
				require.NoError(t, err)
				e.Time = claimed.UTC()
			case "customer":
				e.Customer = flywheel.CustomerID(text(x))
			case "visitor":
				e.Visitor = flywheel.VisitorID(text(x))
			case "ref":
				e.Ref = text(x)
			case "value":
				currency, err := money.ParseCurrency(text(fields["currency"]))
				require.NoError(t, err)
				e.Value, err = money.Parse(text(x), currency)
				require.NoError(t, err)
			case "currency", "times":
			case "skus":
				for _, sku := range x.([]any) {
					e.Lines = append(e.Lines, flywheel.Line{SKU: flywheel.SKU(text(sku)), Quantity: 1})
				}
			case "poison":
				for _, c := range x.([]any) {
					s.poison = append(s.poison, text(c))
				}
			case "stumble":
				for c, k := range x.(map[string]any) {
					s.stumble[c] = int(k.(float64))
				}
			default:
				if e.Properties == nil {
					e.Properties = map[string]any{}
				}
				e.Properties[key] = x
			}
		}
		spoil(e.ID, s)
		list = append(list, e)
	}
	return list
}

// short is a value for a message of a failure.
func short(v any) string {
	text := fmt.Sprint(v)
	if len(text) > 400 {
		text = text[:400] + "…"
	}
	return text
}
