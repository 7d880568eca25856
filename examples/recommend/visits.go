package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/flywheel-go/flywheel/recommend"
)

// visits learns from sessions.
func (o *options) visits(ctx context.Context, stdout, stderr io.Writer) error {
	var train, valid, test []recommend.Session
	for _, f := range []struct {
		file string
		into *[]recommend.Session
	}{{o.train, &train}, {o.valid, &valid}, {o.test, &test}} {
		if f.file == "" {
			continue
		}
		var err error
		if *f.into, err = o.visitsOf(f.file); err != nil {
			return err
		}
	}
	chosen, err := o.learnVisits(ctx, train, valid, stderr)
	if err != nil {
		return err
	}
	fmt.Fprintln(stderr, chosen)
	exam := recommend.NewSessionExam(chosen.Matrix, test)
	outcome, err := exam.Run(chosen.Scorer, o.k)
	if err != nil {
		return err
	}
	if o.out != "" {
		var rows [][]string
		for _, l := range outcome.Lists {
			for rank, item := range l.Items {
				rows = append(rows, []string{test[l.Session].ID, strconv.Itoa(l.Position + 1), strconv.Itoa(rank + 1),
					string(chosen.Matrix.Index().SKU(item)), number(l.Scores[rank])})
			}
		}
		if err := writeTable(o.out, []string{"session", "position", "rank", "item", "score"}, rows); err != nil {
			return err
		}
	}
	if o.explain != "" {
		for _, s := range append(test, train...) {
			if s.ID != o.explain {
				continue
			}
			h, _ := chosen.Matrix.Index().HistoryOf(s.Items...)
			return explain(chosen, h, h[max(0, len(h)-1):], o.k, stdout)
		}
		return fmt.Errorf("-explain: there is no session %q", o.explain)
	}
	if !o.eval {
		return nil
	}
	out := map[string]any{
		"model": chosen.Learner.String(), "validation": chosen.How, "fits": chosen.Fits, "passes": chosen.Passes,
		"validation_ndcg": chosen.NDCG, "validation_ndcg_popularity": chosen.Popularity,
		"predictions": outcome.Cases, "items": chosen.Matrix.Index().Len(),
	}
	for _, k := range []int{o.k, 20} {
		if outcome.K != k {
			if outcome, err = exam.Run(chosen.Scorer, k); err != nil {
				return err
			}
		}
		at := func(name string, v float64) { out[fmt.Sprintf("%s@%d", name, k)] = v }
		at("hit_rate", outcome.HitRate)
		at("mrr", outcome.MRR)
		at("precision", outcome.Precision)
		at("recall", outcome.Recall)
		at("ndcg", outcome.NDCG)
		at("coverage", outcome.Coverage)
	}
	enc := json.NewEncoder(stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func (o *options) learnVisits(ctx context.Context, train, valid []recommend.Session, stderr io.Writer) (*recommend.Chosen, error) {
	if o.model == "auto" {
		chosen, err := recommend.Auto{K: o.k, KeepValid: !o.refit, Cancel: ctx.Done()}.LearnSessions(train, valid)
		if err != nil {
			return nil, err
		}
		for _, t := range chosen.Trials {
			fmt.Fprintf(stderr, "%.4f %s\n", t.NDCG, t.Model)
		}
		return chosen, nil
	}
	if o.refit {
		train = append(append([]recommend.Session{}, train...), valid...)
	}
	m, err := recommend.SessionMatrix(train)
	if err != nil {
		return nil, err
	}
	return fitted(models[o.model], m, o.k)
}
