package checkout

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// DeliveryChoice is how a group of lines shall travel.
type DeliveryChoice struct {
	// Lines are IDs of lines of the cart; nil are all lines that no other choice names.
	Lines []string `json:"lines,omitempty"`
	// Option is the chosen option, empty while none is.
	Option string `json:"option,omitempty"`
}

func (c DeliveryChoice) same(d DeliveryChoice) bool {
	return c.Option == d.Option && slices.Equal(c.Lines, d.Lines)
}

// ContentGroup is a group of lines in a [Content] that travel together.
type ContentGroup struct {
	Lines  []string `json:"lines"`
	Option string   `json:"option,omitempty"`
	Place  string   `json:"place,omitempty"` // of a pickup
	Charge int64    `json:"charge,omitempty"`
	// Discount is what promotions take off the charge.
	Discount int64 `json:"discount,omitempty"`
}

func (g ContentGroup) same(h ContentGroup) bool {
	return g.Option == h.Option && g.Place == h.Place && g.Charge == h.Charge && g.Discount == h.Discount && slices.Equal(g.Lines, h.Lines)
}

// maxChoices bounds the groups of a session.
const maxChoices = 100

// ChooseFor chooses how groups of lines travel, in place of what was chosen before: some
// are shipped in one way, some in another, some are picked up. Each group has offers,
// a charge that follows from its own goods, taxes of its own place, stock and parcels
// of its own; what is picked up comes from that place alone, and is set aside first.
// A group without an option shows its offers. Lines that no choice names are a group
// without option, the last one. One choice for all lines is [Sessions.Choose].
//
// Downloads are in no group and taxed where the goods are sent, and a group that has no line left rests. An option that
// does not exist and a line that is not in the cart are not found; an option that is
// not offered for its group is a conflict; a line that is named twice, and a second
// choice without lines, are invalid.
func (s *Sessions) ChooseFor(ctx context.Context, id SessionID, choices ...DeliveryChoice) (View, error) {
	if len(choices) > maxChoices {
		return View{}, refused("choices", flywheel.ErrLimit, "%d, at most %d", len(choices), maxChoices)
	}
	rest, named := 0, map[string]bool{}
	for i := range choices {
		field := func(name string) string { return fmt.Sprintf("choices[%d].%s", i, name) }
		c := &choices[i]
		if c.Option != "" {
			known := false
			if s.opts.Network != nil {
				_, known = s.opts.Network.Option(c.Option)
			}
			if !known {
				return View{}, refused(field("option"), flywheel.ErrNotFound, "%q", c.Option)
			}
		}
		if len(c.Lines) == 0 {
			if rest++; rest > 1 {
				return View{}, refused(field("lines"), flywheel.ErrInvalid, "two choices are for all other lines")
			}
		}
		for j, line := range c.Lines {
			if named[line] {
				return View{}, refused(field("lines")+"["+strconv.Itoa(j)+"]", flywheel.ErrInvalid, "line %q is named twice", line)
			}
			named[line] = true
		}
	}
	return s.changeIf(ctx, id, func(ctx context.Context, of *Session, c *cart.Cart) error {
		if err := agreed(ctx, c); err != nil {
			return err
		}
		for i := range choices {
			for j, line := range choices[i].Lines {
				if c.Line(line) == nil {
					return refused(fmt.Sprintf("choices[%d].lines[%d]", i, j), flywheel.ErrNotFound, "line %q", line)
				}
			}
		}
		of.Option, of.Deliveries = "", nil
		if len(choices) == 1 && len(choices[0].Lines) == 0 {
			of.Option = choices[0].Option
			return nil
		}
		for _, c := range choices {
			of.Deliveries = append(of.Deliveries, DeliveryChoice{Lines: slices.Clone(c.Lines), Option: c.Option})
		}
		return nil
	}, func(q *sessionQuote) error {
		option, missing := q.option, q.option != "" && offered(q.offers, q.option) == nil
		for i := range q.groups {
			if g := &q.groups[i]; g.option != "" && g.chosen == nil {
				option, missing = g.option, true
				break
			}
		}
		if missing {
			return refused("option", flywheel.ErrConflict, "%q is not offered", option)
		}
		return nil
	})
}

// deliveryGroup is a group of lines that travel together, at one instant.
type deliveryGroup struct {
	choice int // place in Session.Deliveries, -1 for lines that no choice names
	option string
	items  []int    // of the cart
	lines  []string // their IDs
	place  fulfillment.Location
	// taxPlace is that of pricing, empty where all groups are taxed in one place.
	taxPlace string
	offers   []fulfillment.Offer
	chosen   *fulfillment.Offer
	alloc    fulfillment.Allocation
}

