package wheel

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/flywheel-go/flywheel"
)

// Balance is how a shop stands after sixteen weeks under a policy.
type Balance struct {
	// Margin is what a visitor brought, in EUR: what was paid less the goods, the parcels, what
	// came back, what the stock cost to hold, and points that were spent.
	Margin float64
	// Service is the share of wanted goods that were there.
	Service float64
	// Liability is what the points are worth that customers hold, in EUR.
	Liability float64
}

// Difference is a figure under two policies, over the same seeds: B less A, with the interval that
// holds it with 95 %, by Student's t over the seeds' differences.
type Difference struct {
	Name         string
	A, B         float64
	Mean         float64
	Lower, Upper float64
}

// WhatIf lets the same people live through the shop under two policies, in worlds of seeds
// seed..seed+n-1, and compares how it stands. n is at least 2.
func WhatIf(ctx context.Context, c Config, a, b Policy, seed uint64, n int) ([]Difference, error) {
	if n < 2 {
		return nil, fmt.Errorf("what-if: %d worlds; an interval needs two: %w", n, flywheel.ErrOutOfRange)
	}
	results := make([][2]Balance, n)
	err := each(ctx, 2*n, func(i int) error {
		c := c
		c.Policy = a
		if i%2 == 1 {
			c.Policy = b
		}
		c.modes = c.Policy.modes()
		w, err := live(c, seed+uint64(i/2))
		if err == nil {
			results[i/2][i%2], err = w.balance()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(0.975)
	var list []Difference
	for _, figure := range []struct {
		name string
		of   func(*Balance) float64
	}{
		{"margin per visitor", func(b *Balance) float64 { return b.Margin }},
		{"service", func(b *Balance) float64 { return b.Service }},
		{"liability", func(b *Balance) float64 { return b.Liability }},
	} {
		d := Difference{Name: figure.name}
		var all []float64
		for i := range results {
			x, y := figure.of(&results[i][0]), figure.of(&results[i][1])
			d.A += x / float64(n)
			d.B += y / float64(n)
			all = append(all, y-x)
		}
		mean, se := meanAndError(all)
		d.Mean, d.Lower, d.Upper = mean, mean-float64(t*se), mean+float64(t*se)
		list = append(list, d)
	}
	return list, nil
}

// balance reads off how the shop stands.
func (w *World) balance() (b Balance, err error) {
	b.Margin = float64(w.sales.margin-w.sales.holding) / 100 / float64(len(w.people))
	if w.room.wanted > 0 {
		b.Service = float64(w.room.served) / float64(w.room.wanted)
	}
	if w.points == nil {
		return b, nil
	}
	for member, err := range w.points.Members(ctx) {
		if err != nil {
			return b, err
		}
		balance, err := w.points.BalanceAt(ctx, member, w.now)
		if err != nil {
			return b, err
		}
		b.Liability += float64((balance.Available+balance.Pending)*w.policy.PointValue) / 100
	}
	return b, nil
}

// WriteDifferences writes the table of a comparison.
func WriteDifferences(to io.Writer, list []Difference) error {
	t := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tA\tB\tB - A\tfrom\tto\t")
	for _, d := range list {
		fmt.Fprintf(t, "%s\t%.4f\t%.4f\t%+.4f\t%+.4f\t%+.4f\t\n", d.Name, d.A, d.B, d.Mean, d.Lower, d.Upper)
	}
	return t.Flush()
}
