package forecast

import "fmt"

// Class says how a demand behaves: whether it comes in most periods and
// whether its size varies (Syntetos, Boylan & Croston, 2005).
type Class uint8

// The four classes, and None for a series without demand.
const (
	None         Class = iota
	Smooth             // comes often, sizes alike
	Erratic            // comes often, sizes vary
	Intermittent       // comes rarely, sizes alike
	Lumpy              // comes rarely, sizes vary
)

// String returns the class in lower case.
func (c Class) String() string {
	switch c {
	case None:
		return "none"
	case Smooth:
		return "smooth"
	case Erratic:
		return "erratic"
	case Intermittent:
		return "intermittent"
	case Lumpy:
		return "lumpy"
	}
	return fmt.Sprintf("Class(%d)", uint8(c))
}

// Limits between the classes; a demand on the limit belongs to the upper side.
const (
	IntervalLimit  = 1.32 // of Demand.Interval: from here on rare
	VariationLimit = 0.49 // of Demand.Variation: from here on varying
)

// Demand describes a series of demands.
type Demand struct {
	Class Class
	// Interval is the average inter-demand interval (ADI): periods divided by
	// the number of periods with demand; 0 without demand.
	Interval float64
	// Variation is the squared coefficient of variation (CV²) of the demands
	// that are not zero, from the sample variance; 0 for fewer than two.
	Variation float64
	// Size is the mean of the demands that are not zero.
	Size float64
	// Count is the number of periods with demand.
	Count int
	// Idle is the number of periods since the last demand.
	Idle int
}

// Classify describes the demand of a series. O(n), without allocation.
func Classify(s Series) (Demand, error) {
	if err := s.checkDemand(); err != nil {
		return Demand{}, err
	}
	return classify(s.Values), nil
}

func classify(values []float64) Demand {
	d := Demand{Idle: len(values)}
	sum := 0.0
	for i, y := range values {
		if y != 0 {
			sum += y
			d.Count++
			d.Idle = len(values) - 1 - i
		}
	}
	if d.Count == 0 {
		return d
	}
	d.Interval = float64(len(values)) / float64(d.Count)
	d.Size = sum / float64(d.Count)
	if d.Count > 1 {
		// Relative to the mean size, so that tiny demands do not underflow.
		squares := 0.0
		for _, y := range values {
			if y != 0 {
				e := y/d.Size - 1
				squares += float64(e * e)
			}
		}
		d.Variation = squares / float64(d.Count-1)
	}
	rare, varying := d.Interval >= IntervalLimit, d.Variation >= VariationLimit
	switch {
	case rare && varying:
		d.Class = Lumpy
	case rare:
		d.Class = Intermittent
	case varying:
		d.Class = Erratic
	default:
		d.Class = Smooth
	}
	return d
}
