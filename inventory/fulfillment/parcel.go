package fulfillment

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Parcel is what leaves a place together.
type Parcel struct {
	ID       string   `json:"id"`
	Location Location `json:"location"`
	// Backordered parcels leave when what they wait for has come, expected at Date.
	Backordered bool    `json:"backordered,omitempty"`
	Date        Date    `json:"date,omitzero"`
	Pieces      []Piece `json:"pieces"`
}

// Parcels makes parcels of an allocation: one for each place, by priority and ID,
// then one for each date of what is still to come. Their IDs count from first: p1,
// p2 and so on. Downloads are in no parcel.
func (n *Network) Parcels(a *Allocation, first int) []Parcel {
	var parcels []Parcel
	for i := range a.Pieces {
		p := &a.Pieces[i]
		if p.Download {
			continue
		}
		at := slices.IndexFunc(parcels, func(q Parcel) bool {
			return q.Location == p.Location && q.Backordered == p.Backordered && q.Date == p.Date
		})
		if at < 0 {
			at = len(parcels)
			parcels = append(parcels, Parcel{Location: p.Location, Backordered: p.Backordered, Date: p.Date})
			if at == 0 { // most orders are one parcel
				parcels[0].Pieces = make([]Piece, 0, len(a.Pieces)-i)
			}
		}
		parcels[at].Pieces = append(parcels[at].Pieces, *p)
	}
	rank := func(l Location) int { return slices.IndexFunc(n.places, func(p place) bool { return p.ID == l }) }
	slices.SortStableFunc(parcels, func(p, q Parcel) int {
		if p.Backordered && q.Backordered {
			return cmp.Or(p.Date.Compare(q.Date), cmp.Compare(rank(p.Location), rank(q.Location)))
		}
		return cmp.Or(compareBool(p.Backordered, q.Backordered), cmp.Compare(rank(p.Location), rank(q.Location)))
	})
	for i := range parcels {
		parcels[i].ID = ParcelID(first + i)
	}
	return parcels
}

// ParcelID returns the name of the n-th parcel of an order.
func ParcelID(n int) string { return "p" + strconv.Itoa(n) }

// Lines returns the units of each line in the parcel.
func (p *Parcel) Lines() map[string]int64 {
	lines := make(map[string]int64, len(p.Pieces))
	for i := range p.Pieces {
		lines[p.Pieces[i].Line] += p.Pieces[i].Quantity
	}
	return lines
}

// Split takes some units of some lines out of the parcel: taken has these and keeps
// the ID, rest has the others and the given ID. Nil lines take everything. More
// units than there are, or a line that is not in the parcel, are refused; rest
// without pieces says that nothing is left.
func (p *Parcel) Split(lines map[string]int64, id string) (taken, rest Parcel, err error) {
	taken, rest = *p, *p
	rest.ID = id
	if lines == nil {
		taken.Pieces, rest.Pieces = slices.Clone(p.Pieces), nil
		return taken, rest, nil
	}
	taken.Pieces, rest.Pieces = nil, nil
	have := p.Lines()
	names := make([]string, 0, len(lines))
	for line := range lines {
		names = append(names, line)
	}
	slices.SortFunc(names, strings.Compare)
	for _, line := range names {
		field := fmt.Sprintf("lines[%s]", line)
		switch there, ok := have[line]; {
		case !ok:
			return Parcel{}, Parcel{}, refuse(ErrUnknown, field, "parcel %s has no such line", p.ID)
		case lines[line] < 1:
			return Parcel{}, Parcel{}, refuse(ErrRange, field, "%d units", lines[line])
		case lines[line] > there:
			return Parcel{}, Parcel{}, &flywheel.FieldError{Field: field, Err: &PieceError{Parcel: p.ID, Line: line, Want: lines[line], Have: there}}
		}
	}
	left := make(map[string]int64, len(lines))
	for line, units := range lines {
		left[line] = units
	}
	for _, piece := range p.Pieces {
		n := min(left[piece.Line], piece.Quantity)
		left[piece.Line] -= n
		if n > 0 {
			part := piece
			part.Quantity = n
			taken.Pieces = append(taken.Pieces, part)
		}
		if piece.Quantity > n {
			piece.Quantity -= n
			rest.Pieces = append(rest.Pieces, piece)
		}
	}
	return taken, rest, nil
}

// PieceError reports more units than a parcel has. It matches [ErrState].
type PieceError struct {
	Parcel string
	Line   string
	Want   int64
	Have   int64
}

func (e *PieceError) Error() string {
	return fmt.Sprintf("fulfillment: parcel %s has %d units of line %s, not %d", e.Parcel, e.Have, e.Line, e.Want)
}

// Unwrap returns ErrState.
func (e *PieceError) Unwrap() error { return ErrState }

// Units returns what the parcel takes off the shelves, for inventory.
func (p *Parcel) Units() ([]Unit, error) { return unitsOf(p.Pieces) }
