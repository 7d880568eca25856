package draft_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/draft"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A quote at a fifth off goes out as a link; the buyer pays by card.
func Example() {
	ctx := context.Background()
	s, err := newShop(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := s.drafts.Create(ctx, draft.Draft{
		Key: "call-17", By: "ben", Customer: "anna", Currency: money.EUR, Note: "As discussed.",
		Lines: []draft.Line{{SKU: "mug", Quantity: 100, Off: money.Percent(20)}},
		Buyer: checkout.Buyer{Email: "anna@example.com"}, Address: &order.Address{Country: "DE"},
		Deliveries: []checkout.DeliveryChoice{{Option: "standard"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, token, err := s.drafts.Send(ctx, d.ID)
	if err != nil {
		fmt.Println(err)
		return
	}
	link := s.drafts.Link(d.ID, token)
	shown, err := link.See(ctx)
	fmt.Println(shown.Status, shown.Lines[0].Unit, shown.View.Total, shown.ValidUntil.Format("2006-01-02"), err)
	v, err := link.SetTenders(ctx, checkout.TenderChoice{Type: order.Card, Token: "tok"})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err = link.Place(ctx, "button-1", v.Version)
	fmt.Println(v.Status, err)
	d, err = s.drafts.Get(ctx, d.ID)
	fmt.Println(d.Status, d.Order == v.Order, err)
	// Output:
	// sent 9.52 EUR 956.90 EUR 2026-03-24 <nil>
	// completed <nil>
	// ordered true <nil>
}

// Staff places an order that is paid by invoice.
func ExampleService_Place() {
	ctx := context.Background()
	s, err := newShop(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := s.drafts.Create(ctx, quote("counter"))
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := s.drafts.Place(ctx, d.ID, draft.Placing{
		Key: "desk-1", Order: "o-1", Tenders: []checkout.TenderChoice{{Type: order.Card, Token: "offline:invoice"}},
	})
	fmt.Println(v.Status, v.Order, v.Total, err)
	// Output: completed o-1 958.40 EUR <nil>
}

// A shopper makes no drafts.
func ExampleErrStaff() {
	s, err := newShop(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := flywheel.WithActor(context.Background(), flywheel.Actor{Customer: "anna"})
	_, err = s.drafts.Create(ctx, quote("mine"))
	fmt.Println(err)
	// Output: draft: only the shop's staff does that: forbidden
}

// The desk lists what was sent and waits for an answer.
func ExampleService_List() {
	ctx := context.Background()
	s, err := newShop(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, key := range []string{"a", "b"} {
		if _, err := s.drafts.Create(ctx, quote(key)); err != nil {
			fmt.Println(err)
			return
		}
	}
	if _, _, err := s.drafts.Send(ctx, "d-b"); err != nil {
		fmt.Println(err)
		return
	}
	for d, err := range s.drafts.List(ctx, draft.Filter{Status: draft.Sent}) {
		fmt.Println(d.ID, d.By, d.Note, err)
	}
	// Output: d-b ben As discussed on the telephone. <nil>
}

// A draft that was withdrawn can no longer be sent.
func ExampleStatusError() {
	ctx := context.Background()
	s, err := newShop(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s.drafts.Create(ctx, quote("a")); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s.drafts.Withdraw(ctx, "d-a"); err != nil {
		fmt.Println(err)
		return
	}
	_, _, err = s.drafts.Send(ctx, "d-a")
	fmt.Println(err)
	// Output: draft "d-a" is withdrawn
}

// A store keeps drafts; memory is one.
func ExampleNewMemory() {
	ctx := context.Background()
	var store draft.Store = draft.NewMemory(nil)
	d, err := store.Save(ctx, draft.Draft{ID: "d-1", Key: "call-17", Currency: money.EUR})
	fmt.Println(d.Version, d.Status.Final(), err)
	// Output: 1 false <nil>
}

// A service needs the carts and sessions of the shop, and secrets to sign links with.
func ExampleNew() {
	s, err := newShop(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	links, err := order.NewLinks([]byte("thirty-two bytes that nobody knows"))
	if err != nil {
		fmt.Println(err)
		return
	}
	drafts, err := draft.New(nil, &draft.Options{Carts: s.carts, Sessions: s.sessions, Links: links, Valid: 30 * 24 * time.Hour})
	fmt.Println(drafts != nil, err)
	// Output: true <nil>
}
