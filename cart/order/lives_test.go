package order_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// TestRandomLives lives orders at random: edited, sent in parts, called off, brought
// back, exchanged, claimed and paid back in any sequence, while the bank declines and
// loses answers. After each step order, papers, gateway, balances and stock agree to
// the cent, net and tax, see [life.check]. FLYWHEEL_LONG=1 lives 100,000.
func TestRandomLives(t *testing.T) {
	lives := testkit.Often(1000, 100)
	if os.Getenv("FLYWHEEL_LONG") != "" {
		lives = 100_000
	}
	all := shops(t)
	steps := map[string]int{}
	const perShop = 20
	for seed := range lives / perShop {
		r := rand.New(rand.NewPCG(uint64(seed), 11))
		shop := []string{"de", "us"}[r.IntN(2)]
		var s caseSetup
		require.NoError(t, json.Unmarshal(all[shop], &s))
		s.Shop, s.Capture = shop, []string{"on_place", "on_shipment"}[r.IntN(2)]
		for sku, item := range s.Items {
			for at := range item.Stock {
				item.Stock[at] = int64(5 + r.IntN(100))
			}
			item.Price = 1 + int64(r.IntN(4000))
			item.Backorder, item.Preorder = nil, nil
			s.Items[sku] = item
		}
		delete(s.Items, "GAME") // a preorder alone
		s.Returns.DeliveryRefund = []order.DeliveryRefund{"never", "full", "cheapest"}[r.IntN(3)]
		s.Returns.Label = int64(r.IntN(2) * r.IntN(900))
		s.Returns.Restocking = map[string]money.Rate{"opened": money.Percent(int64(r.IntN(101))), "new": {}}
		s.Numbers = map[string]int64{"invoice": 1, "credit_note": 1}
		for range r.IntN(3) {
			s.Promotions = append(s.Promotions, struct {
				ID, Kind string
				Code     bool
				Value    json.Number
			}{Kind: []string{"amount", "percent"}[r.IntN(2)]})
			p := &s.Promotions[len(s.Promotions)-1]
			if p.Value = json.Number(fmt.Sprintf("0.%02d", r.IntN(100))); p.Kind == "amount" {
				p.Value = json.Number(fmt.Sprint(r.IntN(300)))
			}
		}
		w := newCaseShop(t, s)
		w.gateway.Intercept(func(c payment.Call) payment.Fault {
			if c.Repeated || w.quiet {
				return payment.Pass
			}
			return []payment.Fault{payment.Decline, payment.Timeout, payment.LostAnswer, payment.Pass, payment.Pass, payment.Pass, payment.Pass, payment.Pass, payment.Pass, payment.Pass}[r.IntN(10)]
		})
		for i := range perShop {
			l := &life{caseShop: w, r: r, seed: fmt.Sprintf("seed %d, life %d", seed, i), steps: steps}
			w.id = order.ID(fmt.Sprint("o", i))
			l.live()
			if t.Failed() {
				t.Fatal(l.seed, l.log)
			}
		}
		w.checkNumbers()
	}
	t.Log(lives, "lives:", steps)
	for _, kind := range []order.Kind{order.KindShip, order.KindDeliver, order.KindCallOff, order.KindEdit, order.KindRequest, order.KindReceive, order.KindTrade, order.KindClaim, order.KindPayBack, order.KindDispute} {
		require.NotZero(t, steps[string(kind)], "no %s went through", kind)
	}
}

