package loyalty_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func TestReference(t *testing.T) {
	runners := map[string]func(*testing.T, json.RawMessage){
		"ledger": ledgerCase, "dates": datesCase, "rounding": roundingCase, "tiers": tiersCase, "liability": liabilityCase,
	}
	for _, area := range []string{"ledger", "dates", "rounding", "tiers", "liability"} {
		t.Run(area, func(t *testing.T) {
			var file struct {
				Schema string
				Cases  []json.RawMessage
			}
			require.NoError(t, json.Unmarshal(testkit.Reference(t, "loyalty", area+".json"), &file))
			require.Equal(t, "loyalty/"+area+"/v1", file.Schema)
			require.NotEmpty(t, file.Cases)
			for _, c := range file.Cases {
				var head struct{ ID string }
				require.NoError(t, json.Unmarshal(c, &head))
				t.Run(head.ID, func(t *testing.T) { runners[area](t, c) })
			}
		})
	}
	t.Run("abuse", abuseCases)
}

func decode(t *testing.T, data json.RawMessage, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(data, v), "%s", data)
}

// member is whose points the cases are about.
const member = flywheel.CustomerID("member")

func ledgerCase(t *testing.T, data json.RawMessage) {
	var c struct {
		Program struct {
			BurnOrder      loyalty.BurnOrder `json:"burn_order"`
			Clawback       loyalty.Clawback
			RestoreExpired json.RawMessage `json:"restore_expired"`
			Timezone       string
		}
		Ops []struct {
			At          time.Time
			Op          string
			ID          string
			Points      *int64
			AvailableAt time.Time `json:"available_at"`
			ExpiresAt   time.Time `json:"expires_at"`
			Earn, Burn  string
		}
		Expect struct {
			Results []struct {
				ID             string
				OK             bool
				Error          string
				Replayed       bool
				From, To       [][]any
				OwnLot         int64 `json:"own_lot"`
				AlreadyExpired int64 `json:"already_expired"`
				OtherLots      int64 `json:"other_lots"`
				Debt           int64
				WrittenOff     int64 `json:"written_off"`
			}
			Snapshots []struct {
				At                       time.Time
				Available, Pending, Debt int64
				Redeemed, Expired        int64
				WrittenOff               int64 `json:"written_off"`
				Lots                     map[string]int64
			}
			TrialBalance map[loyalty.Book]int64 `json:"trial_balance"`
		}
	}
	decode(t, data, &c)
	program := loyalty.Program{BurnOrder: c.Program.BurnOrder, Clawback: c.Program.Clawback, Timezone: c.Program.Timezone}
	if len(c.Program.RestoreExpired) > 0 && string(c.Program.RestoreExpired) != `"expire_immediately"` {
		var restore struct{ Grace string }
		decode(t, c.Program.RestoreExpired, &restore)
		require.NotEmpty(t, restore.Grace)
		program.RestoreGrace = restore.Grace
	}
	// The pure ledger, and the service over a store, must agree.
	ledger, err := loyalty.NewLedger(program)
	require.NoError(t, err)
	service, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{program}})
	require.NoError(t, err)
	var account loyalty.Account
	results, snapshots := c.Expect.Results, c.Expect.Snapshots
	var last time.Time
	for _, o := range c.Ops {
		last = o.At
		if o.Op == "snapshot" {
			want := snapshots[0]
			snapshots = snapshots[1:]
			stored, err := service.BalanceAt(t.Context(), member, o.At)
			require.NoError(t, err)
			storedLots, err := service.Lots(t.Context(), member, o.At)
			require.NoError(t, err)
			for _, b := range []struct {
				loyalty.Balance
				lots []loyalty.Lot
			}{{ledger.Balance(account, o.At), ledger.OpenLots(account, o.At)}, {stored, storedLots}} {
				got, lots := b.Balance, map[string]int64{}
				for _, lot := range b.lots {
					lots[lot.ID] = lot.Left
				}
				require.True(t, want.At.Equal(got.At))
				require.Equal(t,
					[]any{want.Available, want.Pending, want.Debt, want.Redeemed, want.Expired, want.WrittenOff, want.Lots},
					[]any{got.Available, got.Pending, got.Debt, got.Redeemed, got.Expired, got.WrittenOff, lots})
			}
			continue
		}
		op := loyalty.Operation{
			Member: member, Key: o.ID, Kind: loyalty.Kind(o.Op), Of: o.Earn + o.Burn, At: o.At,
			Points: loyalty.All, AvailableAt: o.AvailableAt, ExpiresAt: o.ExpiresAt,
		}
		if o.Points != nil {
			op.Points = *o.Points
		}
		want := results[0]
		results = results[1:]
		require.Equal(t, want.ID, o.ID)
		known := len(account.Receipts)
		next, receipt, err := ledger.Apply(account, op)
		replayed := err == nil && len(next.Receipts) == known
		account = next
		again, serviceErr := service.Apply(t.Context(), op)
		require.Equal(t, fmt.Sprint(err), fmt.Sprint(serviceErr))
		if want.OK {
			require.NoError(t, err)
			require.Equal(t, receipt.Outcome, again.Outcome)
			require.Equal(t, want.Replayed, replayed)
			require.Equal(t, want.From, parts(receipt.Outcome.From))
			require.Equal(t, want.To, parts(receipt.Outcome.To))
			require.Equal(t, loyalty.Clawed{
				OwnLot: want.OwnLot, AlreadyExpired: want.AlreadyExpired, OtherLots: want.OtherLots, Debt: want.Debt, WrittenOff: want.WrittenOff,
			}, receipt.Outcome.Clawback)
			continue
		}
		switch want.Error {
		case "insufficient_points":
			require.ErrorIs(t, err, loyalty.ErrInsufficient)
			require.Equal(t, loyalty.InsufficientPoints, receipt.Outcome.Refusal)
		case "exceeds_original":
			require.ErrorIs(t, err, loyalty.ErrExceeds)
			require.Equal(t, loyalty.ExceedsOriginal, receipt.Outcome.Refusal)
		case "idempotency_conflict":
			require.ErrorIs(t, err, loyalty.ErrKeyReused)
		default:
			t.Fatalf("unknown error %q", want.Error)
		}
	}
	require.Empty(t, results)
	require.Empty(t, snapshots)
	if c.Expect.TrialBalance != nil {
		account = ledger.Settle(account, last)
		require.Equal(t, c.Expect.TrialBalance, loyalty.TrialBalance(account.Entries...))
		require.NoError(t, service.Settle(t.Context(), member, last))
		var entries []loyalty.Entry
		for e, err := range service.Entries(t.Context(), member) {
			require.NoError(t, err)
			entries = append(entries, e)
		}
		require.Equal(t, account.Entries, entries)
	}
}

