package rfm

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Input is the three figures of one customer.
type Input struct {
	Customer flywheel.CustomerID `json:"customer"`
	// Recency is the number of whole days since the last purchase.
	Recency int64 `json:"recency"`
	// Frequency is the number of days with a purchase.
	Frequency int64 `json:"frequency"`
	// Monetary is the value of all purchases in minor units.
	Monetary int64 `json:"monetary"`
}

// Score is a customer's place on the three scales, 1 to 5, 5 the best.
type Score struct {
	Customer flywheel.CustomerID `json:"customer"`
	R        uint8               `json:"r"`
	F        uint8               `json:"f"`
	M        uint8               `json:"m"`
}

// String returns the cell, such as "545".
func (s Score) String() string { return fmt.Sprintf("%d%d%d", s.R, s.F, s.M) }

// Segment is the name of a group of cells of R and F.
type Segment string

// The segments, from best to worst recency.
const (
	Champion          Segment = "champion"           // R 5, F 4-5
	New               Segment = "new"                // R 5, F 1
	PotentialLoyalist Segment = "potential_loyalist" // R 4-5, F 2-3
	Loyal             Segment = "loyal"              // R 3-4, F 4-5
	Promising         Segment = "promising"          // R 4, F 1
	NeedAttention     Segment = "need_attention"     // R 3, F 3
	AboutToSleep      Segment = "about_to_sleep"     // R 3, F 1-2
	CantLose          Segment = "cant_lose"          // R 1-2, F 5
	AtRisk            Segment = "at_risk"            // R 1-2, F 3-4
	Hibernating       Segment = "hibernating"        // R 1-2, F 1-2
)

// segments by R and F, from 1.
var segments = [5][5]Segment{
	{Hibernating, Hibernating, AtRisk, AtRisk, CantLose},
	{Hibernating, Hibernating, AtRisk, AtRisk, CantLose},
	{AboutToSleep, AboutToSleep, NeedAttention, Loyal, Loyal},
	{Promising, PotentialLoyalist, PotentialLoyalist, Loyal, Loyal},
	{New, PotentialLoyalist, PotentialLoyalist, Champion, Champion},
}

// Segment returns the name of the score's cell, empty for a score that no method
// gives.
func (s Score) Segment() Segment {
	if s.R < 1 || s.R > 5 || s.F < 1 || s.F > 5 {
		return ""
	}
	return segments[s.R-1][s.F-1]
}

// Method turns figures into scores, in the order of the inputs.
type Method interface {
	Score(inputs []Input) ([]Score, error)
}

// check refuses inputs that cannot be scored.
func check(inputs []Input) error {
	if len(inputs) == 0 {
		return fmt.Errorf("rfm: no customers: %w", flywheel.ErrInvalid)
	}
	var seen map[flywheel.CustomerID]struct{} // not needed for those in order, as Table gives them
	for i := range inputs {
		if i > 0 && inputs[i].Customer <= inputs[i-1].Customer {
			seen = make(map[flywheel.CustomerID]struct{}, len(inputs))
			break
		}
	}
	for i := range inputs {
		in := &inputs[i]
		if err := flywheel.CheckID(string(in.Customer)); err != nil {
			return fmt.Errorf("rfm: customer %d: %w", i, err)
		}
		if in.Recency < 0 || in.Frequency < 0 {
			return fmt.Errorf("rfm: customer %q: recency %d, frequency %d: %w", in.Customer, in.Recency, in.Frequency, flywheel.ErrOutOfRange)
		}
		if seen == nil {
			continue
		}
		if _, twice := seen[in.Customer]; twice {
			return fmt.Errorf("rfm: customer %q is given twice: %w", in.Customer, flywheel.ErrInvalid)
		}
		seen[in.Customer] = struct{}{}
	}
	return nil
}

// The figures in the order of Score's fields.
var figures = [3]struct {
	of  func(*Input) int64
	set func(*Score, uint8)
	low bool // whether small is good
}{
	{func(in *Input) int64 { return in.Recency }, func(s *Score, n uint8) { s.R = n }, true},
	{func(in *Input) int64 { return in.Frequency }, func(s *Score, n uint8) { s.F = n }, false},
	{func(in *Input) int64 { return in.Monetary }, func(s *Score, n uint8) { s.M = n }, false},
}

func named(inputs []Input) []Score {
	scores := make([]Score, len(inputs))
	for i := range inputs {
		scores[i].Customer = inputs[i].Customer
	}
	return scores
}
