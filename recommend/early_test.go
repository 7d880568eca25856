package recommend_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/recommend"
)

// What early stopping returns is what a fit of so many epochs gives, and no measurement
// was better; it ends Patience measurements after the best.
func TestFitEarly(t *testing.T) {
	m, exam := matrices(t, "time")
	for _, l := range []recommend.Iterative{recommend.IALS{Factors: 8, Epochs: 6, Alpha: 0.05, Lambda: 0.001}, recommend.BPR{Factors: 8, Epochs: 9, Rate: 0.3}}[:testkit.Often(2, 1)] {
		got, err := recommend.FitEarly(l, m, exam, recommend.EarlyStopping{Every: 2})
		require.NoError(t, err)
		t.Logf("%v: %d epochs, %.4f", l, got.Epochs, got.Curve)
		again, err := got.Learner.Fit(m)
		require.NoError(t, err)
		h := recommend.History{{Item: 3, Weight: 1}, {Item: 70, Weight: 1}}
		require.Equal(t, score(again, h), score(got.Scorer, h))
		for _, ndcg := range got.Curve {
			assert.LessOrEqual(t, ndcg, got.NDCG)
		}
		outcome, err := exam.Run(got.Scorer, 10)
		require.NoError(t, err)
		assert.InDelta(t, outcome.NDCG, got.NDCG, 1e-4)
		one, err := recommend.FitEarly(l, m, exam, recommend.EarlyStopping{Every: 3, Passes: 1})
		require.NoError(t, err)
		assert.Len(t, one.Curve, 1)
		assert.Equal(t, 3, one.Epochs)
	}
	_, err := recommend.FitEarly(recommend.IALS{Factors: -1}, m, exam, recommend.EarlyStopping{})
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = recommend.FitEarly(recommend.IALS{}, m, exam, recommend.EarlyStopping{Every: -1})
	assert.ErrorIs(t, err, flywheel.ErrOutOfRange)
	empty, err := recommend.NewExam(m, nil)
	require.NoError(t, err)
	_, err = recommend.FitEarly(recommend.IALS{}, m, empty, recommend.EarlyStopping{})
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
}

func ExampleFitEarly() {
	var train, held []recommend.Choice
	for n := range 40 {
		who := recommend.Actor{Customer: flywheel.CustomerID(fmt.Sprint(n))}
		for i := range 3 {
			train = append(train, recommend.Choice{Actor: who, Item: flywheel.SKU(fmt.Sprint(n%2*4 + (n/2+i)%4))})
		}
		held = append(held, recommend.Choice{Actor: who, Item: flywheel.SKU(fmt.Sprint(n%2*4 + (n/2+3)%4))})
	}
	m, err := recommend.NewMatrix(train)
	if err != nil {
		panic(err)
	}
	exam, err := recommend.NewExam(m, held)
	if err != nil {
		panic(err)
	}
	got, err := recommend.FitEarly(recommend.IALS{Factors: 4, Epochs: 100}, m, exam, recommend.EarlyStopping{K: 1, Every: 1})
	fmt.Println(got.Learner, len(got.Curve), err)
	// Output: iALS (4 factors, alpha 0.3, lambda 0.01, nu 1, 1 epochs) 3 <nil>
}