// parts writes parts as the cases do.
func parts(list []loyalty.Part) (rows [][]any) {
	for _, p := range list {
		row := []any{p.Lot, float64(p.Points)}
		switch p.Fate {
		case loyalty.Restored, loyalty.Lapsed:
			row = append(row, string(p.Fate))
		case loyalty.Renewed:
			row = append(row, p.Expires.Format(time.RFC3339))
		}
		rows = append(rows, row)
	}
	return rows
}

func datesCase(t *testing.T, data json.RawMessage) {
	var c struct {
		Op       string
		Timezone string
		Given    struct {
			EarnedAt time.Time `json:"earned_at"`
			After    string
			Round    loyalty.ExpiryRounding
			Anchor   string
			Time     string
			Years    []int
		}
		Expect json.RawMessage
	}
	decode(t, data, &c)
	program := loyalty.Program{Timezone: c.Timezone, Expiry: loyalty.Expiry{After: c.Given.After, Round: c.Given.Round}}
	ledger, err := loyalty.NewLedger(program)
	require.NoError(t, err)
	switch c.Op {
	case "expires_at":
		var want time.Time
		decode(t, c.Expect, &want)
		require.Equal(t, want.UTC(), ledger.ExpiresAt(c.Given.EarnedAt))
	case "anniversaries":
		var want []time.Time
		decode(t, c.Expect, &want)
		zone, err := time.LoadLocation(c.Timezone)
		require.NoError(t, err)
		anchor, err := time.ParseInLocation("2006-01-02 15:04", c.Given.Anchor+" "+c.Given.Time, zone)
		require.NoError(t, err)
		require.Len(t, want, len(c.Given.Years))
		for i, year := range c.Given.Years {
			require.Equal(t, want[i].UTC(), ledger.Anniversary(anchor, year))
		}
	default:
		t.Fatalf("unknown op %q", c.Op)
	}
}

var modes = map[string]money.Rounding{
	"floor": money.Floor, "ceil": money.Ceiling, "half_up": money.HalfUp, "half_even": money.HalfEven,
}

func mode(t *testing.T, name string) *money.Rounding {
	t.Helper()
	m, ok := modes[name]
	require.True(t, ok, "unknown mode %q", name)
	return &m
}

// amount reads a plain decimal in a currency that has its number of decimals.
func amount(t *testing.T, s string) money.Amount {
	t.Helper()
	for _, c := range []money.Currency{money.JPY, money.EUR, money.MustCurrency("KWD")} {
		if a, err := money.Parse(s, c); err == nil {
			return a
		}
	}
	t.Fatalf("no currency for %q", s)
	return money.Amount{}
}

func rate(t *testing.T, s string) money.Rate {
	t.Helper()
	r, err := money.ParseRate(s)
	require.NoError(t, err)
	return r
}

