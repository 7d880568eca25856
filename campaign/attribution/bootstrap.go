package attribution

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// Bootstrap finds out how far credits would differ had other persons come: each
// replicate draws how often every path occurs from the Poisson law with its
// observed number as mean, conversions and nulls apart, and runs the model again.
// Limits are quantiles of the replicates (Efron's percentile method). What a path
// brings per conversion is taken as it is, and persons as independent of each
// other.
type Bootstrap struct {
	Replicates int     // 20 to 100,000; 0 for 400
	Level      float64 // of the limits, between 0 and 1; 0 for 0.9
	Seed       uint64  // the same seed gives the same limits
}

// Limits are those of a channel's credit.
type Limits struct {
	Channel                              utm.ChannelGroup
	ConversionsFrom, ConversionsTo       float64
	ValueFrom, ValueTo                   float64
	ConversionShareFrom, ConversionShare float64 // of all conversions: lower limit and estimate
	ConversionShareTo                    float64
}

// Run returns the limits of each channel of the set, in order of their names.
func (b Bootstrap) Run(m Model, s *Set) ([]Limits, error) {
	if b.Replicates == 0 {
		b.Replicates = 400
	}
	if b.Level == 0 {
		b.Level = 0.9
	}
	switch {
	case b.Replicates < 20 || b.Replicates > 100_000:
		return nil, refuse("replicates", fmt.Errorf("%d, want 20 to 100000: %w", b.Replicates, flywheel.ErrOutOfRange))
	case !(b.Level > 0 && b.Level < 1):
		return nil, refuse("level", fmt.Errorf("%v is not between 0 and 1: %w", b.Level, flywheel.ErrOutOfRange))
	case m == nil:
		return nil, refuse("model", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	}
	estimate, err := m.Credit(s)
	if err != nil {
		return nil, err
	}
	n := len(s.channels)
	conversions, values, shares := make([][]float64, n), make([][]float64, n), make([][]float64, n)
	replicate := &Set{channels: s.channels, paths: slices.Clone(s.paths)}
	for k := range b.Replicates {
		random := rand.New(rand.NewPCG(b.Seed, uint64(k)))
		for i := range s.paths {
			from, to := &s.paths[i], &replicate.paths[i]
			to.conversions, to.nulls = poisson(from.conversions, random), poisson(from.nulls, random)
			to.value = 0
			if from.conversions > 0 {
				to.value = from.value / float64(from.conversions) * float64(to.conversions)
			}
		}
		if err := replicate.total(); err != nil {
			return nil, err
		}
		r, err := m.Credit(replicate)
		if err != nil {
			return nil, err
		}
		for c := range n {
			conversions[c] = append(conversions[c], r.Credits[c].Conversions)
			values[c] = append(values[c], r.Credits[c].Value)
			shares[c] = append(shares[c], r.Credits[c].Conversions/math.Max(float64(replicate.totals.conversions), 1))
		}
	}
	out := make([]Limits, n)
	low, high := (1-b.Level)/2, (1+b.Level)/2
	for c := range n {
		l := &out[c]
		l.Channel = s.channels[c]
		l.ConversionsFrom, l.ConversionsTo = quantile(conversions[c], low), quantile(conversions[c], high)
		l.ValueFrom, l.ValueTo = quantile(values[c], low), quantile(values[c], high)
		l.ConversionShareFrom, l.ConversionShareTo = quantile(shares[c], low), quantile(shares[c], high)
		l.ConversionShare = estimate.Credits[c].Conversions / math.Max(float64(s.totals.conversions), 1)
	}
	return out, nil
}

func poisson(mean int64, random *rand.Rand) int64 {
	if mean == 0 {
		return 0
	}
	return int64(distuv.Poisson{Lambda: float64(mean), Src: random}.Rand())
}

// quantile sorts and interpolates (Hyndman and Fan, 1996, definition 7).
func quantile(x []float64, p float64) float64 {
	slices.Sort(x)
	at := p * float64(len(x)-1)
	i := int(at)
	if i+1 >= len(x) {
		return x[len(x)-1]
	}
	return x[i] + float64((at-float64(i))*(x[i+1]-x[i]))
}
