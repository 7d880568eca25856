package attribution

import "github.com/flywheel-go/flywheel/campaign/utm"

// Credit is what a channel is credited with.
type Credit struct {
	Channel     utm.ChannelGroup `json:"channel"`
	Conversions float64          `json:"conversions"`
	Value       float64          `json:"value"`
}

// Result is the credit of all channels by one model. Conversions and values sum
// to those of the paths, up to rounding.
type Result struct {
	Credits  []Credit `json:"credits"` // in order of the channels' names
	Warnings []string `json:"warnings,omitempty"`
}

// Of returns the credit of a channel, zero where it has none.
func (r *Result) Of(c utm.ChannelGroup) Credit {
	for _, credit := range r.Credits {
		if credit.Channel == c {
			return credit
		}
	}
	return Credit{Channel: c}
}

// Model credits channels from paths. [ByRule], [Markov] and [Shapley] are models.
type Model interface {
	// Credit returns the credit of each channel of the set.
	Credit(s *Set) (*Result, error)
}

func (s *Set) empty() *Result {
	r := &Result{Credits: make([]Credit, len(s.channels))}
	for i, c := range s.channels {
		r.Credits[i].Channel = c
	}
	return r
}

// noConversions is the warning of a set in which nobody converts.
const noConversions = "no path has a conversion: no channel is credited"