func points(t *testing.T, e loyalty.Earning, multiplier money.Rate, spends ...loyalty.Spend) loyalty.Earned {
	t.Helper()
	ledger, err := loyalty.NewLedger(loyalty.Program{Earning: e})
	require.NoError(t, err)
	earned, err := ledger.Points(multiplier, spends...)
	require.NoError(t, err)
	require.Equal(t, earned.Total, earned.Base+earned.TierBonus+earned.CategoryBonus)
	return earned
}

func roundingCase(t *testing.T, data json.RawMessage) {
	var c struct {
		Given struct {
			Op            string
			Lines         json.RawMessage
			PointsPerUnit string `json:"points_per_unit"`
			Modes         []string
			Mode          string
			Items         []struct {
				Amount, Multiplier, Mode string
				PointsPerUnit            string `json:"points_per_unit"`
			}
			Values, Refunds, Weights []string
			Order                    string
			Points                   int64
			Base                     string
			TierMultiplier           string            `json:"tier_multiplier"`
			CategoryBonus            map[string]string `json:"category_bonus"`
		}
		Expect json.RawMessage
	}
	decode(t, data, &c)
	g := c.Given
	switch g.Op {
	case "earn":
		var want struct {
			PerOrder map[string]int64 `json:"per_order"`
			PerLine  map[string]int64 `json:"per_line"`
		}
		decode(t, c.Expect, &want)
		var lines []string
		decode(t, g.Lines, &lines)
		var spends []loyalty.Spend
		for _, l := range lines {
			spends = append(spends, loyalty.Spend{Amount: amount(t, l)})
		}
		for _, m := range g.Modes {
			e := loyalty.Earning{PerUnit: rate(t, g.PointsPerUnit), Rounding: mode(t, m)}
			require.Equal(t, want.PerOrder[m], points(t, e, money.Rate{}, spends...).Total)
			e.PerLine = true
			require.Equal(t, want.PerLine[m], points(t, e, money.Rate{}, spends...).Total)
		}
	case "earn_each":
		var want []int64
		decode(t, c.Expect, &want)
		require.Len(t, want, len(g.Items))
		for i, item := range g.Items {
			var multiplier money.Rate
			if item.Multiplier != "" {
				multiplier = rate(t, item.Multiplier)
			}
			e := loyalty.Earning{PerUnit: rate(t, item.PointsPerUnit), Rounding: mode(t, item.Mode)}
			require.Equal(t, want[i], points(t, e, multiplier, loyalty.Spend{Amount: amount(t, item.Amount)}).Total)
		}
	case "round":
		var want map[string][]int64
		decode(t, c.Expect, &want)
		for _, m := range g.Modes {
			for i, v := range g.Values {
				// The value in points, as a rate on one unit of money.
				e := loyalty.Earning{PerUnit: rate(t, v), Rounding: mode(t, m)}
				require.Equal(t, want[m][i], points(t, e, money.Rate{}, loyalty.Spend{Amount: amount(t, "1")}).Total)
			}
		}
	case "refunds":
		var want struct {
			Earned int64
			Clawed []int64
		}
		decode(t, c.Expect, &want)
		sink := &recorder{}
		service, err := loyalty.New(nil, &loyalty.Options{
			Programs: []loyalty.Program{{Earning: loyalty.Earning{PerUnit: rate(t, g.PointsPerUnit), Rounding: mode(t, g.Mode)}}},
			Sink:     sink,
		})
		require.NoError(t, err)
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		events := []flywheel.Event{{ID: "p", Name: flywheel.EventPurchase, Ref: "O", Customer: member, Time: at, Value: amount(t, g.Order)}}
		for i, r := range g.Refunds {
			events = append(events, flywheel.Event{
				ID: fmt.Sprint("r", i), Name: flywheel.EventRefund, Ref: "O", Customer: member, Time: at, Value: amount(t, r),
			})
		}
		require.NoError(t, consume(service, events...))
		// What an event changes is reported under its ID; no change, no report.
		reported := map[string]int64{}
		for _, e := range sink.events {
			reported[e.ID] = int64(e.Properties["points"].(float64))
		}
		got := []int64{reported["points_earned:p"]}
		for i := range g.Refunds {
			got = append(got, reported[fmt.Sprint("points_reversed:r", i)])
		}
		require.Equal(t, append([]int64{want.Earned}, want.Clawed...), got)
	case "apportion":
		var want []int64
		decode(t, c.Expect, &want)
		var weights []money.Rate
		for _, w := range g.Weights {
			weights = append(weights, rate(t, w))
		}
		got, err := loyalty.Apportion(g.Points, weights...)
		require.NoError(t, err)
		require.Equal(t, want, got)
	case "earn_rules":
		var want struct {
			Base          int64
			TierBonus     int64 `json:"tier_bonus"`
			CategoryBonus int64 `json:"category_bonus"`
			Total         int64
		}
		decode(t, c.Expect, &want)
		var lines []struct{ Amount, Category string }
		decode(t, g.Lines, &lines)
		e := loyalty.Earning{PerUnit: rate(t, g.Base), Rounding: mode(t, g.Mode), Bonus: map[string]money.Rate{}}
		for category, bonus := range g.CategoryBonus {
			e.Bonus[category] = rate(t, bonus)
		}
		var spends []loyalty.Spend
		for _, l := range lines {
			spends = append(spends, loyalty.Spend{Amount: amount(t, l.Amount), Category: l.Category})
		}
		require.Equal(t, loyalty.Earned{Total: want.Total, Base: want.Base, TierBonus: want.TierBonus, CategoryBonus: want.CategoryBonus},
			points(t, e, rate(t, g.TierMultiplier), spends...))
	default:
		t.Fatalf("unknown op %q", g.Op)
	}
}

