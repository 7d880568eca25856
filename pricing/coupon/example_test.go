package coupon_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func Example() {
	ctx := context.Background()
	coupons, err := coupon.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	// 10 % off for a newsletter: once per customer, and at most 500 EUR a month.
	_, err = coupons.SaveCampaign(ctx, coupon.Campaign{
		ID: "newsletter", PerCustomer: 1, TimeZone: "Europe/Berlin",
		Budgets: []coupon.Budget{{Period: coupon.Monthly, Amount: money.New(500_00, money.EUR)}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := coupons.Add(ctx, coupon.Code{Code: "HELLO10", Campaign: "newsletter"}); err != nil {
		fmt.Println(err)
		return
	}
	use := func(order string) error {
		_, err := coupons.Redeem(ctx, order, coupon.Request{Code: "hello10", Customer: "ann", Ref: order, Amount: money.New(4_20, money.EUR)})
		return err
	}
	fmt.Println(use("order-1"))
	fmt.Println(use("order-1")) // a retry
	err = use("order-2")
	fmt.Println(err)
	if refused, ok := errors.AsType[*coupon.RefusedError](err); ok {
		fmt.Println("for the shop:", refused.Reason)
	}
	_, err = coupons.Cancel(ctx, "order-1")
	fmt.Println(err, use("order-2"))
	// Output:
	// <nil>
	// <nil>
	// coupon: this code cannot be used: not found
	// for the shop: customer_used_up
	// <nil> <nil>
}

// Codes from a seed, for a test; without one they come from crypto/rand.
func ExamplePattern() {
	p := coupon.Pattern{Prefix: "SPRING-", Length: 11, Group: 4}
	codes, err := p.Generate(2, rand.NewChaCha8([32]byte{}))
	fmt.Println(codes, err, p.Bits())
	code, err := p.Check("spring " + codes[0][7:11] + codes[0][12:16] + codes[0][17:])
	fmt.Println(code == codes[0], err)
	wrong := []byte(codes[0])
	wrong[8], wrong[9] = wrong[9], wrong[8]
	_, err = p.Check(string(wrong))
	fmt.Println(err)
	_, err = coupon.Pattern{Length: 11, Alphabet: "ABCD"}.Generate(1, nil)
	bad, _ := errors.AsType[*coupon.FieldError](err)
	fmt.Println(bad.Field)
	// Output:
	// [SPRING-U9ZG-FRCE-VH33 SPRING-Z899-DWW5-X33K] <nil> 54
	// true <nil>
	// coupon: this code cannot be used: not found
	// alphabet
}

func ExampleNormalize() {
	fmt.Println(coupon.Normalize("ｓａｖｅ１０") == coupon.Normalize("SAVE\u200b10"))
	fmt.Println(coupon.Normalize("S\u0410VE10") == "SAVE10") // a Cyrillic letter
	// Output:
	// true
	// false
}

func ExampleCheckStrength() {
	err := coupon.CheckStrength(coupon.GiftCard, len(coupon.Digits), 8)
	weak, _ := errors.AsType[*coupon.StrengthError](err)
	fmt.Println(weak.Bits, weak.MinBits, coupon.Bits(32, 16))
	// Output: 26 64 80
}

func ExampleLimiter() {
	limiter, err := coupon.NewLimiter(3, time.Hour)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for range 4 {
		err = limiter.Try(context.Background(), now, "ann", func() (failed bool, err error) { return true, nil })
	}
	fmt.Println(err)
	// Output: coupon: too many codes failed: rate limited: limit exceeded
}

func ExampleService_Charge() {
	ctx := context.Background()
	cards, err := coupon.New(coupon.NewMemory(nil), &coupon.Options{Source: rand.NewChaCha8([32]byte{})})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := cards.SaveCampaign(ctx, coupon.Campaign{ID: "cards"}); err != nil {
		fmt.Println(err)
		return
	}
	codes, err := cards.IssueCards(ctx, "cards", coupon.CardPattern, 1, money.New(50_00, money.EUR))
	if err != nil {
		fmt.Println(err)
		return
	}
	paid, err := cards.Charge(ctx, "order-1", coupon.Request{Code: codes[0], Customer: "ann", Amount: money.New(30_00, money.EUR)})
	fmt.Println(paid.Amount, err)
	_, err = cards.Refund(ctx, "return-1", "order-1", money.New(5_00, money.EUR))
	fmt.Println(err)
	fmt.Println(cards.Balance(ctx, coupon.Request{Code: codes[0], Customer: "ann"}))
	// Output:
	// 30.00 EUR <nil>
	// <nil>
	// 25.00 EUR <nil>
}

// A store has a part that merchants write and one that customers write; the latter
// answers with the tally that is full.
func ExampleTally() {
	store := coupon.NewMemory(nil)
	var catalog coupon.Catalog = store
	var ledger coupon.Ledger = store
	fmt.Println(catalog.AddCodes(context.Background(), []coupon.Code{{Code: "HELLO10", Campaign: "newsletter"}}))
	r := coupon.Redemption{
		Key: "order-1", Code: "HELLO10", Campaign: "newsletter", At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Uses: []coupon.Tally{{Name: "campaign", Add: 2, Limit: 1}},
	}
	_, err := ledger.Redeem(context.Background(), r)
	full, _ := errors.AsType[*coupon.TallyError](err)
	fmt.Println(full.Tally.Name, full.Used)
	// Output:
	// <nil>
	// campaign 0
}

// A service that knows who has an order, as order.New does for the coupons it is
// given.
func ExampleService_Recognize() {
	codes, err := coupon.New(nil, nil)
	if err != nil {
		panic(err)
	}
	buyers := map[flywheel.CustomerID]bool{"anna": true}
	codes.Recognize(func(_ context.Context, c flywheel.CustomerID) (bool, error) { return buyers[c], nil })
	_, err = codes.Check(context.Background(), coupon.Request{Code: "WRONG", Customer: "anna", Campaign: "series"})
	fmt.Println(err)
	// Output: coupon: this code cannot be used: not found
}

// A series of codes for one use each: issued, looked at in a cart, used, and counted.
func ExampleService_Issue() {
	ctx := context.Background()
	coupons, err := coupon.New(nil, &coupon.Options{Source: rand.NewChaCha8([32]byte{})}) // a seed, for a test
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := coupons.SaveCampaign(ctx, coupon.Campaign{ID: "flyer", Promotion: "ten", PerCode: 1}); err != nil {
		fmt.Println(err)
		return
	}
	codes, err := coupons.Issue(ctx, "flyer", coupon.Pattern{Length: 16, Group: 4}, 3)
	fmt.Println(len(codes), err)
	n := 0
	for _, err := range coupons.Codes(ctx, "flyer") {
		if err != nil {
			fmt.Println(err)
		}
		n++
	}
	campaign, err := coupons.Look(ctx, coupon.Request{Code: codes[0], Customer: "ann"})
	fmt.Println(n, campaign.Promotion, err)
	if _, err := coupons.Redeem(ctx, "order-1", coupon.Request{Code: codes[0], Customer: "ann", Ref: "order-1"}); err != nil {
		fmt.Println(err)
	}
	for r, err := range coupons.Redemptions(ctx, "flyer") {
		fmt.Println(r.Ref, r.Customer, r.Code == codes[0], err)
	}
	used, err := coupons.Used(ctx, "flyer")
	fmt.Println(used, err)
	_, err = coupons.Look(ctx, coupon.Request{Code: codes[0], Customer: "ben"})
	fmt.Println(errors.Is(err, coupon.ErrRefused))
	// Output:
	// 3 <nil>
	// 3 ten <nil>
	// order-1 ann true <nil>
	// 1 <nil>
	// true
}

// What orders hold of a campaign while they are paid for, and get back.
func ExampleService_Uses() {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	coupons, err := coupon.New(nil, &coupon.Options{Now: func() time.Time { return now }})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := coupons.SaveCampaign(ctx, coupon.Campaign{ID: "ten", Limit: 10}); err != nil {
		fmt.Println(err)
		return
	}
	if err := coupons.Add(ctx, coupon.Code{Code: "TEN", Campaign: "ten"}); err != nil {
		fmt.Println(err)
		return
	}
	for _, try := range []string{"try-1", "try-2"} {
		if err := coupons.Hold(ctx, try, coupon.Request{Code: "TEN", Customer: "ann"}, now.Add(15*time.Minute)); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(coupons.Commit(ctx, "try-1", "TEN"), coupons.Release(ctx, "try-2", "TEN")) // paid, declined
	used, held, err := coupons.Uses(ctx, "ten")
	fmt.Println(used, held, err)
	campaign, err := coupons.Campaign(ctx, "ten")
	fmt.Println(campaign.Limit, err)
	// Output:
	// <nil> <nil>
	// 1 0 <nil>
	// 10 <nil>
}
