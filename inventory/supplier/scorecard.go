package supplier

import (
	"fmt"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Delivery is what came of an order line on one day.
type Delivery struct {
	Date time.Time
	// Quantity is what was received, Rejected what of it was found defective.
	Quantity, Rejected float64
}

// ScoredLine is an order line as a [Scorecard] reads it.
type ScoredLine struct {
	// SKU is for whoever groups lines; [Score] does not read it.
	SKU                 flywheel.SKU
	Ordered             float64
	OrderedOn, Promised time.Time
	Receipts            []Delivery
	// Agreed and Invoiced are prices per unit in any one currency; zero for both
	// leaves the line out of the price variance.
	Agreed, Invoiced float64
}

// ScoreRules are the definitions of a [Scorecard] that a shop sets.
type ScoreRules struct {
	// GraceDays are calendar days after the promised day that still count as on
	// time.
	GraceDays int
	// QuantityTolerance is the share of the ordered quantity that may be missing
	// from a line in full, 0 to 1.
	QuantityTolerance float64
	// AsOf, unless zero, leaves out of the rates the lines whose promised day plus
	// grace is not over at that moment and that are not in full yet: they are
	// [Scorecard.Pending], neither good nor bad.
	AsOf time.Time
}

// Scorecard is what the order lines of a supplier say. A figure without data is
// nil: no data is never perfect.
type Scorecard struct {
	// Lines were counted, Pending were left out.
	Lines, Pending int
	// Ordered, Received and Rejected are sums over all lines given, pending ones
	// included.
	Ordered, Received, Rejected float64
	// OnTime is the share of lines of which something was received and everything
	// received came by the promised day plus grace.
	OnTime *float64
	// InFull is the share of lines whose received quantity, whenever, reached the
	// ordered one less the tolerance.
	InFull *float64
	// OTIF is the share of lines that reached it by the promised day plus grace.
	OTIF *float64
	// FillRate is the sum of what was received by then, of each line at most what
	// was ordered, over the sum ordered.
	FillRate *float64
	// LeadTime is in calendar days from the order to the receipt that completed a
	// line; lines that are not in full are left out.
	LeadTime LeadTime
	// DefectPPM is rejected units per million received.
	DefectPPM *float64
	// PriceVariance is Σ (invoiced - agreed)·received / Σ agreed·received.
	PriceVariance *float64
}

// LeadTime is what is known of the days from order to receipt.
type LeadTime struct {
	N int
	// Mean is nil without lines, SD (with n - 1) and CV = SD/Mean without two.
	Mean, SD, CV *float64
}

// day returns the calendar day of t as a count of days.
func day(t time.Time) int {
	y, m, d := t.Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Score computes the scorecard of lines. O(receipts).
func Score(lines []ScoredLine, rules ScoreRules) (Scorecard, error) {
	if rules.GraceDays < 0 || rules.GraceDays > 3650 {
		return Scorecard{}, refuse("grace days", rules.GraceDays, ErrRange)
	}
	if err := between("quantity tolerance", rules.QuantityTolerance, 0, 1); err != nil {
		return Scorecard{}, err
	}
	var s Scorecard
	var onTime, inFull, otif int
	var filled, ordered, paid, agreed float64
	var leads []float64
	for i, l := range lines {
		if err := l.check(i); err != nil {
			return Scorecard{}, err
		}
		need := l.Ordered * (1 - rules.QuantityTolerance)
		due := day(l.Promised) + rules.GraceDays
		total, intime, last, complete := 0.0, 0.0, math.MinInt, math.MinInt
		for _, r := range byDay(l.Receipts) {
			total += r.Quantity
			s.Rejected += r.Rejected
			d := day(r.Date)
			if r.Quantity > 0 {
				last = d
			}
			if d <= due {
				intime += r.Quantity
			}
			if complete == math.MinInt && total >= need && total > 0 {
				complete = d
			}
		}
		s.Ordered += l.Ordered
		s.Received += total
		if l.Agreed > 0 || l.Invoiced > 0 {
			paid += float64((l.Invoiced - l.Agreed) * total)
			agreed += float64(l.Agreed * total)
		}
		full := total >= need && total > 0
		if !rules.AsOf.IsZero() && !full && day(rules.AsOf) <= due {
			s.Pending++
			continue
		}
		s.Lines++
		ordered += l.Ordered
		filled += math.Min(intime, l.Ordered)
		if last != math.MinInt && last <= due {
			onTime++
		}
		if full {
			inFull++
			leads = append(leads, float64(complete-day(l.OrderedOn)))
			if complete <= due {
				otif++
			}
		}
	}
	if s.Lines > 0 {
		share := func(k int) *float64 { v := float64(k) / float64(s.Lines); return &v }
		s.OnTime, s.InFull, s.OTIF = share(onTime), share(inFull), share(otif)
		s.FillRate = ratio(filled, ordered)
	}
	s.LeadTime = leadTimeOf(leads)
	if ppm := ratio(s.Rejected, s.Received); ppm != nil {
		*ppm *= 1e6
		s.DefectPPM = ppm
	}
	s.PriceVariance = ratio(paid, agreed)
	return s, nil
}

func leadTimeOf(days []float64) LeadTime {
	l := LeadTime{N: len(days)}
	if l.N == 0 {
		return l
	}
	mean, sd := meanSD(days)
	l.Mean = &mean
	if l.N >= 2 {
		l.SD = &sd
		if mean > 0 {
			cv := sd / mean
			l.CV = &cv
		}
	}
	return l
}

func ratio(a, b float64) *float64 {
	if !(b > 0) {
		return nil
	}
	v := a / b
	return &v
}

// byDay returns the receipts in order of their days, without touching the list.
func byDay(receipts []Delivery) []Delivery {
	for i := 1; i < len(receipts); i++ {
		if day(receipts[i].Date) < day(receipts[i-1].Date) {
			sorted := append([]Delivery(nil), receipts...)
			for a := 1; a < len(sorted); a++ {
				for b := a; b > 0 && day(sorted[b].Date) < day(sorted[b-1].Date); b-- {
					sorted[b], sorted[b-1] = sorted[b-1], sorted[b]
				}
			}
			return sorted
		}
	}
	return receipts
}

func (l ScoredLine) check(i int) error {
	name := func(what string) string { return fmt.Sprintf("lines[%d] %s", i, what) }
	switch {
	case !(l.Ordered > 0 && l.Ordered <= 1e15):
		return refuse(name("ordered"), l.Ordered, ErrRange)
	case l.OrderedOn.IsZero() || l.Promised.IsZero():
		return refuse(name("dates"), "missing", ErrInput)
	case !(l.Agreed >= 0 && l.Agreed <= 1e15):
		return refuse(name("agreed price"), l.Agreed, ErrRange)
	case !(l.Invoiced >= 0 && l.Invoiced <= 1e15):
		return refuse(name("invoiced price"), l.Invoiced, ErrRange)
	}
	for j, r := range l.Receipts {
		switch {
		case !(r.Quantity >= 0 && r.Quantity <= 1e15):
			return refuse(fmt.Sprintf("lines[%d] receipts[%d] quantity", i, j), r.Quantity, ErrRange)
		case !(r.Rejected >= 0 && r.Rejected <= r.Quantity):
			return refuse(fmt.Sprintf("lines[%d] receipts[%d] rejected", i, j), r.Rejected, ErrRange)
		case r.Date.IsZero():
			return refuse(fmt.Sprintf("lines[%d] receipts[%d] date", i, j), "missing", ErrInput)
		}
	}
	return nil
}
