package page

import (
	"fmt"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/inventory/replenish"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

// leads are the lead times of all items in days: what suppliers state, moved by what their
// orders show.
func (s *Shop) leads(r *web.Request) (map[flywheel.SKU]replenish.LeadTime, error) {
	all := map[flywheel.SKU]replenish.LeadTime{}
	for of, err := range s.Suppliers.Suppliers(r.Context()) {
		if err != nil {
			return nil, err
		}
		known, err := s.Suppliers.LeadTimes(r.Context(), of.ID)
		if err != nil {
			return nil, err
		}
		for sku, e := range known {
			all[sku] = e.Periods(1)
		}
	}
	return all, nil
}

// purchases are the open orders to suppliers.
func (s *Shop) purchases(r *web.Request) (table, error) {
	t := table{ID: "orders", Title: "Purchase orders", Empty: "Nothing is on order.", Columns: []string{"Order", "Supplier", "State", "Items", "Expected", "Worth", "Take in"}}
	for o, err := range s.Suppliers.Orders(r.Context(), supplier.OrderFilter{Open: true}) {
		if err != nil {
			return t, err
		}
		coming := o.Incoming()
		if len(coming) == 0 {
			continue
		}
		what, worth := "", o.Value().StringFixed(2)+" "+o.Currency.String()
		for i := range coming {
			what += fmt.Sprintf("%d × %s ", coming[i].Quantity, coming[i].SKU)
		}
		t.Rows = append(t.Rows, []cell{
			text(o.ID), text(o.Supplier), text(o.State.String()), text(what), text(coming[0].Expected.In(zone).Format("2006-01-02")), {Text: worth, Number: true},
			button("Arrived", r.At("/desk/replenish/arrived"), "order", o.ID, "seen", strconv.FormatInt(o.Version, 10)),
		})
	}
	return t, nil
}

// scores are how suppliers did in the time that counts.
func (s *Shop) scores(r *web.Request) (table, error) {
	t := table{ID: "suppliers", Title: "Suppliers", Empty: "No order was placed yet.", Columns: []string{"Supplier", "Lines", "On time", "In full", "Lead time in days"}}
	report, err := s.Suppliers.Report(r.Context(), s.Now().AddDate(-2, 0, 0), supplier.ScoreRules{GraceDays: 1})
	if err != nil {
		return t, err
	}
	share := func(p *float64) cell {
		if p == nil {
			return text("not known yet")
		}
		return cell{Text: fmt.Sprintf("%.0f %%", *p*100), Number: true}
	}
	for i := range report.Suppliers {
		one := &report.Suppliers[i]
		days := text("not known yet")
		if one.LeadTime.Mean != nil {
			days = cell{Text: fmt.Sprintf("%.1f", *one.LeadTime.Mean), Number: true}
		}
		t.Rows = append(t.Rows, []cell{text(one.Supplier), number(one.Lines), share(one.OnTime), share(one.InFull), days})
	}
	return t, nil
}

// purchase places a purchase order with whoever makes the item, once for its number.
func (s *Shop) purchase(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("sku", "number")
	if err != nil {
		return web.Answer{}, err
	}
	n, err := r.Number("quantity", 0)
	if err != nil {
		return web.Answer{}, err
	}
	p, _, err := s.Products.BySKU(r.Context(), flywheel.SKU(f["sku"]))
	if err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Suppliers.Draft(r.Context(), p.Vendor, f["number"], []supplier.Want{{SKU: flywheel.SKU(f["sku"]), Quantity: n}}); err != nil {
		return web.Answer{}, err
	}
	o, err := s.Suppliers.Order(r.Context(), f["number"])
	if err != nil {
		return web.Answer{}, err
	}
	if o.State == supplier.Draft {
		if _, err := s.Suppliers.Apply(r.Context(), o.ID, supplier.Document{ID: "sent", Kind: supplier.Send, At: s.Now()}); err != nil {
			return web.Answer{}, err
		}
	}
	return r.Go("/desk/replenish")
}

// arrived takes in all that is still to come of a purchase order, once for the version of it that
// was seen.
func (s *Shop) arrived(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("order", "seen")
	if err != nil {
		return web.Answer{}, err
	}
	o, err := s.Suppliers.Order(r.Context(), f["order"])
	if err != nil {
		return web.Answer{}, err
	}
	if strconv.FormatInt(o.Version, 10) != f["seen"] {
		return r.Go("/desk/replenish") // it was pressed before
	}
	d := supplier.Document{ID: "desk-" + f["seen"], Kind: supplier.Receipt, At: s.Now()}
	for _, c := range o.Incoming() {
		d.Lines = append(d.Lines, supplier.DocumentLine{Line: c.Line, Quantity: c.Quantity})
	}
	if _, err := s.Suppliers.Apply(r.Context(), o.ID, d); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/replenish")
}
