package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// kind is a generator of series of one sort, with what follows them.
type kind struct {
	name    string
	season  int
	n       int // observations
	horizon int
	make    func(r *rand.Rand, n int) []float64
}

// kinds are what shops have and M3 has not: long series, two seasons, breaks, closed days.
var kinds = []kind{
	{"days with week and year", 7, 1096, 28, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.006, 0.12, pattern(r, 7, 0.3), pattern(r, 365, 0.4))
	}},
	{"days of two years", 7, 730, 28, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.01, 0.2, pattern(r, 7, 0.3), pattern(r, 365, 0.3))
	}},
	{"days with week", 7, 400, 14, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.02, 0.15, pattern(r, 7, 0.4))
	}},
	{"days with breaks", 7, 500, 14, func(r *rand.Rand, n int) []float64 {
		return broken(r, exponential(r, n, 0.004, 0.12, pattern(r, 7, 0.3)))
	}},
	{"days closed once a week", 7, 500, 14, func(r *rand.Rand, n int) []float64 {
		values := exponential(r, n, 0.01, 0.2, pattern(r, 7, 0.3))
		day := r.IntN(7)
		for i := range values {
			if i%7 == day {
				values[i] = 0
			}
		}
		return values
	}},
	{"days with a moving week", 7, 400, 14, func(r *rand.Rand, n int) []float64 {
		week, values := pattern(r, 7, 0.3), make([]float64, n)
		for i := range values {
			week[i%7] += 0.05 * r.NormFloat64()
			values[i] = 300 * math.Exp(week[i%7]+0.02*r.NormFloat64())
		}
		return values
	}},
	{"hours with day", 24, 672, 48, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.01, 0.1, pattern(r, 24, 0.6))
	}},
	{"hours with day and week", 24, 1008, 48, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.002, 0.08, pattern(r, 24, 0.5), slow(pattern(r, 7, 0.4), 24))
	}},
	{"weeks with year", 52, 260, 13, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.015, 0.1, pattern(r, 52, 0.4))
	}},
	{"weeks without season", 52, 208, 13, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.03, 0.15)
	}},
	{"months with year", 12, 96, 12, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.02, 0.06, pattern(r, 12, 0.4))
	}},
	{"months with breaks", 12, 120, 12, func(r *rand.Rand, n int) []float64 {
		return broken(r, exponential(r, n, 0.01, 0.06, pattern(r, 12, 0.3)))
	}},
	{"long months", 12, 300, 12, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.02, 0.06, pattern(r, 12, 0.4))
	}},
	{"quarters", 4, 48, 8, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.03, 0.05, pattern(r, 4, 0.3))
	}},
	{"a walk", 1, 150, 8, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.03, 0.02)
	}},
	{"noise", 1, 150, 8, func(r *rand.Rand, n int) []float64 {
		return exponential(r, n, 0.002, 0.2)
	}},
	{"weeks of rare demand", 1, 104, 8, func(r *rand.Rand, n int) []float64 {
		values, often, size := make([]float64, n), 0.15+0.35*r.Float64(), 1+9*r.Float64()
		for i := range values {
			if r.Float64() < often {
				values[i] = 1 + math.Floor(size*r.ExpFloat64())
			}
		}
		return values
	}},
}

// pattern is a smooth season of m places with some roughness, of mean zero.
func pattern(r *rand.Rand, m int, size float64) []float64 {
	p, mean := make([]float64, m), 0.0
	a, b, phase := size*(0.5+r.Float64()), size*r.Float64()/2, 2*math.Pi*r.Float64()
	for i := range p {
		angle := 2 * math.Pi * float64(i) / float64(m)
		p[i] = a*math.Sin(angle+phase) + b*math.Sin(2*angle+phase*phase)
		if m <= 52 {
			p[i] += 0.25 * size * r.NormFloat64()
		}
		mean += p[i] / float64(m)
	}
	for i := range p {
		p[i] -= mean
	}
	return p
}

// slow keeps each place of a season for so many periods.
func slow(p []float64, periods int) []float64 {
	var long []float64
	for _, v := range p {
		long = append(long, slices.Repeat([]float64{v}, periods)...)
	}
	return long
}

// exponential is the exponential of a walk with a small drift, seasons and noise, of
// which the third part is remembered.
func exponential(r *rand.Rand, n int, walk, noise float64, seasons ...[]float64) []float64 {
	values := make([]float64, n)
	level, drift, last := math.Log(100+900*r.Float64()), walk*0.1*r.NormFloat64(), 0.0
	start := r.IntN(365)
	for i := range values {
		level += drift + walk*r.NormFloat64()
		last = 0.3*last + noise*r.NormFloat64()
		v := level + last
		for _, s := range seasons {
			v += s[(start+i)%len(s)]
		}
		values[i] = math.Round(100*math.Exp(v)) / 100
	}
	return values
}

// broken multiplies what comes after some moment of the second half by a factor.
func broken(r *rand.Rand, values []float64) []float64 {
	at := len(values)/2 + r.IntN(len(values)*2/5)
	factor := math.Exp(r.NormFloat64() * 0.5)
	for i := at; i < len(values); i++ {
		values[i] *= factor
	}
	return values
}

// generated returns n series of a kind.
func (k kind) generated(n int, seed uint64) []item {
	all := make([]item, n)
	for i := range all {
		values := k.make(rand.New(rand.NewPCG(seed, uint64(i))), k.n+k.horizon)
		s := forecast.Series{Values: values[:k.n], Season: k.season}
		all[i] = item{Series: s, class: k.name, horizon: k.horizon, actual: values[k.n:]}
	}
	return all
}
