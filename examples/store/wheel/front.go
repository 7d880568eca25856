package wheel

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/shopper"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/rerank"
)

const (
	homeList   = 8
	twinList   = 6
	searchList = 16
	popular    = 240
	remembers  = 20 // items of a history that recommendations look at
)

// front is the shop as one person sees it during one visit: a [shopper.Shop].
type front struct {
	w     *World
	who   *person
	visit int
	home  []shopper.Offer
	twin  []shopper.Offer
	list  []shopper.Offer
	open  []shopper.Offer
	like  []shopper.Offer
	cart  []shopper.CartLine
	quote pricing.Quote
}

func (f *front) show(list []shopper.Offer, i int) []shopper.Offer {
	g := &f.w.goods[i]
	o := g.offer
	if f.who.promoted {
		o.Price, o.Was = g.memberOf.Price, g.memberOf.Was
	}
	o.SoldOut = g.free <= 0
	o.Position = len(list) + 1
	return append(list, o)
}

// Home shows what is recommended or sells best, and a list that is there to be another.
func (f *front) Home(context.Context) (shopper.View, error) {
	w := f.w
	f.home = f.home[:0]
	if w.person(Recommendations, f.who) {
		answer, err := w.server.Answer(recommend.Query{History: f.who.history, Plan: rerank.Plan{Limit: homeList + 6, Variants: true}})
		if err != nil {
			return shopper.View{}, err
		}
		for _, s := range answer.Items {
			if i := w.index[s.SKU]; w.goods[i].free > 0 && len(f.home) < homeList {
				f.home = f.show(f.home, i)
			}
		}
	} else {
		// Some of those that sell best, others at each visit.
		for k := uint64(0); k < 4*homeList && len(f.home) < homeList; k++ {
			if i := w.best[mix(f.who.s.Seed, 3, uint64(f.visit), k)%uint64(min(popular, len(w.best)))]; w.goods[i].free > 0 {
				f.home = f.show(f.home, i)
			}
		}
	}
	// Two lists of which neither is better: goods drawn by different hashes.
	f.twin = f.twin[:0]
	salt := uint64(1)
	if w.person(Twins, f.who) {
		salt = 2
	}
	for k := range twinList {
		f.twin = f.show(f.twin, int(mix(f.who.s.Seed, salt, uint64(f.visit), uint64(k))%uint64(len(w.goods))))
	}
	f.fillCart()
	return shopper.View{Now: w.now, Categories: w.categories, Items: f.home, More: f.twin, Cart: f.cart}, nil
}

// Search lists a category.
func (f *front) Search(_ context.Context, word string) (shopper.View, error) {
	f.list = f.list[:0]
	all := f.w.listed[word]
	if len(all) == 0 {
		return shopper.View{Now: f.w.now}, nil
	}
	// Where the list begins depends on who looks and when, so that not the same goods are always first.
	from := mix(f.who.s.Seed, 4, uint64(f.visit)) % uint64(len(all))
	for k := range min(searchList, len(all)) {
		f.list = f.show(f.list, all[(int(from)+k)%len(all)])
	}
	return shopper.View{Now: f.w.now, Categories: f.w.categories, Items: f.list}, nil
}

// Open shows a good and the others of its cluster.
func (f *front) Open(_ context.Context, sku flywheel.SKU) (shopper.View, error) {
	i := f.w.index[sku]
	f.who.saw(sku)
	f.open, f.like = f.show(f.open[:0], i), f.like[:0]
	first := f.w.goods[i].cluster * perCluster
	for j := first; j < first+perCluster; j++ {
		if j != i {
			f.like = f.show(f.like, j)
		}
	}
	f.w.room.wanted++
	if f.w.goods[i].free > 0 {
		f.w.room.served++
	}
	return shopper.View{Now: f.w.now, Items: f.open, More: f.like}, nil
}

// Add puts one into the cart and tells it.
func (f *front) Add(_ context.Context, sku flywheel.SKU) (shopper.View, error) {
	i := f.w.index[sku]
	f.who.cart = append(f.who.cart, i)
	f.who.carted = f.w.now
	id := "add-" + string(f.who.id) + "-" + strconv.Itoa(f.visit) + "-" + strconv.Itoa(len(f.who.cart))
	err := f.w.log.Publish(ctx, flywheel.Event{ID: id, Name: flywheel.EventAddToCart, Time: f.w.now, Customer: f.who.id, Lines: []flywheel.Line{{SKU: sku, Quantity: 1}}})
	f.fillCart()
	return shopper.View{Now: f.w.now, Cart: f.cart}, err
}

