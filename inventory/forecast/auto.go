package forecast

// Auto fits the model that [Select] chooses: what to use for many series that
// nobody looks at one by one. The result's Model names the choice.
type Auto struct{}

// Fit implements [Model].
func (m Auto) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. O(n).
func (m Auto) FitTo(dst *Fit, s Series) error {
	chosen, err := Select(s)
	if err != nil {
		return err
	}
	return chosen.FitTo(dst, s)
}

const (
	// selectLeast is the number of observations, and of demands in a rare one,
	// below which nothing is estimated but a mean.
	selectLeast   = 5
	selectDemands = 2
	// selectIdle is how many mean intervals without demand make an item look
	// dead, so that its forecast should fade: it happens by chance once in e^3
	// or 20 times.
	selectIdle = 3
)

// Select chooses a model by how the series behaves (after Syntetos, Boylan &
// Croston, 2005):
//
//   - [Mean] for fewer than five observations or two demands;
//   - [Theta] for a demand that comes in most periods, and for a series with
//     negative values, which is no demand;
//   - [SBA] for one that comes rarely, or [TSB] where it has not come for three
//     times its mean interval and may have ended.
func Select(s Series) (Model, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if len(s.Values) < selectLeast {
		return Mean{}, nil
	}
	for _, y := range s.Values {
		if y < 0 {
			return Theta{}, nil
		}
	}
	switch d := classify(s.Values); {
	case d.Count < selectDemands:
		return Mean{}, nil
	case d.Class == Smooth || d.Class == Erratic:
		return Theta{}, nil
	case float64(d.Idle) > selectIdle*d.meanInterval(len(s.Values)):
		return TSB{}, nil
	default:
		return SBA{}, nil
	}
}
