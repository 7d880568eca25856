package experiment

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Drift compares the effect on those who came first with the effect on those
// who came later.
type Drift struct {
	Arm string `json:"arm"`
	// Early and Late are the effects on the first and the second half of the
	// days, Change is late less early.
	Early  stats.Effect `json:"early"`
	Late   stats.Effect `json:"late"`
	Change float64      `json:"change"`
	P      float64      `json:"p"`
}

// Novelty asks whether the goal's effect changes from the first half of the
// days to the second: what is new wears off, what must be learned grows. It
// looks at the goal, so it belongs behind the end of a fixed horizon. The error
// matches [flywheel.ErrInvalid] with fewer than two days or empty arms.
func (p Plan) Novelty(cohorts []CohortReading) ([]Drift, error) {
	p, err := p.normal()
	if err != nil {
		return nil, err
	}
	if len(cohorts) < 2 {
		return nil, fmt.Errorf("experiment: novelty needs at least two days: %w", flywheel.ErrInvalid)
	}
	var halves [2]Reading
	for i, c := range cohorts {
		if err := p.fits(&c.Reading); err != nil {
			return nil, err
		}
		if err := halves[i*2/len(cohorts)].Merge(c.Reading); err != nil {
			return nil, err
		}
	}
	var list []Drift
	for arm := 1; arm < len(p.Experiment.Arms); arm++ {
		var effects [2]stats.Effect
		for i, half := range halves {
			r, err := p.compare(p.Goal, half.Arms[0].Metrics[0], half.Arms[arm].Metrics[0])
			if err != nil {
				return nil, fmt.Errorf("experiment: novelty: %w", err)
			}
			effects[i] = r.Absolute
		}
		d := Drift{Arm: p.Experiment.Arms[arm].ID, Early: effects[0], Late: effects[1], Change: effects[1].Estimate - effects[0].Estimate, P: 1}
		if spread := math.Hypot(effects[0].StandardError, effects[1].StandardError); spread > 0 {
			tail, _ := stats.NormalTail(math.Abs(d.Change) / spread)
			d.P = min(1, 2*tail)
		}
		list = append(list, d)
	}
	return list, nil
}