// fillCart writes what lies in the cart and can be had.
func (f *front) fillCart() {
	f.cart = f.cart[:0]
	if len(f.who.cart) > 0 && f.w.now.Sub(f.who.carted) > cartLife {
		f.who.cart = f.who.cart[:0]
	}
	for _, i := range f.who.cart {
		if g := &f.w.goods[i]; g.free > 0 {
			f.cart = append(f.cart, shopper.CartLine{SKU: g.sku, Kind: g.offer.Words[0], Quantity: 1})
		}
	}
}

// basket is the cart as it is priced: once per good.
func (f *front) basket() pricing.Basket {
	b := pricing.Basket{Currency: money.EUR, Customer: f.who.id, At: f.w.now, Shipping: []pricing.Shipping{{ID: "parcel", Amount: money.New(shippingFee, money.EUR)}}}
	if f.who.promoted {
		b.Groups = memberGroups
	}
	for k, line := range f.cart {
		again := false
		for _, before := range b.Lines {
			again = again || before.SKU == line.SKU
		}
		if !again {
			b.Lines = append(b.Lines, pricing.Line{ID: strconv.Itoa(k), SKU: line.SKU, Quantity: 1})
		}
	}
	return b
}

var memberGroups = []string{segmentName}

// Cart shows the cart with its price.
func (f *front) Cart(context.Context) (shopper.View, error) {
	f.fillCart()
	view := shopper.View{Now: f.w.now, Cart: f.cart}
	if len(f.cart) == 0 {
		return view, nil
	}
	b := f.basket()
	err := f.w.engine.QuoteInto(&f.quote, &b)
	if err != nil {
		return view, err
	}
	_, worth, err := f.spendable()
	view.Total = f.quote.Total.Minor() - worth
	return view, err
}

// spendable is how many points pay for the quote, at most half of it, and what they are worth.
func (f *front) spendable() (points, worth int64, err error) {
	if f.w.points == nil {
		return 0, 0, nil
	}
	points, err = f.w.points.Spendable(ctx, f.who.id)
	if errors.Is(err, flywheel.ErrNotFound) {
		return 0, 0, nil
	}
	value := f.w.policy.PointValue
	points = min(points, f.quote.Total.Minor()/2/value)
	return points, points * value, err
}

// Buy takes the goods from the shelf, and tells the order and what it brings.
func (f *front) Buy(context.Context) (bool, error) {
	w, who := f.w, f.who
	b := f.basket()
	if err := w.engine.QuoteInto(&f.quote, &b); err != nil {
		return false, err
	}
	ref := "order-" + string(who.id) + "-" + strconv.Itoa(f.visit)
	lines := make([]flywheel.Line, len(b.Lines))
	for k := range b.Lines {
		lines[k] = flywheel.Line{SKU: b.Lines[k].SKU, Quantity: 1, Amount: f.quote.Lines[k].Total}
	}
	points, worth, err := f.spendable()
	if err != nil {
		return false, err
	}
	err = w.room.stock.Reserve(ctx, ref, lines)
	if errors.As(err, new(*inventory.ShortageError)) {
		return false, nil
	}
	if err == nil {
		err = w.room.stock.Commit(ctx, ref)
	}
	if err != nil {
		return false, fmt.Errorf("%s: %w", ref, err)
	}
	if points > 0 {
		if _, err := w.points.Burn(ctx, who.id, ref, points); err != nil {
			return false, fmt.Errorf("%s: %w", ref, err)
		}
	}
	day := w.day()
	sum := shippingFee - parcelCost - worth
	for k := range lines {
		i := w.index[lines[k].SKU]
		w.room.sold[i][day]++
		if err := w.refresh(i); err != nil {
			return false, err
		}
		earned := lines[k].Amount.Minor() - w.goods[i].cost
		sum += earned
		if err := w.book(nil, w.goods[i].cluster, earned, ref+"-"+strconv.Itoa(k)); err != nil {
			return false, err
		}
		w.later(w.now.Add(w.parcelTime(i)), entry{who: who, kind: parcelCame, good: i, earned: earned, paid: lines[k].Amount, ref: ref})
	}
	if err := w.book(who, -1, sum, ref); err != nil {
		return false, err
	}
	who.cart = who.cart[:0]
	w.sales.orders++
	w.sales.revenue += f.quote.Total.Minor()
	return true, w.log.Publish(ctx, flywheel.Event{ID: ref, Name: flywheel.EventPurchase, Time: w.now, Customer: who.id, Ref: ref, Lines: lines, Value: f.quote.Total})
}
