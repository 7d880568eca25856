package normal

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)) {
		t.Errorf("%s = %.17g, want %.17g", what, got, want)
	}
}

// Values by mpmath 1.x with 60 digits: erfc(z/sqrt(2))/2, npdf(z) - z*Q(z) and
// ((z*z + 1)*Q(z) - z*npdf(z))/2.
func TestTails(t *testing.T) {
	for _, c := range []struct{ z, upper, loss, second float64 }{
		{-8, 0.99999999999999938, 8.0000000000000001, 32.5},
		{-1.5, 0.93319279873114193, 1.5293067937626046, 1.6135764946875244},
		{0, 0.5, 0.39894228040143268, 0.25},
		{0.75, 0.2266273523768682, 0.13116691787215326, 0.064126081986376629},
		{2.9375, 0.0016543508595475073, 0.00047574308166551193, 0.000128427778577533},
		{3, 0.0013498980316300945, 0.0003821543170477236, 0.00010171754024346187},
		{4.25, 1.068852577493442e-5, 2.2924019977336584e-6, 4.7290864228318604e-7},
		{8, 6.2209605742717841e-16, 7.5502624119464989e-17, 9.0375322357292496e-18},
		{20, 2.7536241186062337e-89, 1.3700124947295799e-90, 6.7995645735369044e-92},
		{37, 5.7255712225245768e-300, 1.5451991905122025e-301, 4.1671088147138617e-303},
	} {
		conditioning := 1e-15 * (1 + c.z*c.z) // z carries a relative error of one rounding
		near(t, "Upper", Upper(c.z), c.upper, conditioning)
		near(t, "Lower", Lower(-c.z), c.upper, conditioning)
		near(t, "Loss", Loss(c.z), c.loss, 2e-13)
		near(t, "SecondLoss", SecondLoss(c.z), c.second, 1e-11)
		if g := Loss(c.z); g > 1e-300 {
			if got := InverseLoss(g); math.Abs(got-c.z) > 1e-12 {
				t.Errorf("InverseLoss(%g) = %.17g, want %g", g, got, c.z)
			}
		}
	}
}

// Values by mpmath.findroot on log(erfc(-z/sqrt(2))/2) - log(p).
func TestQuantile(t *testing.T) {
	for _, c := range []struct{ p, z float64 }{
		{1e-300, -37.047096299361199},
		{1e-30, -11.464024688443616},
		{1e-9, -5.9978070150076869},
		{0.001, -3.0902323061678135},
		{0.025, -1.9599639845400542},
		{0.2, -0.84162123357291417},
		{0.5, 0},
		{0.75, 0.67448975019608174},
		{0.975, 1.9599639845400539},
		{0.999, 3.0902323061678133},
	} {
		near(t, "Quantile", Quantile(c.p), c.z, 2e-15)
	}
	for _, p := range []float64{-1, 2, math.NaN()} {
		if z := Quantile(p); !math.IsNaN(z) {
			t.Errorf("Quantile(%g) = %g, want NaN", p, z)
		}
	}
	if !math.IsInf(Quantile(0), -1) || !math.IsInf(Quantile(1), 1) {
		t.Error("the ends of Quantile are not infinite")
	}
}

func TestInverseLossEnds(t *testing.T) {
	if !math.IsInf(InverseLoss(0), 1) || !math.IsNaN(InverseLoss(-1)) || InverseLoss(1e6) != -1e6 {
		t.Error("InverseLoss is wrong at its ends")
	}
	for g := 5e-324; g < 1e3; g *= 1.7 {
		z := InverseLoss(g)
		if math.IsNaN(z) || math.IsInf(z, 0) {
			t.Fatalf("InverseLoss(%g) = %g", g, z)
		}
		if g > 1e-290 {
			near(t, "Loss(InverseLoss(g))", Loss(z), g, 1e-12)
		}
	}
}
