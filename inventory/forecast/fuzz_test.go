package forecast

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"testing"
)

// FuzzModels feeds every model with any eight bytes as observations: each
// either refuses with a typed error or gives finite figures.
func FuzzModels(f *testing.F) {
	f.Add([]byte{}, 0, 3)
	f.Add(bytesOf(1, 2, 3, 4, 5, 6, 7, 8), 4, 5)
	f.Add(bytesOf(0, 0, 5, 0, 0, 0, 2, 0), 0, 1)
	f.Add(bytesOf(5e-324, 1e-300, 0, 1e-160), 2, 2)
	f.Add(bytesOf(1e100, -1e100, 1e100, 1e-100, 3), 2, 20)
	f.Add(bytesOf(7, 7, 7, 7, 7, 7, 7), 3, 4)
	f.Add(bytesOf(math.NaN(), math.Inf(1)), -1, 0)
	f.Add(bytesOf(1e99, 2e99, 1, 1e99, 2e99, 1, 1e99, 2e99, 1), 3, 9)
	f.Fuzz(func(t *testing.T, data []byte, season, horizon int) {
		if len(data) > 8*64 {
			return
		}
		s := Series{ID: "fuzz", Season: season}
		for len(data) >= 8 {
			s.Values = append(s.Values, math.Float64frombits(binary.LittleEndian.Uint64(data)))
			data = data[8:]
		}
		if horizon > 50 {
			horizon = 50
		}
		for _, m := range slices.Concat(everyModel, wrapped, []Model{Counts{}}) {
			fit, err := m.Fit(s)
			if err != nil {
				requireTyped(t, m, err)
				continue
			}
			finite(t, m, "fitted", fit.Fitted...)
			finite(t, m, "sigma", fit.Sigma)
			for _, p := range fit.Parameters {
				finite(t, m, p.Name, p.Value)
			}
			if l, ok := fit.Likelihood(); ok {
				finite(t, m, "likelihood", l.LogLik, l.AIC, l.BIC)
			}
			next, err := fit.Forecast(horizon, 0.8, 0.999)
			if err != nil {
				requireTyped(t, m, err)
				continue
			}
			finite(t, m, "mean", next.Mean...)
			for _, v := range next.Intervals {
				finite(t, m, "interval", v.Lower...)
				finite(t, m, "interval", v.Upper...)
			}
			if paths, err := fit.Paths(3, horizon, 1); err == nil {
				for _, path := range paths {
					finite(t, m, "path", path...)
				}
			} else {
				requireTyped(t, m, err)
			}
			if mean, sd, err := fit.Total(horizon); err == nil {
				finite(t, m, "total", mean, sd)
			}
			if c, err := fit.Components(horizon); err == nil {
				finite(t, m, "components", c.Level...)
			} else {
				requireTyped(t, m, err)
			}
			if err := fit.Update(s.Values[0], 3, 0); err != nil {
				requireTyped(t, m, err)
				continue
			}
			finite(t, m, "updated", fit.Fitted...)
			finite(t, m, "updated sigma", fit.Sigma)
		}
	})
}

func requireTyped(t *testing.T, m Model, err error) {
	t.Helper()
	if _, ok := errors.AsType[*SeriesError](err); ok {
		return
	}
	if _, ok := errors.AsType[*SettingError](err); !ok {
		t.Fatalf("%s: untyped error %v", label(m), err)
	}
}

func finite(t *testing.T, m Model, what string, values ...float64) {
	t.Helper()
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%s: %s[%d] is %g", label(m), what, i, v)
		}
	}
}

func bytesOf(values ...float64) []byte {
	var data []byte
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return data
}
