package loyalty_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var newYear = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func Example() {
	ctx := context.Background()
	now := newYear
	points := must(loyalty.New(nil, &loyalty.Options{
		Programs: []loyalty.Program{{
			Expiry:     loyalty.Expiry{After: "P12M", Round: loyalty.EndOfMonth},
			PendingFor: "P14D", // the time for returning goods
			Tiering: &loyalty.Tiering{
				Tiers:  []loyalty.Tier{{ID: "base"}, {ID: "gold", Threshold: 100, Multiplier: money.MustRate("1.5")}},
				Window: loyalty.Rolling, Period: "P12M",
			},
		}},
		Now: func() time.Time { return now },
	}))
	buy := func(order, amount string) {
		// In a shop a segment.Runner reads entries from the log.
		err := points.Consume(ctx, []flywheel.Entry{{
			Received: now, Effective: now, Person: flywheel.PersonOf("anna", ""),
			Event: flywheel.Event{
				ID: "purchase:" + order, Name: flywheel.EventPurchase, Ref: order, Customer: "anna", Time: now,
				Value: must(money.Parse(amount, money.EUR)),
			},
		}})
		if err != nil {
			panic(err)
		}
	}
	buy("O1", "129.90")
	buy("O2", "10.00") // as a gold member
	b := must(points.Balance(ctx, "anna"))
	fmt.Println(b.Available, "available,", b.Pending, "pending,", must(points.Standing(ctx, "anna")).Tier)

	now = now.AddDate(0, 0, 14)
	fmt.Println(must(points.Burn(ctx, "anna", "voucher-1", 120)).Outcome.From)
	b = must(points.Balance(ctx, "anna"))
	lots := must(points.Lots(ctx, "anna", now))
	fmt.Println(b.Available, "available until", lots[0].Expires.Format(time.DateOnly))
	// Output:
	// 0 available, 144 pending, gold
	// [{order:O1:1 120  0001-01-01 00:00:00 +0000 UTC}]
	// 24 available until 2027-02-01
}

func ExampleLedger_Apply() {
	ledger := must(loyalty.NewLedger(loyalty.Program{BurnOrder: loyalty.ExpiringFirst}))
	var account loyalty.Account
	for _, op := range []loyalty.Operation{
		{Key: "welcome", Kind: loyalty.Earn, Points: 100},
		{Key: "birthday", Kind: loyalty.Earn, Points: 50, ExpiresAt: newYear.AddDate(0, 1, 0)},
		{Key: "mug", Kind: loyalty.Burn, Points: 60},
		{Key: "returned", Kind: loyalty.ReverseBurn, Of: "mug", Points: loyalty.All},
	} {
		op.Member, op.At = "anna", newYear
		var receipt loyalty.Receipt
		var err error
		account, receipt, err = ledger.Apply(account, op)
		if err != nil {
			panic(err)
		}
		fmt.Println(op.Kind, receipt.Outcome.Points, ledger.Balance(account, newYear).Available)
	}
	for _, part := range account.Receipts[3].Outcome.To {
		fmt.Println(part.Points, "to", part.Lot, part.Fate == loyalty.Restored)
	}
	fmt.Println(loyalty.TrialBalance(account.Entries...))
	// Output:
	// earn 100 100
	// earn 50 150
	// burn 60 90
	// reverse_burn 60 150
	// 10 to welcome true
	// 50 to birthday true
	// map[available:150 program:-150]
}

func ExampleInsufficientError() {
	points := must(loyalty.New(loyalty.NewMemory(nil), nil))
	_, err := points.Burn(context.Background(), "anna", "mug", 60)
	if e, ok := errors.AsType[*loyalty.InsufficientError](err); ok {
		fmt.Println(e.Have, e.Want, errors.Is(err, flywheel.ErrConflict))
	}
	// Output: 0 60 true
}

func ExampleProgramError() {
	_, err := loyalty.NewLedger(loyalty.Program{PendingFor: "two weeks"})
	if e, ok := errors.AsType[*loyalty.ProgramError](err); ok {
		fmt.Println(e.Field)
	}
	// Output: pending_for
}

func ExampleLedger_Points() {
	ledger := must(loyalty.NewLedger(loyalty.Program{Earning: loyalty.Earning{
		Bonus: map[string]money.Rate{"tea": money.MustRate("1")},
	}}))
	earned := must(ledger.Points(money.MustRate("1.5"),
		loyalty.Spend{Amount: money.New(2000, money.EUR), Category: "tea"},
		loyalty.Spend{Amount: money.New(1000, money.EUR), Category: "cup"},
	))
	fmt.Printf("%+v\n", earned)
	// Output: {Total:65 Base:30 TierBonus:15 CategoryBonus:20}
}