func tiersCase(t *testing.T, data json.RawMessage) {
	var c struct {
		Rule struct {
			Timezone   string
			Thresholds map[string]int64
			Window     json.RawMessage
			Valid      string
			Downgrade  loyalty.Downgrade
			Grace      string
			Refunds    string
		}
		Activity []loyalty.Activity
		Expect   []struct {
			At     time.Time
			Metric int64
			Tier   string
		}
	}
	decode(t, data, &c)
	tiering := loyalty.Tiering{Downgrade: c.Rule.Downgrade, Grace: c.Rule.Grace}
	for id, threshold := range c.Rule.Thresholds {
		tiering.Tiers = append(tiering.Tiers, loyalty.Tier{ID: id, Threshold: threshold})
	}
	sortTiers(tiering.Tiers)
	if string(c.Rule.Window) == `"lifetime"` {
		tiering.Window = loyalty.Lifetime
	} else {
		var window struct{ Rolling, Calendar string }
		decode(t, c.Rule.Window, &window)
		switch {
		case window.Rolling != "":
			tiering.Window, tiering.Period = loyalty.Rolling, window.Rolling
		case window.Calendar == "year":
			tiering.Window = loyalty.CalendarYear
		default:
			t.Fatalf("unknown window %s", c.Rule.Window)
		}
	}
	switch c.Rule.Valid {
	case "":
	case "through_next_period":
		tiering.ThroughNextPeriod = true
	default:
		t.Fatalf("unknown validity %q", c.Rule.Valid)
	}
	require.Contains(t, []string{"", "immediate"}, c.Rule.Refunds)
	ledger, err := loyalty.NewLedger(loyalty.Program{Timezone: c.Rule.Timezone, Tiering: &tiering})
	require.NoError(t, err)
	for _, want := range c.Expect {
		got := ledger.Standing(c.Activity, want.At)
		require.Equal(t, want.Metric, got.Metric, want.At)
		require.Equal(t, want.Tier, got.Tier, want.At)
	}
}

func liabilityCase(t *testing.T, data json.RawMessage) {
	var c struct {
		Given struct {
			Sale         string
			PointsIssued int64  `json:"points_issued"`
			PointSSP     string `json:"point_ssp"`
			Periods      []struct {
				Redeemed int64 `json:"redeemed_total"`
				Expected int64 `json:"expected_total"`
			}
			Round string
		}
		Expect struct {
			Product, Points string
			Recognized      []string `json:"recognised"`
			Liability       []string
		}
	}
	decode(t, data, &c)
	read := func(s string) money.Amount {
		a, err := money.Parse(s, money.USD)
		require.NoError(t, err)
		return a
	}
	increments := map[string]int64{"cent": 1, "nearest_unit": 100}
	require.Contains(t, increments, c.Given.Round)
	d := loyalty.Deferral{
		Sale: read(c.Given.Sale), Points: c.Given.PointsIssued, PointPrice: rate(t, c.Given.PointSSP), Increment: increments[c.Given.Round],
	}
	product, share, err := d.Split()
	require.NoError(t, err)
	require.Equal(t, read(c.Expect.Product), product)
	require.Equal(t, read(c.Expect.Points), share)
	var periods []loyalty.Redemption
	for _, p := range c.Given.Periods {
		periods = append(periods, loyalty.Redemption{Redeemed: p.Redeemed, Expected: p.Expected})
	}
	got, err := d.Recognize(periods...)
	require.NoError(t, err)
	require.Len(t, got, len(c.Expect.Recognized))
	for i := range got {
		require.Equal(t, read(c.Expect.Recognized[i]), got[i].Revenue)
		require.Equal(t, read(c.Expect.Liability[i]), got[i].Liability)
	}
}

func sortTiers(tiers []loyalty.Tier) {
	slices.SortFunc(tiers, func(a, b loyalty.Tier) int { return cmp.Compare(a.Threshold, b.Threshold) })
}
