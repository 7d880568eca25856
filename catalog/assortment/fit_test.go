package assortment_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/assortment"
)

// observe lets customers choose from random offers of a model.
func observe(t *testing.T, r *rand.Rand, model interface {
	Choose([]int) (assortment.Choice, error)
}, products, offers, customers int) []assortment.Observation {
	var obs []assortment.Observation
	for range offers {
		var o assortment.Observation
		for i := range products {
			if r.IntN(3) > 0 {
				o.Offer = append(o.Offer, i)
			}
		}
		c, err := model.Choose(o.Offer)
		require.NoError(t, err)
		o.Sales = make([]float64, len(o.Offer))
		for range customers {
			u := r.Float64()
			k := 0
			for k < len(c.Buy) && u >= c.Buy[k] {
				u -= c.Buy[k]
				k++
			}
			if k < len(c.Buy) {
				o.Sales[k]++
			} else {
				o.NoPurchase++
			}
		}
		obs = append(obs, o)
	}
	return obs
}

// The estimates lie within their standard errors of the truth: the squared errors
// over many parameters average about 1.
func TestFitNested(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 10))
	truth := assortment.Nested{
		Weight: []float64{1.2, 0.7, 2.0, 0.9, 1.5, 0.6}, Nest: []int{0, 0, 0, 1, 1, 1}, Dissimilarity: []float64{0.5, 0.8}, NoPurchase: 1,
	}
	total, n := 0.0, 0.0
	for range 6 {
		obs := observe(t, r, truth, 6, 60, 200)
		fit, err := assortment.FitNested(obs, truth.Nest)
		require.NoError(t, err)
		require.GreaterOrEqual(t, fit.LogLikelihood, logLikelihood(t, truth, obs)-1e-6)
		for i, u := range fit.Utility {
			z := (u - math.Log(truth.Weight[i])) / fit.StdErr[i]
			total, n = total+z*z, n+1
		}
		for k, g := range fit.Model.Dissimilarity {
			z := (g - truth.Dissimilarity[k]) / fit.DissimilarityErr[k]
			total, n = total+z*z, n+1
		}
	}
	t.Logf("mean squared error %.2f of its expectation", total/n)
	require.InDelta(t, 1, total/n, 0.6)
	_, err := assortment.FitNested([]assortment.Observation{{Offer: []int{0, 1}, Sales: []float64{3, 4}, NoPurchase: 5}}, []int{0, 1})
	require.ErrorIs(t, err, assortment.ErrUnidentified)
}

func TestFitMixture(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 11))
	truth := assortment.Mixture{
		Classes: []assortment.MNL{{Utility: []float64{2, 1.5, -1.5, -2}}, {Utility: []float64{-1.5, -2, 2, 1.5}}}, Share: []float64{0.65, 0.35},
	}
	total, n := 0.0, 0.0
	for range 3 {
		obs := observe(t, r, truth, 4, 80, 300)
		fit, err := assortment.FitMixture(obs, 4, 2, 0)
		require.NoError(t, err)
		require.GreaterOrEqual(t, fit.LogLikelihood, logLikelihood(t, truth, obs)-1e-6)
		for c := range truth.Classes {
			for i, u := range truth.Classes[c].Utility {
				z := (fit.Model.Classes[c].Utility[i] - u) / fit.StdErr[c][i]
				total, n = total+z*z, n+1
			}
		}
		z := (fit.Model.Share[0] - 0.65) / fit.ShareErr[0]
		total, n = total+z*z, n+1
	}
	t.Logf("mean squared error %.2f of its expectation", total/n)
	require.InDelta(t, 1, total/n, 0.75)
}

func TestFitRefuses(t *testing.T) {
	obs := []assortment.Observation{{Offer: []int{0, 1}, Sales: []float64{3, 4}, NoPurchase: 5}}
	_, err := assortment.FitMNL(obs, 3, 0)
	require.ErrorIs(t, err, assortment.ErrUnidentified, "never offered")
	_, err = assortment.FitMNL([]assortment.Observation{{Offer: []int{0, 1}, Sales: []float64{3, 0}, NoPurchase: 5}}, 2, 0)
	require.ErrorIs(t, err, assortment.ErrUnidentified, "never sold")
	_, err = assortment.FitMNL([]assortment.Observation{{Offer: []int{0, 1}, Sales: []float64{3, 1}}}, 2, 0)
	require.ErrorIs(t, err, assortment.ErrUnidentified, "always bought")
	_, err = assortment.FitMNL([]assortment.Observation{{Offer: []int{0, 0}, Sales: []float64{3, 1}, NoPurchase: 1}}, 1, 0)
	require.ErrorIs(t, err, assortment.ErrInput)
}
