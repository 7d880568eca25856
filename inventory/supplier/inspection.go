package supplier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Inspection is what was found in the lot of one line that waits in quarantine, by the
// sampling plan of its item.
type Inspection struct {
	// ID is that of the document.
	ID string
	At time.Time
	// Line is the index in the order.
	Line int
	// Found are the defectives of each stage of [Service.Sampling]'s plan.
	Found []int
	// Now is what the switching rules ask beside the lots.
	Now Circumstances
}

// Sampling returns the plan for the units of a line that are in quarantine: that of
// the item's scheme at the severity that its earlier lots call for. An item without a
// scheme, and a line with nothing in quarantine, match [ErrNoPlan]; an item whose
// inspection is discontinued matches [ErrState] until [Service.ResumeInspection].
func (s *Service) Sampling(ctx context.Context, order string, line int) (LotPlan, error) {
	o, err := s.store.Order(ctx, order)
	if err != nil {
		return LotPlan{}, err
	}
	sup, err := s.store.Supplier(ctx, o.Supplier)
	if err != nil {
		return LotPlan{}, err
	}
	item, lot, err := o.lot(&sup, line)
	if err != nil {
		return LotPlan{}, err
	}
	if item.Lots.Discontinued {
		return LotPlan{}, refuse("inspection of "+string(item.SKU), "discontinued", ErrState)
	}
	return item.Scheme.Plan(int(lot), item.Lots.Severity)
}

// lot returns the item of a line and the size of its lot.
func (o *Order) lot(sup *Supplier, line int) (*Item, int64, error) {
	if line < 0 || line >= len(o.Lines) {
		return nil, 0, refuse("line of order "+o.ID, line, ErrUnknown)
	}
	l := &o.Lines[line]
	i := slices.IndexFunc(sup.Items, func(i Item) bool { return i.SKU == l.SKU })
	switch {
	case i < 0:
		return nil, 0, refuse("item of supplier "+sup.ID, l.SKU, ErrUnknown)
	case sup.Items[i].Scheme == (Scheme{}):
		return nil, 0, refuse("scheme of "+string(l.SKU), "none", ErrNoPlan)
	case l.Quarantined == 0:
		return nil, 0, refuse(fmt.Sprintf("order %s line %d in quarantine", o.ID, line), 0, ErrNoPlan)
	}
	return &sup.Items[i], l.Quarantined, nil
}

// Inspect decides about the whole lot of a line in quarantine by what the sample
// showed. An accepted lot goes to stock without the defectives of the sample; one that
// is not accepted is rejected in full, and may be returned. The item's lot history moves
// on, with the switch of severity that this makes. The same inspection again changes
// nothing.
func (s *Service) Inspect(ctx context.Context, order string, in Inspection) (Order, Change, error) {
	change := NoChange
	o, err := s.change(ctx, order, func(ctx context.Context, o Order) (Order, error) {
		change = NoChange
		if i := slices.IndexFunc(o.Documents, func(d Document) bool { return d.ID == in.ID }); i >= 0 {
			d := o.Documents[i]
			if d.Sample == nil || len(d.Lines) != 1 || d.Lines[0].Line != in.Line || !d.At.Equal(in.At) || !slices.Equal(d.Sample.Found, in.Found) {
				return o, refuse("document "+in.ID, "applied with another content", ErrReused)
			}
			return o, nil
		}
		sup, err := s.store.Supplier(ctx, o.Supplier)
		if err != nil {
			return o, err
		}
		item, size, err := o.lot(&sup, in.Line)
		if err != nil {
			return o, err
		}
		severity := item.Lots.Severity
		lot, err := item.Scheme.Inspect(int(size), severity, in.Found)
		if err != nil {
			return o, err
		}
		rejected := int64(0)
		for _, n := range in.Found {
			rejected += int64(n)
		}
		if !lot.Accepted {
			rejected = size
		}
		next, _, err := o.Apply(Document{
			ID: in.ID, Kind: Inspect, At: in.At, Lines: []DocumentLine{{Line: in.Line, Quantity: size, Rejected: rejected}},
			Sample: &Sample{Severity: severity, Found: slices.Clone(in.Found), Accepted: lot.Accepted},
		})
		if err != nil {
			return o, err
		}
		if item.Lots, change, err = item.Lots.After(lot, in.Now); err != nil {
			return o, err
		}
		_, err = s.store.SaveSupplier(ctx, sup)
		return next, err
	})
	return o, change, err
}

// ResumeInspection returns the discontinued inspection of an item to tightened, after
// the supplier has improved. An item whose inspection goes on is left as it is.
func (s *Service) ResumeInspection(ctx context.Context, supplier string, sku flywheel.SKU) error {
	return s.retried(ctx, func(ctx context.Context) error {
		sup, err := s.store.Supplier(ctx, supplier)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(sup.Items, func(i Item) bool { return i.SKU == sku })
		if i < 0 {
			return refuse("item of supplier "+supplier, sku, ErrUnknown)
		}
		if !sup.Items[i].Lots.Discontinued {
			return nil
		}
		sup.Items[i].Lots = sup.Items[i].Lots.Resume()
		_, err = s.store.SaveSupplier(ctx, sup)
		return err
	})
}

// Match compares order, receipts and invoices of an order, see [Order.Match].
func (s *Service) Match(ctx context.Context, order string, t Tolerance) ([]MatchedLine, error) {
	o, err := s.store.Order(ctx, order)
	if err != nil {
		return nil, err
	}
	return o.Match(t)
}
