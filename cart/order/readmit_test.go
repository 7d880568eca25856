package order

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// A return that was withdrawn comes back whole, or not at all when its units have come
// back in another.
func TestReadmit(t *testing.T) {
	of := func(returned int64) *Order {
		return &Order{Lines: []Line{{ID: "a", Quantity: 3, Returned: 1}, {ID: "b", Quantity: 2, Returned: returned}}}
	}
	r := Return{Key: "k", Lines: []ReturnLine{{Line: "a", Quantity: 2}, {Line: "b", Quantity: 1}}}
	o := of(1)
	kept := o.readmit(r)
	require.NotNil(t, kept)
	require.Equal(t, []Return{r}, o.Returns)
	require.Equal(t, []int64{3, 2}, []int64{o.Lines[0].Returned, o.Lines[1].Returned})
	o = of(2)
	require.Nil(t, o.readmit(r))
	require.Equal(t, of(2), o, "nothing of it is left")
}

// Whatever words an order is found by, another of them is another.
func TestFoundAs(t *testing.T) {
	of := func(edit func(o *Order)) *Order {
		o := &Order{ID: "o", Number: "1001", Contact: Contact{Email: "a@example.com"}, Lines: []Line{{SKU: "a", Title: "Pen"}, {SKU: "b"}}}
		o.Shipping, o.Billing = &Address{Name: "Anna"}, &Address{Name: "Ben"}
		edit(o)
		return o
	}
	same := of(func(*Order) {})
	require.True(t, same.foundAs(of(func(o *Order) { o.Lines[0].Quantity, o.Version = 9, 2 })), "what nobody looks for")
	for name, edit := range map[string]func(o *Order){
		"id":       func(o *Order) { o.ID = "p" },
		"number":   func(o *Order) { o.Number = "1002" },
		"contact":  func(o *Order) { o.Contact.Email = "b@example.com" },
		"shipping": func(o *Order) { o.Shipping.Name = "Carla" },
		"billing":  func(o *Order) { o.Billing.Name = "Carla" },
		"sku":      func(o *Order) { o.Lines[1].SKU = "c" },
		"title":    func(o *Order) { o.Lines[0].Title = "Pencil" },
		"lines":    func(o *Order) { o.Lines = o.Lines[:1] },
	} {
		require.False(t, same.foundAs(of(edit)), name)
		require.False(t, of(edit).foundAs(same), name)
	}
}

// What is authorized is what each tender stands for: all of a balance, and of a card
// what was not released.
func TestSumOfTenders(t *testing.T) {
	eur := func(n int64) money.Amount { return money.New(n, money.EUR) }
	o := &Order{Currency: money.EUR, Tenders: []Tender{
		{Type: GiftCard, Amount: eur(300)},
		{Type: StoreCredit, Amount: eur(50)},
		{Type: Card, Amount: eur(1000), Authorizations: []Authorization{{ID: "a", Amount: eur(700), Released: eur(100)}, {ID: "b", Amount: eur(400), Released: eur(0)}}},
	}}
	o.sumPayment()
	require.Equal(t, eur(350+600+400), o.Payment.Authorized)
}

// The normal form of an order has no empty map where it may have none, and keeps what
// is there.
func TestNormalKeepsWhatIsThere(t *testing.T) {
	require.Nil(t, Order{Mode: OnPlace, Metadata: map[string]string{}}.Normal().Metadata)
	o := Order{Mode: OnPlace, Metadata: map[string]string{"k": "v"}}
	require.Equal(t, o.Metadata, o.Normal().Metadata)
}