// group puts the lines that are shipped into groups. Fewer than two groups are as if
// there were none.
func (q *sessionQuote) group(of *Session) {
	q.option, q.choice, q.groups = of.Option, -1, nil
	if len(of.Deliveries) == 0 || !q.ships {
		return
	}
	groups := make([]deliveryGroup, len(of.Deliveries)+1)
	rest := len(of.Deliveries)
	by := map[string]int{}
	for i := range of.Deliveries {
		c := &of.Deliveries[i]
		groups[i].choice, groups[i].option = i, c.Option
		if len(c.Lines) == 0 {
			rest = i
		}
		for _, line := range c.Lines {
			by[line] = i
		}
	}
	groups[len(of.Deliveries)].choice = -1
	for i := range q.ship {
		if q.ship[i].Download {
			continue
		}
		at, named := by[q.ship[i].Line]
		if !named {
			at = rest
		}
		groups[at].items = append(groups[at].items, i)
		groups[at].lines = append(groups[at].lines, q.ship[i].Line)
	}
	groups = slices.DeleteFunc(groups, func(g deliveryGroup) bool { return len(g.items) == 0 })
	if len(groups) == 1 {
		q.option, q.choice = groups[0].option, groups[0].choice
		return
	}
	q.groups = groups
}

// drop forgets options of the session that are no longer offered.
func (q *sessionQuote) drop(of *Session) {
	forget := func(choice int) {
		if choice >= 0 && of.Deliveries[choice].Option != "" {
			of.Deliveries = slices.Clone(of.Deliveries) // a view may share it
			of.Deliveries[choice].Option = ""
		}
	}
	switch {
	case !q.ships:
	case len(q.groups) > 0:
		for i := range q.groups {
			if g := &q.groups[i]; g.chosen == nil {
				forget(g.choice)
			}
		}
	case q.chosen == nil:
		of.Option = ""
		forget(q.choice)
	}
}

// deliverGroups prices the goods, finds the options of each group, and prices the goods
// with those that are chosen.
func (s *Sessions) deliverGroups(ctx context.Context, of *Session, q *sessionQuote) error {
	for i := range q.groups {
		q.groups[i].place = s.pickupOf(q.groups[i].option)
	}
	if err := s.askGroupTaxes(ctx, of, q); err != nil {
		return err
	}
	if err := s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms); err != nil {
		return err
	}
	if err := s.planGroups(of, q); err != nil {
		return err
	}
	q.terms.Shipping, q.charged = nil, nil
	for i := range q.groups {
		g := &q.groups[i]
		if g.chosen == nil {
			g.place = ""
		}
	}
	if err := s.askGroupTaxes(ctx, of, q); err != nil { // a pickup that is no longer offered is taxed where the goods go
		return err
	}
	for i := range q.groups {
		g := &q.groups[i]
		if g.chosen == nil {
			continue
		}
		id := deliveryLine
		if i > 0 {
			id += "-" + strconv.Itoa(i+1)
		}
		q.charged = append(q.charged, i)
		q.terms.Shipping = append(q.terms.Shipping, pricing.Shipping{
			ID: id, Amount: g.chosen.Charge, TaxIncluded: s.opts.DeliveryIncludesTax, TaxClass: q.deliveryClass(g.chosen.Tax, g.lines),
			TaxPlace: g.taxPlace, Lines: g.lines,
		})
	}
	if len(q.charged) > 0 {
		if err := s.askGroupTaxes(ctx, of, q); err != nil { // of the classes that charges name
			return err
		}
	}
	return s.opts.Carts.QuoteInto(&q.quote, &q.cart, q.terms)
}

// planGroups finds the offers of each group and what it is packed from: pickups first,
// each group from what those before it leave, downloads last.
func (s *Sessions) planGroups(of *Session, q *sessionQuote) error {
	stock := q.stock
	take := func(items []int, a *fulfillment.Allocation) {
		q.alloc.Pieces = append(q.alloc.Pieces, a.Pieces...)
		for _, short := range a.Short {
			short.Item = items[short.Item]
			q.alloc.Short = append(q.alloc.Short, short)
		}
		stock = stock.Less(a)
	}
	for _, pickups := range [...]bool{true, false} {
		for i := range q.groups {
			g := &q.groups[i]
			if (g.place != "") != pickups {
				continue
			}
			r := fulfillment.Request{Stock: stock, Address: of.destination(), At: q.at}
			value := int64(0)
			for _, at := range g.items {
				r.Items = append(r.Items, q.ship[at])
				value += q.quote.Lines[at].Subtotal.Minor() - q.quote.Lines[at].Discount.Minor()
			}
			r.Value = money.New(value, q.cart.Currency)
			if !q.anew {
				r.Chosen = g.option
			}
			var err error
			if g.offers, g.alloc, err = s.opts.Network.Plan(r); err != nil {
				return err
			}
			g.chosen = offered(g.offers, g.option)
			if g.chosen != nil && g.place != "" {
				if g.alloc, err = s.opts.Network.Allocate(r.Items, stock, g.place); err != nil {
					return err
				}
			}
			take(g.items, &g.alloc)
		}
	}
	var downloads []int
	var items []fulfillment.Item
	for i := range q.ship {
		if q.ship[i].Download {
			downloads, items = append(downloads, i), append(items, q.ship[i])
		}
	}
	if len(items) > 0 {
		a, err := s.opts.Network.Allocate(items, stock, "")
		if err != nil {
			return err
		}
		take(downloads, &a)
	}
	slices.SortFunc(q.alloc.Short, func(a, b fulfillment.Shortage) int { return a.Item - b.Item })
	return nil
}

