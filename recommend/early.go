package recommend

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Iterative is a [Learner] that goes over its Matrix again and again: [IALS] and [BPR].
type Iterative interface {
	Learner
	// FitEach is Fit, and calls after with what was learned by every so many epochs, and
	// by the last: an immutable Scorer of its own. When after reports true, it is the
	// result. With every 0 after is not called.
	FitEach(m *Matrix, every int, after func(epoch int, s Scorer) (stop bool)) (Scorer, error)
	// WithEpochs returns the same Learner with another number of epochs.
	WithEpochs(n int) Iterative
}

// WithEpochs implements [Iterative].
func (a IALS) WithEpochs(n int) Iterative { a.Epochs = n; return a }

// WithEpochs implements [Iterative].
func (b BPR) WithEpochs(n int) Iterative { b.Epochs = n; return b }

// due reports whether an epoch is one of every so many, or the last.
func due(epoch, every, epochs int) bool {
	return every > 0 && (epoch%every == 0 || epoch == epochs)
}

// EarlyStopping says when [FitEarly] stops. Fields that are zero take the value that
// their comment gives.
type EarlyStopping struct {
	// K is the length of the lists whose NDCG decides: 10.
	K int
	// Every is after how many epochs it is measured: 4.
	Every int
	// Patience is how many measurements in a row may be no better than the best: 1.
	Patience int
	// Passes is the most measurements: no end.
	Passes int
}

// Stopped is what [FitEarly] found.
type Stopped struct {
	// Scorer was best on the questions, after Epochs, with NDCG.
	Scorer Scorer
	Epochs int
	NDCG   float64
	// Learner fits as many epochs, on other data.
	Learner Iterative
	// Curve holds the NDCG of each measurement: the passes over the questions.
	Curve []float64
}

// FitEarly fits l on m for as long as what it learns gets better on questions that it has
// not seen, and returns the best: so that more epochs than are good for the data cost
// little and do no harm. The same data give the same result on any machine.
func FitEarly(l Iterative, m *Matrix, e Questions, cfg EarlyStopping) (*Stopped, error) {
	for _, p := range []struct {
		name  string
		value int
	}{{"K", cfg.K}, {"Every", cfg.Every}, {"Patience", cfg.Patience}, {"Passes", cfg.Passes}} {
		if p.value < 0 {
			return nil, paramError("EarlyStopping", p.name, p.value)
		}
	}
	if e.Cases() == 0 {
		return nil, fmt.Errorf("recommend: early stopping without a question: %w", flywheel.ErrInvalid)
	}
	cfg.K, cfg.Every, cfg.Patience = orDefault(cfg.K, 10), orDefault(cfg.Every, 4), orDefault(cfg.Patience, 1)
	out := &Stopped{NDCG: -1}
	var failed error
	waited := 0
	_, err := l.FitEach(m, cfg.Every, func(epoch int, s Scorer) bool {
		_, ndcg, err := FitWeights(e, cfg.K, s)
		if err != nil {
			failed = err
			return true
		}
		out.Curve = append(out.Curve, ndcg)
		if waited++; ndcg > out.NDCG {
			out.Scorer, out.Epochs, out.NDCG, waited = s, epoch, ndcg, 0
		}
		return waited > cfg.Patience || len(out.Curve) == cfg.Passes
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	out.Learner = l.WithEpochs(out.Epochs)
	return out, nil
}
