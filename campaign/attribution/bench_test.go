package attribution_test

import (
	"testing"

	"github.com/flywheel-go/flywheel/campaign/attribution"
)

func BenchmarkMarkov(b *testing.B) {
	s := pathSet(b)
	for _, m := range []struct {
		name string
		m    attribution.Markov
	}{{"order=1", attribution.Markov{Order: 1}}, {"order=2", attribution.Markov{Order: 2}}, {"order=3", attribution.Markov{Order: 3}}, {"order=4", attribution.Markov{Order: 4}}} {
		b.Run(m.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.m.Solve(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
func BenchmarkNewSet(b *testing.B) {
	p := pathData(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := attribution.NewSet(p); err != nil {
			b.Fatal(err)
		}
	}
}