// askGroupTaxes sets the taxes of the places where the groups are taxed.
func (s *Sessions) askGroupTaxes(ctx context.Context, of *Session, q *sessionQuote) error {
	if s.opts.Taxes == nil {
		return nil
	}
	elsewhere := s.taxPlace(of, "") // downloads too
	places := []tax.Place{elsewhere}
	keys := make([]int, len(q.groups))
	for i := range q.groups {
		place := s.taxPlace(of, q.groups[i].place)
		if keys[i] = slices.Index(places, place); keys[i] < 0 {
			keys[i] = len(places)
			places = append(places, place)
		}
	}
	q.terms.TaxPlaces = nil
	for i := range q.groups {
		g := &q.groups[i]
		if g.taxPlace = ""; keys[i] == 0 {
			continue
		}
		if q.terms.TaxPlaces == nil {
			q.terms.TaxPlaces = map[string]string{}
		}
		g.taxPlace = "place-" + strconv.Itoa(keys[i])
		for _, line := range g.lines {
			q.terms.TaxPlaces[line] = g.taxPlace
		}
	}
	for i, at := range q.charged {
		q.terms.Shipping[i].TaxPlace = q.groups[at].taxPlace
	}
	var all []pricing.Tax
	free := 0
	for i, place := range places {
		there := ""
		if i > 0 {
			there = "place-" + strconv.Itoa(i)
		}
		taxes, exempt, err := s.taxesAt(ctx, q, place, &there)
		if err != nil {
			return err
		}
		if exempt || len(taxes) == 0 {
			free++
		}
		for _, t := range taxes {
			t.Place, t.Exempt = there, t.Exempt || exempt
			all = append(all, t)
		}
	}
	q.terms.Taxes, q.terms.TaxExempt = all, q.terms.TaxExempt || len(all) > 0 && free == len(places)
	return nil
}

// groupMessages says what is missing for the delivery of groups.
func (s *Sessions) groupMessages(of *Session, q *sessionQuote) {
	say := func(m Message) { q.messages = append(q.messages, m) }
	open := false
	for i := range q.groups {
		if g := &q.groups[i]; g.chosen == nil {
			if open = true; g.option != "" {
				say(onlyOnce(warned(CodeFulfillmentChanged, groupPath(i))))
			}
		}
	}
	switch {
	case !open:
	case of.Address == nil:
		say(failed(CodeMissing, pathDestinations))
	case !s.opts.Network.Reaches(of.destination()):
		say(failed(CodeUndeliverable, pathDestination))
	default:
		for i := range q.groups {
			if q.groups[i].chosen == nil {
				m := failed(CodeMissing, groupPath(i))
				m.Text = missing[pathOption]
				say(m)
			}
		}
	}
}

// groupPath is where the option of a group is chosen.
func groupPath(i int) string {
	return "$.fulfillment.methods[0].groups[" + strconv.Itoa(i) + "].selected_option_id"
}

// fillGroups adds the groups to the content.
func (q *sessionQuote) fillGroups(c *Content) {
	for i := range q.groups {
		g := &q.groups[i]
		to := ContentGroup{Lines: g.lines}
		if g.chosen != nil {
			l := &q.quote.Shipping[slices.Index(q.charged, i)]
			to.Option, to.Place = g.chosen.ID, string(g.chosen.Location)
			to.Charge, to.Discount = l.Subtotal.Minor(), l.Discount.Minor()
		}
		c.Groups = append(c.Groups, to)
	}
}

// groupsOf adds to an order how its groups travel, as it is sold, and their parcels.
func (s *Sessions) groupsOf(o *order.Order, q *sessionQuote, ref string) error {
	for k, i := range q.charged {
		g := &q.groups[i]
		d, err := s.deliveryOf(q, &q.quote.Shipping[k], g.chosen, g.offers, g)
		if err != nil {
			return err
		}
		d.Lines = slices.Clone(g.lines)
		o.Deliveries = append(o.Deliveries, *d)
		if err := s.packInto(o, &g.alloc, g.chosen.ID, ref, q.at); err != nil {
			return err
		}
	}
	return nil
}
