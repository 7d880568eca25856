package experiment

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// look is one look of a group-sequential design, dated by its information: the
// share of the planned units that are analyzed.
type look struct {
	looks stats.Looks
	index int   // of this look in looks
	due   int64 // analyzed units at which it is due
	// spent says that an earlier look had all of the information, so that no
	// chance of a false alarm is left for this one.
	spent bool
}

// leastInformation is the least share of the information that two looks lie
// apart; one that brings less has the critical value of the look before.
const leastInformation = 1e-5

// lookAt dates the present look behind those before. A look that comes late, or
// the only one, has the critical value of what it knows: all of alpha at the end.
func (p *Plan) lookAt(report *Report, before []int64) (look, error) {
	planned := report.PlannedUnits
	if planned <= 0 {
		planned = max(1, report.Analyzed)
	}
	share := func(units int64) float64 { return min(1, float64(units)/float64(planned)) }
	var information []float64
	last := func() float64 {
		if len(information) == 0 {
			return 0
		}
		return information[len(information)-1]
	}
	for _, units := range before {
		if t := share(units); t >= last()+leastInformation {
			information = append(information, t)
		}
	}
	now := look{due: planned, spent: last() >= 1}
	for _, t := range stats.EqualLooks(p.Looks) {
		if t >= last()+leastInformation {
			now.due = int64(math.Ceil(t * float64(planned)))
			break
		}
	}
	if t := share(report.Analyzed); t >= last()+leastInformation || len(information) == 0 {
		information = append(information, max(t, leastInformation))
	}
	now.index = len(information) - 1
	if last() < 1-leastInformation {
		information = append(information, 1) // what is not spent now is kept for the end
	} else {
		information[len(information)-1] = 1
	}
	var err error
	now.looks, err = stats.GroupSequential{Alpha: p.alphaPerArm(), Information: information}.Design()
	if err != nil {
		return look{}, fmt.Errorf("experiment: %w", err)
	}
	return now, nil
}

// sampleRatio checks the sizes of the arms. Where the design is read more than
// once, the check holds however often it is made.
func (p *Plan) sampleRatio(report *Report) (stats.SampleRatioResult, error) {
	observed := make([]int64, len(report.Arms))
	for i, a := range report.Arms {
		observed[i] = a.Units
	}
	weights := p.Experiment.Weights()
	result, err := stats.SampleRatio{Alpha: p.SampleRatioAlpha}.Test(observed, weights)
	if err != nil || p.Design == FixedHorizon || p.Design == Bayesian {
		return result, err
	}
	watch := stats.SampleRatioSequence{Alpha: p.SampleRatioAlpha}
	evidence, err := watch.Look(observed, weights)
	if err != nil {
		return result, err
	}
	result.P, result.LogP, result.Mismatch = evidence.PNow, -max(0, evidence.LogBayesFactor), evidence.Mismatch
	return result, nil
}
