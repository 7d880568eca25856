package main

import "github.com/flywheel-go/flywheel/examples/replay/retail"

// exact is the value of all rows in units of 10^-retail.ValueScale, before any
// rounding, by what they are and by month.
type exact struct {
	byKind  [retail.Kinds]sums
	byMonth map[string]int64
}

// sums are the value of rows by what becomes of them: sold in an order, returned
// to the order they came from, credited without one, or booked.
type sums struct {
	rows                             int
	sold, returned, credited, booked int64
}

func (s *sums) net() int64 { return s.sold + s.returned + s.credited + s.booked }

// settle says what becomes of every row.
func settle(invoices []retail.Invoice, matches map[int][]retail.Match) *exact {
	e := &exact{byMonth: map[string]int64{}}
	var matched []int64
	for i := range invoices {
		in := &invoices[i]
		matched = append(matched[:0], make([]int64, len(in.Rows))...)
		for _, m := range matches[i] {
			matched[m.Row] += m.Quantity
		}
		month := in.Time.Format("2006-01")
		for r := range in.Rows {
			row := &in.Rows[r]
			e.byMonth[month] += row.Value
			k := &e.byKind[row.Kind]
			k.rows++
			switch {
			case !row.Kind.Billed():
				k.booked += row.Value
			case !in.Cancels:
				k.sold += row.Value
			default:
				back := row.Value / row.Quantity * -matched[r] // the value of one unit, exactly, times units
				k.returned += back
				k.credited += row.Value - back
			}
		}
	}
	return e
}
