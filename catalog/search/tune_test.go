package search_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search"
)

func TestTune(t *testing.T) {
	if os.Getenv("TUNE") == "" {
		t.Skip()
	}
	all := queries(t)
	index := relevanceIndex(t)
	r := search.DefaultRanking()
	eval := func(r search.Ranking) (float64, float64) {
		require.NoError(t, index.Configure(search.Settings{Ranking: &r}))
		c := measure(t, index, all, func(g *graded) string { return g.text })
		m := measure(t, index, all, func(g *graded) string { return g.typo })
		return mean(c), mean(m)
	}
	tail := 4.0
	type dim struct {
		name string
		at   func(*search.Ranking) *float64
		vals []float64
	}
	dims := []dim{
		{"K1", func(r *search.Ranking) *float64 { return &r.K1 }, []float64{.2, .3, .4, .6, .8, 1, 1.2, 1.6, 2, 3}},
		{"Title", func(r *search.Ranking) *float64 { return &r.Title }, []float64{1.5, 2, 2.5, 3, 4, 5, 6, 8, 12}},
		{"TitleLength", func(r *search.Ranking) *float64 { return &r.TitleLength }, []float64{0, .1, .2, .3, .4, .5, .6, .75}},
		{"Length", func(r *search.Ranking) *float64 { return &r.Length }, []float64{0, .2, .3, .4, .5, .6, .75, .9, 1}},
		{"Stem", func(r *search.Ranking) *float64 { return &r.Stem }, []float64{.8, .85, .9, .95, .98, 1}},
		{"OneTypo", func(r *search.Ranking) *float64 { return &r.OneTypo }, []float64{.05, .1, .2, .3, .4, .5, .6}},
		{"TwoTypos", func(r *search.Ranking) *float64 { return &r.TwoTypos }, []float64{.02, .05, .1, .2, .3, .4}},
		{"Joined", func(r *search.Ranking) *float64 { return &r.Joined }, []float64{.4, .6, .8, .9, 1}},
		{"Split", func(r *search.Ranking) *float64 { return &r.Split }, []float64{.2, .35, .5, .65, .8, 1}},
		{"Unknown", func(r *search.Ranking) *float64 { return &r.Unknown }, []float64{0, .1, .2, .3, .5, 1}},
		{"TitleShare", func(r *search.Ranking) *float64 { return &r.TitleShare }, []float64{.5, 1, 2, 3, 4, 6, 8}},
		{"AnyShare", func(r *search.Ranking) *float64 { return &r.AnyShare }, []float64{0, .5, 1, 2, 3, 4, 6, 8}},
		{"Phrase", func(r *search.Ranking) *float64 { return &r.Phrase }, []float64{0, .15, .3, .6, 1, 1.5, 2}},
		{"Nearby", func(r *search.Ranking) *float64 { return &r.Nearby }, []float64{0, .15, .3, .6, 1, 1.5}},
		{"Tail", func(r *search.Ranking) *float64 { return &tail }, []float64{1, 2, 3, 4, 5, 6, 8}},
		{"Ending", func(r *search.Ranking) *float64 { return &r.Ending }, []float64{0, .15, .3, .6, 1, 1.5, 2, 3}},
	}
	r = search.Ranking{K1: 0.3, Title: 2, TitleLength: 0.1, Length: 0.5, Stem: 0.98, OneTypo: 0.3, TwoTypos: 0.2, Prefix: 0.3, Joined: 0.6, Split: 0.3, Synonym: 0.85, Sound: 0.6, Unknown: 0.2, TitleShare: 3, AnyShare: 1, Phrase: 0.6, Nearby: 1.5, Ending: 1, Tail: 4}
	if os.Getenv("TUNE") == "t" {
		eval(search.DefaultRanking())
		per := measure(t, index, all, func(g *graded) string { return g.text })
		typ := measure(t, index, all, func(g *graded) string { return g.typo })
		slices.SortFunc(all, func(a, b graded) int { return cmp.Compare(typ[a.id]-per[a.id], typ[b.id]-per[b.id]) })
		for _, g := range all[:28] {
			res, _ := index.Search(search.Query{Text: g.typo, Limit: 3, Explain: true})
			fmt.Printf("%.3f %.3f %s | %s -> sugg %q\n", per[g.id], typ[g.id], g.text, g.typo, res.Suggestion)
			for _, h := range res.Hits[:min(2, len(res.Hits))] {
				fmt.Printf("      %v\n", h.Why.Words)
			}
		}
		return
	}
	if os.Getenv("TUNE") == "e" {
		eval(r)
		titles := map[string]string{}
		for _, p := range products(t) {
			titles[productID(p.ID)] = p.Title
		}
		per := measure(t, index, all, func(g *graded) string { return g.text })
		slices.SortFunc(all, func(a, b graded) int { return cmp.Compare(per[a.id], per[b.id]) })
		for _, g := range all[:60] {
			n3 := 0
			for _, x := range g.grades {
				if x == 3 {
					n3++
				}
			}
			fmt.Printf("\n## %s %.3f  judged %d, grade3 %d\n", g.text, per[g.id], len(g.grades), n3)
			res, _ := index.Search(search.Query{Text: g.text, Limit: 10})
			for _, h := range res.Hits {
				gr, ok := g.grades[h.ID]
				m := fmt.Sprint(gr)
				if !ok {
					m = "-"
				}
				fmt.Printf("  %s %.2f %s\n", m, h.Score, titles[h.ID])
			}
			k := 0
			for id, x := range g.grades {
				if x == 3 && k < 4 && !slices.ContainsFunc(res.Hits, func(h search.Hit) bool { return h.ID == id }) {
					k++
					fmt.Printf("     missed: %s\n", titles[id])
				}
			}
		}
		return
	}
	c, m := eval(r)
	best := c + .2*m
	fmt.Printf("start %.4f %.4f\n", c, m)
	for round := 0; round < 2; round++ {
		for _, d := range dims {
			keep := *d.at(&r)
			for _, v := range d.vals {
				*d.at(&r) = v
				r.Tail = int(tail)
				c, m := eval(r)
				if c+.2*m > best+1e-5 {
					best, keep = c+.2*m, v
					fmt.Printf("%s=%v %.4f %.4f\n", d.name, v, c, m)
				}
			}
			*d.at(&r) = keep
		}
	}
	fmt.Printf("%+v\n", r)
}
