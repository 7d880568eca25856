package wheel

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Feature is a part of the wheel that can be switched off.
type Feature int

// Features. Twins shows another list of equal worth: it is there to bring nothing.
const (
	Recommendations Feature = iota
	Promotions
	Recovery
	Stock
	Twins
	features
)

var featureNames = [features]string{"recommendations", "promotions", "recovery", "stock", "twins"}

// String returns the name, which is that of its experiment.
func (f Feature) String() string { return featureNames[f] }

// Mode is who has a feature.
type Mode int

// Modes.
const (
	Split Mode = iota // half of the units, by the experiment's hash
	Off
	On
)

// What is measured, fixed before anything was run: the margin of a visitor in the 28 days from
// the first visit, and of a cluster of SKUs in the 28 days from the day on which it was taken in,
// both less what comes back. That of a cluster is also less what its stock costs to hold, and is
// compared beside its margin in the 28 days before.
const (
	window         = 28 * 24 * time.Hour
	contribution   = "contribution"
	contributionOf = "contribution_back"
)

func margin(f Feature) experiment.Metric {
	m := experiment.Metric{Name: "margin", Kind: experiment.Revenue, Event: contribution, Less: contributionOf, Window: window, Currency: money.EUR}
	if f == Stock {
		m.Before = window
	}
	return m
}

// experiments returns those of a seed: their hashes have nothing in common. Promotions are for the
// segment, so only its members take part.
func experiments(seed uint64) (all []experiment.Experiment) {
	for f := range features {
		e := experiment.Experiment{
			ID: experiment.ID(f.String()), Seed: fmt.Sprintf("%s of %d", f, seed),
			Arms: []experiment.Arm{{ID: "without"}, {ID: "with"}},
		}
		switch f {
		case Stock:
			e.Unit = "cluster"
		case Promotions:
			e.Condition = rule.MustCompile(`{"segment":"` + segmentName + `"}`)
		}
		all = append(all, e)
	}
	return all
}
