package segment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

func Example() {
	ctx := context.Background()
	june := func(day int) time.Time { return time.Date(2025, 6, day, 12, 0, 0, 0, time.UTC) }
	now := june(1) // time.Now in a shop
	log, err := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return now }})
	if err != nil {
		fmt.Println(err)
		return
	}
	profiles, err := segment.NewProfiles(nil, &segment.ProfileOptions{Segments: []segment.Definition{
		{Name: "win_back", Rule: json.RawMessage(`{"orders": {"$gte": 1}, "days_since_last_purchase": {"$gt": 30}}`)},
		{Name: "vip", Rule: json.RawMessage(`{"revenue": {"$gte": 100}}`)},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}

	for i, sale := range []struct {
		customer flywheel.CustomerID
		day      int
		cents    int64
	}{{"ann", 1, 12999}, {"bob", 2, 990}, {"bob", 28, 1990}} {
		now = june(sale.day)
		if err := log.Publish(ctx, flywheel.Event{ID: fmt.Sprint("sale-", i), Name: flywheel.EventPurchase,
			Time: june(sale.day), Customer: sale.customer, Value: money.New(sale.cents, money.EUR)}); err != nil {
			fmt.Println(err)
			return
		}
	}

	runner, err := segment.NewRunner(log, nil, profiles)
	if err != nil {
		fmt.Println(err)
		return
	}
	now = june(35)
	fmt.Println(runner.Drain(ctx))
	bob, _ := profiles.Get(ctx, "bob")
	fmt.Println("bob:", bob.Orders, "orders,", bob.Revenue())
	for _, name := range profiles.Segments() {
		members, _ := profiles.Members(ctx, name)
		fmt.Println(name, slices.Collect(members.All()))
	}
	// Output:
	// <nil>
	// bob: 2 orders, 29.80 EUR
	// vip [ann]
	// win_back [ann]
}

// learn lets profiles take events from a log of their own.
func learn(ctx context.Context, profiles *segment.Profiles, events ...flywheel.Event) {
	log, _ := segment.NewLog(nil, nil)
	log.Publish(ctx, events...)
	log.Number(ctx)
	entries, _ := log.Read(ctx, 0, 100)
	if err := profiles.Consume(ctx, entries); err != nil { // the Runner's call
		fmt.Println(err)
	}
}

// mail is a consumer in memory.
type mail struct{}

func (mail) Consume(ctx context.Context, entries []flywheel.Entry) error {
	for _, e := range entries {
		if e.Event.Customer == "eve" {
			return &flywheel.EntryError{Position: e.Position, ID: e.Event.ID, Err: flywheel.ErrForbidden}
		}
		flywheel.AfterCommit(ctx, func(context.Context) { fmt.Println("mail took", e.Event.Name, "of", e.Person) })
	}
	return nil
}

// One entry that cannot be taken stops its person, and nobody else.
func ExampleRunner() {
	ctx := context.Background()
	log, _ := segment.NewLog(nil, nil)
	runner, _ := segment.NewRunner(log, nil, mail{})
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	for i, who := range []flywheel.CustomerID{"ann", "eve", "bob", "eve"} {
		log.Publish(ctx, flywheel.Event{ID: fmt.Sprint(i), Name: flywheel.EventSearch, Time: at, Customer: who})
	}
	fmt.Println(runner.Drain(ctx))
	parked, _ := runner.Parked(ctx, "segment_test.mail")
	fmt.Println(len(parked), parked[0].Person, parked[0].Position)
	fmt.Println(runner.Drop(ctx, "segment_test.mail", 2)) // 4 was waiting behind it
	health, _ := runner.Health(ctx)
	fmt.Println(health[0].Position, health[0].Parked)
	// Output:
	// mail took search of c:ann
	// mail took search of c:bob
	// <nil>
	// 1 c:eve 2
	// <nil>
	// 4 1
}

func ExampleLog_Entries() {
	ctx := context.Background()
	log, _ := segment.NewLog(nil, nil)
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	log.Publish(ctx, flywheel.Event{ID: "a", Name: flywheel.EventSearch, Time: at}, flywheel.Event{ID: "b", Name: flywheel.EventShare, Time: at})
	log.Number(ctx)
	for entry, err := range log.Entries(ctx, segment.Query{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(entry.Position, entry.Event.ID, entry.Event.Name)
	}
	// Output:
	// 1 a search
	// 2 b share
}

func ExampleTrait() {
	ctx := context.Background()
	profiles, err := segment.NewProfiles(nil, &segment.ProfileOptions{Traits: []segment.Trait{
		{Name: "favourite", Kind: segment.MostFrequent, Events: []string{flywheel.EventViewItem}, Property: "category"},
		{Name: "largest_order", Kind: segment.Max, Events: []string{flywheel.EventPurchase}},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	for i, category := range []string{"shoes", "hats", "hats"} {
		learn(ctx, profiles, flywheel.Event{ID: fmt.Sprint("view-", i), Name: flywheel.EventViewItem, Time: at, Customer: "ann",
			Properties: map[string]any{"category": category}})
	}
	learn(ctx, profiles, flywheel.Event{ID: "order-1", Name: flywheel.EventPurchase, Time: at, Customer: "ann", Value: money.New(4999, money.EUR)})
	ann, _ := profiles.Get(ctx, "ann")
	attributes := profiles.Attributes(&ann, at)
	fmt.Println(attributes["favourite"], attributes["largest_order"])
	fmt.Println(profiles.Values(ctx, "ann", "favourite"))
	// Output:
	// hats 49.99
	// [{hats 2} {shoes 1}] <nil>
}

func ExampleMembers_And() {
	ctx := context.Background()
	profiles, _ := segment.NewProfiles(nil, &segment.ProfileOptions{Segments: []segment.Definition{
		{Name: "buyers", Rule: json.RawMessage(`{"orders": {"$gte": 1}}`)},
		{Name: "loyal", Rule: json.RawMessage(`{"orders": {"$gte": 2}}`)},
	}})
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	for i, customer := range []flywheel.CustomerID{"ann", "bob", "ann"} {
		learn(ctx, profiles, flywheel.Event{ID: fmt.Sprint(i), Name: flywheel.EventPurchase, Time: at, Customer: customer})
	}
	buyers, _ := profiles.Members(ctx, "buyers")
	loyal, _ := profiles.Members(ctx, "loyal")
	both, _ := buyers.And(loyal)
	once, _ := buyers.AndNot(loyal)
	fmt.Println(slices.Collect(both.All()), slices.Collect(once.All()), buyers.Count())
	// Output: [ann] [bob] 2
}

// One flywheel.Memory makes the log and the profiles one database: what happens
// in a transaction happens to both or to neither.
func ExampleNewMemoryLog() {
	ctx := context.Background()
	db := &flywheel.Memory{}
	log, _ := segment.NewLog(segment.NewMemoryLog(db), nil)
	profiles, _ := segment.NewProfiles(segment.NewMemoryProfiles(db), nil)
	err := db.InTx(ctx, func(ctx context.Context) error {
		at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
		event := flywheel.Event{ID: "1", Name: flywheel.EventLogin, Time: at, Customer: "ann"}
		if err := log.Publish(ctx, event); err != nil {
			return err
		}
		return errors.New("changed my mind")
	})
	runner, _ := segment.NewRunner(log, nil, profiles)
	runner.Drain(ctx)
	entries, _ := log.Read(ctx, 0, 10)
	_, missing := profiles.Get(ctx, "ann")
	fmt.Println(err)
	fmt.Println(len(entries), missing)
	// Output:
	// changed my mind
	// 0 segment: profile "c:ann": not found
}

func ExampleSameEvent() {
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	a := flywheel.Event{ID: "1", Name: flywheel.EventSearch, Time: at, Properties: map[string]any{"q": "shoes"}}
	b := a
	b.Properties = map[string]any{"q": "hats"}
	fmt.Println(segment.SameEvent(&a, &a), segment.SameEvent(&a, &b))
	// Output: true false
}

func ExampleProfiles_Explain() {
	ctx := context.Background()
	profiles, _ := segment.NewProfiles(nil, &segment.ProfileOptions{Segments: []segment.Definition{
		{Name: "loyal", Rule: json.RawMessage(`{"orders": {"$gte": 3}, "refunds": 0}`)},
	}})
	learn(ctx, profiles, flywheel.Event{ID: "1", Name: flywheel.EventPurchase, Customer: "ann",
		Time: time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)})
	why, err := profiles.Explain(ctx, "loyal", "ann", time.Date(2025, 6, 2, 0, 0, 0, 0, time.UTC))
	fmt.Println(why.Decisive(), err)
	// Output: orders $gte 3: no, is 1 <nil>
}

// Amounts in several currencies, at the rate of their day.
func ExampleExchange() {
	rate, err := money.ParseRate("1.25")
	if err != nil {
		fmt.Println(err)
		return
	}
	day := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	var rates segment.Exchange // what prices are converted with
	rates, err = money.NewExchange(money.EUR, money.Quotation{Currency: money.USD, Rate: rate, From: day})
	if err != nil {
		fmt.Println(err)
		return
	}
	profiles, err := segment.NewProfiles(nil, &segment.ProfileOptions{Exchange: rates, Currency: money.EUR})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for i, value := range []money.Amount{money.New(1000, money.EUR), money.New(2500, money.USD)} {
		e := flywheel.Event{ID: fmt.Sprint(i), Name: flywheel.EventPurchase, Time: day, Customer: "ann", Value: value}
		if err := profiles.Consume(ctx, []flywheel.Entry{{Event: e, Received: day, Effective: day, Position: flywheel.Position(i + 1)}}); err != nil {
			fmt.Println(err)
			return
		}
	}
	ann, err := profiles.Get(ctx, "ann")
	fmt.Println(ann.Revenue(), err)
	// Output: 30.00 EUR <nil>
}
