package order

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Parcel is what leaves one location at one time. Its ID is p1, p2, … within the
// order.
type Parcel struct {
	fulfillment.Parcel
	// Ref is the reference under which the stock is allocated.
	Ref string `json:"ref,omitempty"`
	// Earliest and Latest are the days on which it was promised to arrive.
	Earliest fulfillment.Date `json:"earliest,omitzero"`
	Latest   fulfillment.Date `json:"latest,omitzero"`
	Status   ParcelStatus     `json:"status"`
	// Replacement says that the parcel replaces goods that arrived broken: it has no
	// price, and its units are not counted as shipped.
	Replacement bool `json:"replacement,omitempty"`
	// Settled says that money and invoice do not wait for the parcel to leave, also
	// where the order is paid on shipment.
	Settled     bool      `json:"settled,omitempty"`
	Carrier     string    `json:"carrier,omitempty"`
	Tracking    string    `json:"tracking,omitempty"`
	ShippedAt   time.Time `json:"shipped_at,omitzero"`
	DeliveredAt time.Time `json:"delivered_at,omitzero"`
}

// sameAs reports whether two versions of a parcel are the same.
func (p Parcel) sameAs(q Parcel) bool {
	same := slices.EqualFunc(p.Pieces, q.Pieces, func(a, b fulfillment.Piece) bool {
		return a.Line == b.Line && a.SKU == b.SKU && a.Location == b.Location && a.Quantity == b.Quantity && a.Backordered == b.Backordered &&
			a.Date == b.Date && slices.Equal(a.Parts, b.Parts) && a.Untracked == b.Untracked && a.Download == b.Download && a.Limited == b.Limited
	})
	return same && p.ID == q.ID && p.Location == q.Location && p.Backordered == q.Backordered && p.Date == q.Date && p.Ref == q.Ref &&
		p.Earliest == q.Earliest && p.Latest == q.Latest && p.Status == q.Status && p.Replacement == q.Replacement && p.Settled == q.Settled &&
		p.Carrier == q.Carrier && p.Tracking == q.Tracking && p.ShippedAt.Equal(q.ShippedAt) && p.DeliveredAt.Equal(q.DeliveredAt)
}

// ParcelStatus is where a parcel is.
type ParcelStatus string

// The states of a parcel.
const (
	ParcelOpen      ParcelStatus = "open"      // it has not left
	ParcelShipped   ParcelStatus = "shipped"   // it has left
	ParcelDelivered ParcelStatus = "delivered" // it has arrived
	ParcelCanceled  ParcelStatus = "canceled"  // all its units were called off
)

// Parcel returns the parcel with the given id, or nil.
func (o *Order) Parcel(id string) *Parcel {
	for i := range o.Parcels {
		if o.Parcels[i].ID == id {
			return &o.Parcels[i]
		}
	}
	return nil
}

// takeOut removes up to n units of a line from the parcel, the last pieces first,
// and returns them.
func (p *Parcel) takeOut(line string, n int64) (taken []fulfillment.Piece) {
	for i := len(p.Pieces) - 1; i >= 0 && n > 0; i-- {
		if p.Pieces[i].Line != line {
			continue
		}
		piece := p.Pieces[i]
		piece.Quantity = min(piece.Quantity, n)
		n -= piece.Quantity
		taken = append(taken, piece)
		if p.Pieces[i].Quantity -= piece.Quantity; p.Pieces[i].Quantity == 0 {
			p.Pieces = slices.Delete(p.Pieces, i, i+1)
		}
	}
	return taken
}

// units returns pieces as the stock counts them: a kit is its parts.
func units(pieces []fulfillment.Piece) ([]fulfillment.Unit, error) {
	return (&fulfillment.Parcel{Pieces: pieces}).Units()
}

// nextParcel returns the id of a new parcel.
func (o *Order) nextParcel() string { return fulfillment.ParcelID(len(o.Parcels) + 1) }

// nextLine returns the id of a new line. Lines stay when their units are gone, so
// that no id is used again.
func (o *Order) nextLine() string {
	most := len(o.Lines)
	for i := range o.Lines {
		if n, err := strconv.Atoi(o.Lines[i].ID); err == nil {
			most = max(most, n)
		}
	}
	return strconv.Itoa(most + 1)
}

func cloneParcels(parcels []Parcel) []Parcel {
	c := slices.Clone(parcels)
	for i := range c {
		c[i].Pieces = slices.Clone(c[i].Pieces)
		for j := range c[i].Pieces {
			c[i].Pieces[j].Parts = slices.Clone(c[i].Pieces[j].Parts)
		}
	}
	return c
}

// checkParcels reports the first thing wrong with the parcels of an order that is to
// be placed: each unit that is sent is in one parcel.
func (o *Order) checkParcels() error {
	packed := map[string]int64{}
	for i := range o.Parcels {
		p := &o.Parcels[i]
		fail := func(name string, err error) error {
			return &FieldError{o.ID, fmt.Sprintf("parcels[%d].%s", i, name), err}
		}
		switch {
		case p.ID != fulfillment.ParcelID(i+1):
			return fail("id", fmt.Errorf("%q is not %q: %w", p.ID, fulfillment.ParcelID(i+1), flywheel.ErrInvalid))
		case p.Status != ParcelOpen:
			return fail("status", fmt.Errorf("%q is not %q: %w", p.Status, ParcelOpen, flywheel.ErrInvalid))
		}
		for j := range p.Pieces {
			piece := &p.Pieces[j]
			line := o.Line(piece.Line)
			switch {
			case line == nil || line.Download:
				return fail(fmt.Sprintf("pieces[%d].line", j), fmt.Errorf("%q: %w", piece.Line, flywheel.ErrInvalid))
			case piece.Quantity < 1 || piece.Quantity > line.Quantity-packed[line.ID]:
				return fail(fmt.Sprintf("pieces[%d].quantity", j), fmt.Errorf("%d of %d: %w", piece.Quantity, line.Quantity-packed[line.ID], flywheel.ErrOutOfRange))
			}
			packed[line.ID] += piece.Quantity
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.Download && len(o.Parcels) > 0 && packed[l.ID] != l.Quantity {
			return &FieldError{o.ID, fmt.Sprintf("lines[%d].quantity", i), fmt.Errorf("%d units, %d in parcels: %w", l.Quantity, packed[l.ID], flywheel.ErrInvalid)}
		}
	}
	return nil
}
