package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/crowd"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/examples/store/wheel"
)

// simulation is what the flags say of shoppers who are none.
type simulation struct {
	shoppers, worlds int
	speed            float64
	seed             uint64
	policies         []wheel.Policy
}

func (m *simulation) flags(flags *flag.FlagSet) {
	flags.IntVar(&m.shoppers, "shoppers", 0, "`number` of simulated shoppers who use the store")
	flags.Float64Var(&m.speed, "speed", 1, "how many `times` as fast as on the wall time passes in the store; choose a store of its own for it")
	flags.Uint64Var(&m.seed, "seed", 1, "`number` that simulated shoppers are drawn from")
	flags.IntVar(&m.worlds, "worlds", 20, "`number` of shops in which policies are compared")
	flags.Func("policy", "`file` in JSON of a policy; given twice, the two are compared over the same shoppers, and no store is opened", func(name string) error {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		p, err := wheel.ReadPolicy(f)
		m.policies = append(m.policies, p)
		return err
	})
}

// compare prints what a policy changes.
func (m *simulation) compare(ctx context.Context, out io.Writer) error {
	if len(m.policies) != 2 {
		return fmt.Errorf("-policy: two are compared, not %d: %w", len(m.policies), flywheel.ErrInvalid)
	}
	c := wheel.Default
	if m.shoppers > 0 {
		c.Shoppers = m.shoppers
	}
	list, err := wheel.WhatIf(ctx, c, m.policies[0], m.policies[1], m.seed, m.worlds)
	if err != nil {
		return err
	}
	return wheel.WriteDifferences(out, list)
}

// clock runs as fast as the simulation says.
func (m *simulation) clock() (func() time.Time, error) {
	if !(m.speed > 0 && m.speed <= 1e6) || m.shoppers < 0 {
		return nil, fmt.Errorf("-shoppers %d -speed %v: %w", m.shoppers, m.speed, flywheel.ErrOutOfRange)
	}
	if m.speed == 1 {
		return time.Now, nil
	}
	began := time.Now()
	return func() time.Time { return began.Add(time.Duration(float64(time.Since(began)) * m.speed)) }, nil
}

// crowd lets the shoppers in until ctx ends.
func (m *simulation) crowd(ctx context.Context, shop *page.Shop, site *web.Site, password string, log *slog.Logger) error {
	if m.shoppers == 0 {
		return nil
	}
	c := &crowd.Crowd{Store: site, Shoppers: m.shoppers, Seed: m.seed, Now: shop.Now, Speed: m.speed, Desk: password, Log: log, Letters: func(to string) (list []crowd.Letter) {
		for _, l := range shop.Outbox.Mails(to) {
			list = append(list, crowd.Letter{ID: l.ID, Subject: l.Subject, Text: l.Text, At: l.At})
		}
		return list
	}}
	err := c.Run(ctx)
	log.Info("the shoppers have gone", "counts", c.Counts())
	return errors.Join(err)
}