// life is one order from its placing on.
type life struct {
	*caseShop
	r       *rand.Rand
	seed    string
	log     []string
	steps   map[string]int
	started caseBalances
	n       int // of keys
	dispute int64
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (l *life) live() {
	r, ctx := l.r, l.t.Context()
	var skus []string
	supply := l.stock.supply()
	for sku := range l.s.Items {
		if l.s.Items[sku].Parts == nil {
			skus = append(skus, sku)
		}
	}
	slices.Sort(skus)
	d := &l.draft
	*d = caseDraft{customer: "m-1", country: l.s.Home.Country, region: l.s.Home.Region, option: map[string]string{"de": "express", "us": "air"}[l.s.Shop]}
	if r.IntN(5) == 0 {
		d.customer = ""
	}
	d.apart, d.second = r.IntN(2) == 0, int64(r.IntN(1500))
	for _, sku := range skus {
		have := int64(0)
		for _, n := range supply[flywheel.SKU(sku)].Free {
			have += n
		}
		if r.IntN(3) > 0 || have < 3 && !supply[flywheel.SKU(sku)].Untracked || slices.Contains(l.s.Items[sku].Categories, "spirits") {
			continue
		}
		d.lines = append(d.lines, caseItem{SKU: sku, Quantity: 1 + int64(r.IntN(3))})
	}
	if len(d.lines) == 0 {
		return
	}
	clear(l.balances)
	clearBalances := func(name string) { l.balances[name] = int64(r.IntN(3) * r.IntN(3000)) }
	for _, kind := range []order.TenderType{order.Points, order.GiftCard, order.StoreCredit} {
		if r.IntN(3) > 0 || d.customer == "" && kind != order.GiftCard {
			continue
		}
		account := ""
		switch kind {
		case order.GiftCard:
			account = "G"
			clearBalances("G")
		case order.Points:
			clearBalances("points m-1")
		default:
			clearBalances("credit m-1")
		}
		d.tenders, d.bounds = append(d.tenders, order.Tender{Type: kind, Account: account}), append(d.bounds, -1)
	}
	d.tenders, d.bounds = append(d.tenders, order.Tender{Type: order.Card}), append(d.bounds, -1)
	l.started = caseBalances{}
	for name, n := range l.balances {
		l.started[name] = n
	}
	l.quiet, l.tryRef = true, "try "+string(l.id)
	o, err := l.place(ctx)
	require.NoError(l.t, err, "%s", l.seed)
	l.quiet = false
	l.check(&o)
	for range 4 + r.IntN(20) {
		l.now = l.now.Add(time.Duration(r.IntN(36)) * time.Hour)
		c := l.command(&o)
		if c == nil {
			continue
		}
		o = l.do(c)
		l.check(&o)
	}
}

// do does a command until its outcome is known.
func (l *life) do(c order.Command) order.Order {
	before, err := l.orders.Get(l.t.Context(), l.id)
	require.NoError(l.t, err)
	for range 100 {
		r, err := l.orders.Do(l.t.Context(), l.id, c)
		body, _ := json.Marshal(c)
		l.log = append(l.log, fmt.Sprintf("%s %s: %v", c.Kind(), body, err))
		now, getErr := l.orders.Get(l.t.Context(), l.id)
		require.NoError(l.t, getErr)
		switch {
		case errors.Is(err, flywheel.ErrUnknownOutcome):
			l.same(&before, &now, true)
			continue
		case err != nil:
			l.same(&before, &now, false)
			return now
		}
		l.steps[string(c.Kind())]++
		if p, ok := c.(*order.DisputeLost); ok && !r.Replayed {
			l.dispute += p.Amount.Minor()
		}
		return now
	}
	l.t.Fatal(l.seed, "no answer", l.log)
	return order.Order{}
}

// same compares an order with what it was before a command that was refused, or whose
// outcome is not known.
func (l *life) same(before, now *order.Order, open bool) {
	b, n := before.Clone(), now.Clone()
	b.Version, b.Sequence, n.Version, n.Sequence = 0, 0, 0, 0
	n.Operations = slices.DeleteFunc(n.Operations, func(op order.Operation) bool { return open && !op.Done })
	if len(n.Operations) == 0 {
		n.Operations = nil
	}
	require.Equal(l.t, b, n, "%s: a command that is refused, or has no answer, leaves the order as before: %v", l.seed, l.log)
}

// of returns the parcels with a status.
func of(o *order.Order, status order.ParcelStatus) (parcels []order.Parcel) {
	for _, p := range o.Parcels {
		if p.Status == status {
			parcels = append(parcels, p)
		}
	}
	return parcels
}

func (l *life) command(o *order.Order) order.Command {
	r := l.r
	l.n++
	key := fmt.Sprint("k", l.n)
	some := func(of func(line *order.Line) int64) map[string]int64 {
		lines := map[string]int64{}
		for i := range o.Lines {
			if n := of(&o.Lines[i]); n > 0 && r.IntN(2) == 0 {
				lines[o.Lines[i].ID] = 1 + int64(r.IntN(int(n)))
			}
		}
		return lines
	}
	items := func() (items []order.Item) {
		for range 1 + r.IntN(2) {
			sku := pick(r, []string{"MUG", "PEN", "EBOOK"})
			if l.s.Shop == "us" {
				sku = pick(r, []string{"BOTTLE", "STOVE"})
			}
			item := order.Item{SKU: flywheel.SKU(sku), Quantity: 1 + int64(r.IntN(2))}
			if r.IntN(4) == 0 {
				agreed := money.PriceOf(l.amount(int64(r.IntN(3000))))
				item.Agreed = &agreed
			}
			if r.IntN(2) == 0 {
				item.Line = pick(r, o.Lines).ID
			}
			items = append(items, item)
		}
		return items
	}
	unshipped := func(line *order.Line) int64 { return line.Unshipped() }
	fulfilled := func(line *order.Line) int64 { return line.Fulfilled() }
	to := pick(r, []order.TenderType{"", "", order.StoreCredit})
	switch r.IntN(13) {
	case 0, 1, 2:
		if len(o.Parcels) == 0 {
			return nil
		}
		p := pick(r, o.Parcels)
		if open := of(o, order.ParcelOpen); len(open) > 0 && r.IntN(5) > 0 {
			p = pick(r, open)
		}
		c := &order.Ship{Parcel: p.ID}
		if r.IntN(2) == 0 {
			c.Lines = map[string]int64{}
			for id, n := range p.Lines() {
				if r.IntN(2) == 0 {
					c.Lines[id] = 1 + int64(r.IntN(int(n)))
				}
			}
			if len(c.Lines) == 0 {
				c.Lines = nil
			}
		}
		return c
	case 3, 4:
		if len(o.Parcels) == 0 {
			return nil
		}
		if sent := of(o, order.ParcelShipped); len(sent) > 0 {
			return &order.Deliver{Parcel: pick(r, sent).ID}
		}
		return &order.Deliver{Parcel: pick(r, o.Parcels).ID}
	case 5:
		if r.IntN(4) == 0 {
			return &order.CallOff{}
		}
		return &order.CallOff{Lines: some(unshipped)}
	case 6:
		return &order.Edit{Key: key, Add: items(), Remove: some(unshipped)}
	case 7:
		return &order.RequestReturn{ID: key, Lines: some(fulfilled), Reason: pick(r, []string{order.ChangedMind, "defective"})}
	case 8, 9:
		for _, rma := range o.RMAs {
			if !rma.ReceivedAt.IsZero() {
				continue
			}
			c := &order.Receive{ID: rma.ID, Lines: map[string]order.Received{}, To: to}
			for _, line := range rma.Lines {
				n := int64(r.IntN(int(line.Quantity) + 1))
				c.Lines[line.Line] = order.Received{Accepted: n, Rejected: line.Quantity - n, Condition: pick(r, []string{"new", "opened"}), Restock: "east"}
			}
			return c
		}
		return nil
	case 10:
		return &order.Exchange{ID: key, Lines: some(fulfilled), For: items()}
	case 11:
		return &order.Claim{Lines: some(fulfilled), Remedy: pick(r, []order.Remedy{order.Replace, order.RefundUnits}), To: to}
	default:
		if o.PaidAt.IsZero() {
			return nil // before its goods are invoiced there is nothing that a credit note could credit
		}
		amount := l.amount(1 + int64(r.IntN(2000)))
		if r.IntN(4) == 0 {
			return &order.DisputeLost{Key: key, Amount: amount}
		}
		return &order.PayBack{Key: key, Amount: amount, To: to}
	}
}

// check compares what an order says with its papers, the gateway, the balances and the
// stock.
func (l *life) check(o *order.Order) {
	t := l.t
	fail := func(what string) string { return fmt.Sprintf("%s: %s: %v", l.seed, what, l.log) }

	// Papers: what is invoiced and not credited is what was paid and not paid back,
	// less what waits for a parcel, with what the buyer owes; and of each line it is
	// the share of the units that he has.
	sum := func(kinds ...order.LineKind) (s pricing.Refund, lines map[string][3]int64) {
		total := [3]int64{}
		lines = map[string][3]int64{}
		for _, d := range o.Documents {
			sign := int64(1)
			if d.Kind == order.CreditNote {
				sign = -1
			}
			of := [3]int64{}
			for _, line := range d.Lines {
				add := [3]int64{sign * line.Net.Minor(), sign * line.Tax.Minor(), sign * line.Total.Minor()}
				if line.Kind == order.GoodsLine {
					there := lines[line.Line]
					for i := range there {
						there[i] += add[i]
					}
					lines[line.Line] = there
				}
				for i := range of {
					of[i] += add[i]
				}
			}
			require.Equal(t, [3]int64{sign * d.Net.Minor(), sign * d.Tax.Minor(), sign * d.Total.Minor()}, of, fail("the lines of a paper add up to it"))
			require.Equal(t, d.Net.Minor()+d.Tax.Minor(), d.Total.Minor(), fail("net and tax of a paper are its total"))
			require.GreaterOrEqual(t, d.Net.Minor(), int64(0), fail("a paper is not negative"))
			require.GreaterOrEqual(t, d.Tax.Minor(), int64(0), fail("a paper is not negative"))
			for i := range total {
				total[i] += of[i]
			}
		}
		return pricing.Refund{Net: l.amount(total[0]), Tax: l.amount(total[1]), Total: l.amount(total[2])}, lines
	}
	kept, lines := sum()
	paid, back := int64(0), o.Credited.Minor()
	for i := range o.Tenders {
		paid += o.Tenders[i].Captured().Minor()
		back += o.Tenders[i].Refunded.Minor() + o.Tenders[i].Disputed.Minor()
	}
	require.Equal(t, o.Payment.Captured.Minor(), paid, fail("the payment is that of the tenders"))
	require.Equal(t, o.Payment.Refunded.Minor(), back, fail("the payment is that of the tenders"))
	require.LessOrEqual(t, back, paid, fail("no more is paid back than was paid"))
	require.GreaterOrEqual(t, o.Prepaid.Minor(), int64(0), fail("prepaid"))
	covered := int64(0) // by goods that have yet to come back in exchange
	for _, rma := range o.RMAs {
		if rma.ReceivedAt.IsZero() {
			covered += rma.Covered.Minor()
		}
	}
	require.Equal(t, paid-back+covered+o.Due.Minor()-o.Prepaid.Minor(), kept.Total.Minor(), fail("paid - paid back = kept"))
	for i := range o.Lines {
		if l.unpapered(o) {
			break
		}
		line := &o.Lines[i]
		upto := line.Quantity - line.Canceled
		if o.Mode == order.OnShipment && !l.settled(o, line) {
			upto = line.Shipped
		}
		want := [3]int64{}
		if n := upto - line.Returned; n > 0 {
			q := pricing.QuoteLine{Quantity: line.Quantity, TaxIncluded: line.TaxIncluded, Net: line.Net, Tax: line.Tax}
			share, err := q.Units(line.Returned, n)
			require.NoError(t, err)
			want = [3]int64{share.Net.Minor(), share.Tax.Minor(), share.Total.Minor()}
		}
		require.Equal(t, want, lines[line.ID], fail("line "+line.ID+" is invoiced, net, tax and total, as far as the buyer has it"))
	}

	for i, way := range ways(o) {
		if l.unpapered(o) {
			break
		}
		want, got := int64(0), int64(0)
		if way.Invoiced {
			want = way.Total.Minor() - way.Back.Minor()
		}
		for _, d := range o.Documents {
			for _, line := range d.Lines {
				if line.Kind != order.DeliveryLine || line.Delivery != 0 && line.Delivery != i+1 {
					continue
				}
				if d.Kind == order.CreditNote {
					got -= line.Total.Minor()
				} else {
					got += line.Total.Minor()
				}
			}
		}
		require.Equal(t, want, got, fail("each delivery is charged once, and given back by itself"))
		left := int64(0)
		for j := range o.Lines {
			if id := o.Lines[j].ID; way.Lines == nil || slices.Contains(way.Lines, id) {
				left += o.Lines[j].Left()
			}
		}
		if left > 0 && way.Lines == nil {
			require.Zero(t, way.Back.Minor(), fail("while a unit is left, so is the delivery"))
		}
	}

	// The gateway.
	captured, refunded, open := int64(0), int64(0), int64(0)
	for i := range o.Tenders {
		for _, a := range o.Tenders[i].Authorizations {
			p, err := l.gateway.Payment(a.ID)
			require.NoError(t, err)
			require.Equal(t, [3]money.Amount{a.Captured, a.Refunded, a.Released}, [3]money.Amount{p.Captured, p.Refunded, p.Released}, fail("the gateway agrees"))
			captured, refunded = captured+a.Captured.Minor(), refunded+a.Refunded.Minor()
			open += a.Amount.Minor() - a.Captured.Minor() - a.Released.Minor()
		}
		if o.Tenders[i].Type == order.Card {
			require.Equal(t, o.Tenders[i].Refunded.Minor(), refunded, fail("the refunds of a card are those of its authorizations"))
		}
	}
	if o.Mode == order.OnPlace {
		require.Zero(t, open, fail("what is authorized is captured"))
	} else {
		require.Equal(t, l.unsent(o), open+o.Prepaid.Minor(), fail("what is set aside and prepaid pays what has yet to be sent"))
	}

	// Balances.
	for i := range o.Tenders {
		tender := &o.Tenders[i]
		name, taken, given := tender.Account, tender.Amount.Minor(), tender.Refunded.Minor()
		switch tender.Type {
		case order.Card:
			continue
		case order.Points:
			name, taken, given = "points "+name, tender.Points, tender.PointsBack
		case order.StoreCredit:
			name, given = "credit "+name, given+o.Credited.Minor()
		}
		require.Equal(t, l.started[name]-taken+given, l.balances[name], fail("account "+name))
	}

	// Stock: what is allocated is what is in open parcels.
	want := map[place]int64{}
	for i := range o.Parcels {
		if o.Parcels[i].Status != order.ParcelOpen {
			continue
		}
		units, err := o.Parcels[i].Units()
		require.NoError(t, err)
		for _, u := range units {
			want[place{u.SKU, u.Location}] += u.Quantity
		}
	}
	require.Equal(t, want, l.stock.allocated(l.tryRef, string(l.id)), fail("what is allocated is in open parcels"))
	for i := range o.Lines {
		line := &o.Lines[i]
		packed := int64(0)
		for j := range o.Parcels {
			if p := &o.Parcels[j]; p.Status == order.ParcelOpen && !p.Replacement {
				packed += p.Lines()[line.ID]
			}
		}
		require.Equal(t, line.Unshipped(), packed, fail("what has yet to be sent is in open parcels"))
	}
}

// unpapered reports whether goods came back for which no money was left, and so no paper
// was written.
func (l *life) unpapered(o *order.Order) bool {
	for _, op := range o.Operations {
		if op.Answer == nil || op.Answer.Refund == nil || !op.Answer.Refund.Total.IsZero() {
			continue
		}
		if !slices.ContainsFunc(o.Documents, func(d order.Document) bool { return d.Operation == op.Sequence }) {
			return true
		}
	}
	return false
}

// settled reports whether a line was charged when it was added.
func (l *life) settled(o *order.Order, line *order.Line) bool {
	for i := range o.Parcels {
		for _, p := range o.Parcels[i].Pieces {
			if p.Line == line.ID && o.Parcels[i].Settled && !o.Parcels[i].Replacement {
				return true
			}
		}
	}
	return false
}

// unsent is the value of what has yet to be sent and charged, with the delivery.
func (l *life) unsent(o *order.Order) int64 {
	sum := int64(0)
	for i := range o.Lines {
		line := &o.Lines[i]
		if n := line.Unshipped(); n > 0 && !l.settled(o, line) {
			q := pricing.QuoteLine{Quantity: line.Quantity, TaxIncluded: line.TaxIncluded, Net: line.Net, Tax: line.Tax}
			share, err := q.Units(line.Shipped, n)
			require.NoError(l.t, err)
			sum += share.Total.Minor()
		}
	}
	for _, way := range ways(o) {
		if !way.Invoiced {
			sum += way.Total.Minor() - way.Back.Minor()
		}
	}
	return sum
}

// checkNumbers looks for gaps.
func (w *caseShop) checkNumbers() {
	numbers := map[order.DocumentKind][]int64{}
	for o, err := range w.orders.List(w.t.Context(), order.Filter{}) {
		require.NoError(w.t, err)
		for _, d := range o.Documents {
			numbers[d.Kind] = append(numbers[d.Kind], d.Number)
		}
	}
	for kind, list := range numbers {
		slices.Sort(list)
		for i, n := range list {
			require.Equal(w.t, int64(i+1), n, "%s numbers have no gaps", kind)
		}
	}
}

// allocated returns what is allocated under the references of an order.
func (c *caseStock) allocated(try, id string) map[place]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := map[place]int64{}
	for ref, units := range c.refs {
		if ref != try && !isRefOf(ref, id) || c.state[ref] == "" {
			continue
		}
		for _, u := range units {
			sum[place{u.SKU, u.Location}] += u.Quantity
		}
	}
	for ref, moved := range c.moved {
		if ref == try || isRefOf(ref, id) {
			for p, n := range moved {
				if sum[p] -= n; sum[p] == 0 {
					delete(sum, p)
				}
			}
		}
	}
	return sum
}

func isRefOf(ref, id string) bool {
	return len(ref) > len("order:"+id) && ref[:len("order:"+id)+1] == "order:"+id+":"
}