func ExampleLedger_Standing() {
	ledger := must(loyalty.NewLedger(loyalty.Program{Tiering: &loyalty.Tiering{
		Tiers:  []loyalty.Tier{{ID: "base"}, {ID: "silver", Threshold: 500}, {ID: "gold", Threshold: 1500}},
		Window: loyalty.CalendarYear, ThroughNextPeriod: true, Downgrade: loyalty.OneDown,
	}}))
	activity := []loyalty.Activity{{At: newYear, Amount: 600}, {At: newYear.AddDate(0, 6, 0), Amount: 1000}}
	for _, year := range []int{2026, 2027, 2028, 2029} {
		s := ledger.Standing(activity, time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC))
		fmt.Println(year, s.Tier, s.Metric, s.Next, s.Missing)
	}
	// Output:
	// 2026 gold 1600  0
	// 2027 gold 0  0
	// 2028 silver 0 gold 1500
	// 2029 base 0 silver 500
}

func ExampleLedger_ExpiresAt() {
	ledger := must(loyalty.NewLedger(loyalty.Program{
		Timezone: "Europe/Berlin", Expiry: loyalty.Expiry{After: "P1Y", Round: loyalty.EndOfYear},
	}))
	fmt.Println(ledger.ExpiresAt(newYear))
	// Output: 2027-12-31 23:00:00 +0000 UTC
}

func ExampleApportion() {
	fmt.Println(must(loyalty.Apportion(16, money.MustRate("3.33"), money.MustRate("3.33"), money.MustRate("4.33"))))
	// Output: [5 5 6]
}

func ExampleDeferral() {
	d := loyalty.Deferral{Sale: money.New(200_000, money.EUR), Points: 2000, PointPrice: money.MustRate("0.085")}
	product, share, err := d.Split()
	if err != nil {
		panic(err)
	}
	fmt.Println(product, share)
	for _, r := range must(d.Recognize(loyalty.Redemption{Redeemed: 1000, Expected: 1700}, loyalty.Redemption{Redeemed: 1200, Expected: 1200})) {
		fmt.Println(r.Revenue, r.Liability)
	}
	// Output:
	// 1843.32 EUR 156.68 EUR
	// 92.16 EUR 64.52 EUR
	// 64.52 EUR 0.00 EUR
}

// A rate that doubles in April: what was bought before keeps its rate, also when
// it is refunded later.
func ExampleService_Consume() {
	april := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	points := must(loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{
		{}, {From: april, Earning: loyalty.Earning{PerUnit: money.MustRate("2")}},
	}}))
	ctx := context.Background()
	position := flywheel.Position(0)
	happened := func(name, order string, euros int64, at time.Time) {
		position++
		err := points.Consume(ctx, []flywheel.Entry{{
			Position: position, Received: at, Effective: at, Person: flywheel.PersonOf("anna", ""),
			Event: flywheel.Event{ID: fmt.Sprint("e", position), Name: name, Ref: order, Customer: "anna", Time: at, Value: money.New(100*euros, money.EUR)},
		}})
		if err != nil {
			panic(err)
		}
		o := must(points.Order(ctx, "anna", order))
		fmt.Println(order, o.Total(), o.Points)
	}
	happened(flywheel.EventPurchase, "O1", 50, april.AddDate(0, 0, -5))
	happened(flywheel.EventPurchase, "O2", 50, april)
	happened(flywheel.EventRefund, "O1", 20, april.AddDate(0, 0, 3))
	happened(loyalty.EventOrderEdited, "O2", 60, april.AddDate(0, 0, 4))
	fmt.Println(must(points.BalanceAt(ctx, "anna", april.AddDate(0, 0, 5))).Available)
	// Output:
	// O1 50.00 EUR 50
	// O2 50.00 EUR 100
	// O1 30.00 EUR 30
	// O2 60.00 EUR 120
	// 150
}

func ExampleService_Hold() {
	points := must(loyalty.New(nil, &loyalty.Options{Now: func() time.Time { return newYear }}))
	ctx := context.Background()
	must(points.Apply(ctx, loyalty.Operation{Member: "anna", Key: "welcome", Kind: loyalty.Earn, Points: 100}))
	show := func(err error) {
		b := must(points.Balance(ctx, "anna"))
		fmt.Println(b.Available, "available,", b.Held, "held,", b.Redeemed, "spent", err)
	}
	show(points.Hold(ctx, "anna", "order-1", 60))   // before the payment is authorized
	show(points.Commit(ctx, "anna", "order-1"))     // with the order
	show(points.Hold(ctx, "anna", "order-2", 40))   // payment refused:
	show(points.Release(ctx, "anna", "order-2"))    // given back at once, else after 30 minutes
	show(points.Release(ctx, "anna", "order-none")) // unknown
	// Output:
	// 40 available, 60 held, 0 spent <nil>
	// 40 available, 0 held, 60 spent <nil>
	// 0 available, 40 held, 60 spent <nil>
	// 40 available, 0 held, 60 spent <nil>
	// 40 available, 0 held, 60 spent loyalty: no hold "order-none": not found
}

