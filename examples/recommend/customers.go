package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/recommend"
)

// parts are the tables of the command line.
type parts struct{ train, valid, test []recommend.Choice }

func (o *options) parts() (p parts, err error) {
	if o.train == "" {
		return cornerShop(), nil
	}
	for _, f := range []struct {
		file string
		into *[]recommend.Choice
	}{{o.train, &p.train}, {o.valid, &p.valid}, {o.test, &p.test}} {
		if f.file == "" {
			continue
		}
		if *f.into, err = o.choices(f.file); err != nil {
			return p, err
		}
	}
	return p, nil
}

// customers learns from users and their histories.
func (o *options) customers(ctx context.Context, stdout, stderr io.Writer) error {
	p, err := o.parts()
	if err != nil {
		return err
	}
	chosen, err := o.learn(ctx, p, stderr)
	if err != nil {
		return err
	}
	report := stderr
	if o.train == "" {
		report = stdout
	}
	fmt.Fprintln(report, chosen)
	who := asked(p, chosen.Matrix)
	if o.out != "" {
		if err := o.writeLists(chosen, who); err != nil {
			return err
		}
	}
	if o.train == "" && !o.eval && o.explain == "" {
		o.explain = "user 7"
	}
	if o.explain != "" {
		if err := o.why(chosen, stdout); err != nil {
			return err
		}
	}
	if o.eval {
		return o.measure(chosen, p, stdout)
	}
	return nil
}

// learn chooses a model, or fits the one that is named.
func (o *options) learn(ctx context.Context, p parts, stderr io.Writer) (*recommend.Chosen, error) {
	if o.model == "auto" {
		chosen, err := recommend.Auto{K: o.k, KeepValid: !o.refit, Cancel: ctx.Done()}.Learn(p.train, p.valid)
		if err != nil {
			return nil, err
		}
		for _, t := range chosen.Trials {
			if t.Failed != "" {
				fmt.Fprintf(stderr, "%s: %s\n", t.Model, t.Failed)
				continue
			}
			fmt.Fprintf(stderr, "%.4f %s\n", t.NDCG, t.Model)
		}
		return chosen, nil
	}
	all := p.train
	if o.refit {
		all = append(append([]recommend.Choice{}, p.train...), p.valid...)
	}
	m, err := recommend.NewMatrix(all)
	if err != nil {
		return nil, err
	}
	return fitted(models[o.model], m, o.k)
}

// fitted is what was chosen by name.
func fitted(l recommend.Learner, m *recommend.Matrix, k int) (*recommend.Chosen, error) {
	s, err := l.Fit(m)
	if err != nil {
		return nil, err
	}
	return &recommend.Chosen{Scorer: s, Learner: l, Matrix: m, K: k, How: "none, the model was named"}, nil
}

// asked returns who gets a list: the users of the test part, or else all.
func asked(p parts, m *recommend.Matrix) []flywheel.CustomerID {
	from := p.test
	if len(from) == 0 {
		from = m.Choices()
	}
	seen := map[flywheel.CustomerID]bool{}
	var out []flywheel.CustomerID
	for _, c := range from {
		if !seen[c.Actor.Customer] {
			seen[c.Actor.Customer] = true
			out = append(out, c.Actor.Customer)
		}
	}
	return out
}

// writeLists writes one ranked list for each user.
func (o *options) writeLists(chosen *recommend.Chosen, who []flywheel.CustomerID) error {
	var held []recommend.Choice
	for _, id := range who {
		// What is looked for does not matter for a list.
		held = append(held, recommend.Choice{Actor: recommend.Actor{Customer: id}})
	}
	exam, err := recommend.NewExam(chosen.Matrix, held)
	if err != nil {
		return err
	}
	outcome, err := exam.Run(chosen.Scorer, o.k)
	if err != nil {
		return err
	}
	var rows [][]string
	for n, list := range outcome.Lists {
		for rank, item := range list {
			rows = append(rows, []string{string(who[n]), strconv.Itoa(rank + 1), string(chosen.Matrix.Index().SKU(item)), number(outcome.Scores[n][rank])})
		}
	}
	return writeTable(o.out, []string{"user", "rank", "item", "score"}, rows)
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', 9, 64) }

func writeTable(file string, columns []string, rows [][]string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := table.WriteCSV(f, columns, rows); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// measure prints the metrics on the test part, and how they compare with popularity.
func (o *options) measure(chosen *recommend.Chosen, p parts, stdout io.Writer) error {
	exam, err := recommend.NewExam(chosen.Matrix, p.test)
	if err != nil {
		return err
	}
	popular, err := recommend.Popularity{}.Fit(chosen.Matrix)
	if err != nil {
		return err
	}
	out := map[string]any{
		"model": chosen.Learner.String(), "validation": chosen.How, "validation_choices": chosen.Held, "fits": chosen.Fits, "passes": chosen.Passes,
		"validation_ndcg": chosen.NDCG, "validation_ndcg_popularity": chosen.Popularity,
		"users": exam.Cases(), "items": chosen.Matrix.Index().Len(),
	}
	for _, k := range []int{o.k, 20} {
		got, err := exam.Run(chosen.Scorer, k)
		if err != nil {
			return err
		}
		at := func(name string, v float64) { out[fmt.Sprintf("%s@%d", name, k)] = v }
		at("ndcg", got.NDCG)
		at("ndcg_untruncated", got.NDCGFull)
		at("recall", got.Recall)
		at("recall_capped", got.CappedRecall)
		at("precision", got.Precision)
		at("hit_rate", got.HitRate)
		at("mrr", got.MRR)
		at("coverage", got.Coverage)
		at("novelty", got.Novelty)
		at("gini", got.Gini)
		if k != o.k {
			continue
		}
		base, err := exam.Run(popular, k)
		if err != nil {
			return err
		}
		d, err := recommend.PairedBootstrap(got.NDCGs, base.NDCGs, 2000, 1)
		if err != nil {
			return err
		}
		at("ndcg_popularity", base.NDCG)
		out[fmt.Sprintf("ndcg_over_popularity_95@%d", k)] = []float64{d.Lower, d.Upper}
	}
	enc := json.NewEncoder(stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

// why prints the list of one user with what it follows from.
func (o *options) why(chosen *recommend.Chosen, stdout io.Writer) error {
	h, known := chosen.Matrix.History(recommend.Actor{Customer: flywheel.CustomerID(o.explain)})
	if !known {
		fmt.Fprintf(stdout, "%s has no history: these are the popular items.\n", o.explain)
	}
	return explain(chosen, h, h, o.k, stdout)
}

func explain(chosen *recommend.Chosen, h, skip recommend.History, k int, stdout io.Writer) error {
	list, err := recommend.Explain(chosen.Scorer, h, skip, k)
	if err != nil {
		return err
	}
	for rank, e := range list {
		fmt.Fprintf(stdout, "%2d. %s: %s\n", rank+1, e.SKU, e.Sentence())
	}
	return nil
}
