package forecast

import (
	"fmt"
	"math"
)

// Comparison is one model of several that were judged from the same origins.
type Comparison struct {
	Model    Model
	Backtest *Backtest
	// OWA is the overall weighted average in relation to the first model, which
	// has 1: below it is better; see the function of that name.
	OWA Measure
	// DieboldMariano is the statistic of the test of that name of the mean
	// absolute errors from each origin against those of the first model, and P
	// its two-sided p-value: a negative statistic with a small p says that the
	// model is better and that it is not by chance. They are absent with hardly
	// more origins than the horizon has periods, since forecasts from near origins
	// err alike, and for the first model.
	DieboldMariano, P Measure
}

// Compare runs the cross-validation with each model, in their order. The first is
// the benchmark that the others have to beat, such as [Naive] or [SeasonalNaive].
func (c CrossValidation) Compare(s Series, models ...Model) ([]Comparison, error) {
	if len(models) == 0 {
		return nil, &SettingError{Model: "CrossValidation", Setting: "number of models", Value: 0, Want: "1 or more"}
	}
	list := make([]Comparison, len(models))
	var losses [2][]float64
	for i, m := range models {
		b, err := c.Run(m, s)
		if err != nil {
			return nil, fmt.Errorf("model %d, %T: %w", i, m, err)
		}
		first := list[0].Backtest
		if i == 0 {
			first = b
		}
		list[i] = Comparison{Model: m, Backtest: b, OWA: OWA(b.summary(), first.summary())}
		loss := &losses[min(i, 1)]
		*loss = (*loss)[:0]
		for _, o := range b.Origins {
			*loss = append(*loss, o.Accuracy.MAE)
		}
		step := max(c.Step, 1)
		horizon := (c.Horizon + step - 1) / step // origins whose periods overlap
		if i == 0 || len(*loss) < 2 || horizon >= len(*loss) {
			continue
		}
		statistic, p, err := DieboldMariano(*loss, losses[0], horizon, 1)
		if err != nil {
			return nil, err
		}
		list[i].DieboldMariano, list[i].P = Measure{statistic, !math.IsInf(statistic, 0)}, Measure{p, true}
	}
	return list, nil
}

// summary has the figures that [OWA] needs.
func (b *Backtest) summary() Accuracy { return Accuracy{SMAPE: b.SMAPE, MASE: b.MASE} }