// A store loads what a change concerns.
func ExampleNeed() {
	ctx := context.Background()
	store := loyalty.NewMemory(nil)
	points := must(loyalty.New(store, &loyalty.Options{Now: func() time.Time { return newYear }}))
	for i := range 1000 {
		must(points.Apply(ctx, loyalty.Operation{Member: "anna", Key: fmt.Sprint("gift-", i), Kind: loyalty.Earn, Points: 10}))
	}
	a := must(store.Account(ctx, "anna", loyalty.Need{Points: 25, Until: newYear}))
	fmt.Println(a.Spendable, len(a.Lots))
	// Output: 10000 3
}

func ExampleProgramStore() {
	ctx := context.Background()
	store := loyalty.NewMemory(nil)
	points := must(loyalty.New(store, nil))
	if err := points.SetPrograms(ctx, loyalty.Program{PendingFor: "P14D"}); err != nil {
		panic(err)
	}
	var kept loyalty.ProgramStore = store
	for _, list := range must(kept.Programs(ctx, 0)) {
		fmt.Println(list.Number, list.Programs[0].PendingFor)
	}
	// Output: 1 P14D
}

// What a member did, as it is shown to the member, and what the shop keeps of one who
// asked to be forgotten: nothing.
func ExampleService_Entries() {
	ctx := context.Background()
	points := must(loyalty.New(nil, &loyalty.Options{Now: func() time.Time { return newYear }}))
	must(points.Apply(ctx, loyalty.Operation{Member: "anna", Key: "welcome", Kind: loyalty.Earn, Points: 100}))
	must(points.Burn(ctx, "anna", "mug", 30))
	for r, err := range points.Receipts(ctx, "anna") {
		fmt.Println(r.Kind, r.Points, err)
	}
	sum := map[loyalty.Book]int64{}
	for e, err := range points.Entries(ctx, "anna") {
		if err != nil {
			panic(err)
		}
		sum[e.From] -= e.Points
		sum[e.To] += e.Points
	}
	fmt.Println(sum[loyalty.BookAvailable], must(points.Spendable(ctx, "anna")))
	for member, err := range points.Members(ctx) {
		fmt.Println(member, points.Forget(ctx, member), err)
	}
	fmt.Println(must(points.Balance(ctx, "anna")).Available)
	// Output:
	// earn 100 <nil>
	// burn 30 <nil>
	// 70 70
	// anna <nil> <nil>
	// 0
}

// Points pay for an order: held until it is paid, given back with a return.
func ExampleService_GiveBack() {
	ctx := context.Background()
	points := must(loyalty.New(nil, &loyalty.Options{Now: func() time.Time { return newYear }}))
	must(points.Apply(ctx, loyalty.Operation{Member: "anna", Key: "welcome", Kind: loyalty.Earn, Points: 100}))
	if err := points.HoldUntil(ctx, "anna", "order-1", 60, newYear.Add(15*time.Minute)); err != nil {
		panic(err)
	}
	fmt.Println(must(points.Spendable(ctx, "anna")))
	if err := points.Commit(ctx, "anna", "order-1"); err != nil {
		panic(err)
	}
	if err := points.GiveBack(ctx, "anna", "return-1", "order-1", 20); err != nil {
		panic(err)
	}
	fmt.Println(must(points.Spendable(ctx, "anna")))
	// Output:
	// 40
	// 60
}

// A tier as it stands at an instant, and when it will be left.
func ExampleService_StandingAt() {
	ctx := context.Background()
	points := owing(ctx)
	at := newYear.AddDate(0, 0, 20)
	s := must(points.StandingAt(ctx, "anna", at))
	fmt.Println(s.Tier, must(points.StandingAt(ctx, "bob", at)).Tier)
	fmt.Println(len(must(points.Programs(ctx))))
	// Output:
	// gold base
	// 1
}

// A point pays a cent until the end of the year, and half a cent from then on.
func ExampleService_Worth() {
	points, err := loyalty.New(nil, &loyalty.Options{Programs: []loyalty.Program{
		{Worth: map[money.Currency]money.Rate{money.EUR: money.MustRate("1")}},
		{From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Worth: map[money.Currency]money.Rate{money.EUR: money.MustRate("0.5")}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, at := range []time.Time{time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)} {
		value, err := points.Worth(context.Background(), money.EUR, at)
		fmt.Println(value, err)
	}
	// Output:
	// 1 <nil>
	// 0.5 <nil>
}
