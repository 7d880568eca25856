package wheel

// Policy is how the shop is run.
type Policy struct {
	// Percent is what the segment's promotion takes off, as a fraction.
	Percent string `json:"percent,omitempty"`
	// Service is the probability that a cycle of the better stock passes without a stock-out.
	Service float64 `json:"service,omitempty"`
}

func (p Policy) normal() Policy {
	if p.Percent == "" {
		p.Percent = "0.05"
	}
	if p.Service == 0 {
		p.Service = 0.97
	}
	return p
}
