package main

import (
	"bufio"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zhenghaoz/gorse/base/log"
	"github.com/zhenghaoz/gorse/base/task"
	"github.com/zhenghaoz/gorse/model"
	"github.com/zhenghaoz/gorse/model/ranking"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

func main() {
	data := flag.String("data", os.Getenv("FLYWHEEL_DATA"), "`folder` of the reference data")
	runs := flag.Int("runs", 5, "fits of each model, of which the fastest counts")
	flag.Parse()
	if err := run(*data, *runs, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "recommend:", err)
		os.Exit(1)
	}
}

// lines returns the cells of a packed table below its header.
func lines(file string) ([][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var out [][]string
	s := bufio.NewScanner(z)
	for s.Scan() {
		out = append(out, strings.Fields(s.Text()))
	}
	if len(out) == 0 {
		return nil, s.Err()
	}
	return out[1:], s.Err()
}

// parts returns what is fitted, train and validation, and the test part.
func parts(data string) (train, test []recommend.Choice, err error) {
	at := map[string]time.Time{}
	ratings, err := lines(filepath.Join(data, "recommend", "ml100k_ratings.tsv.gz"))
	if err != nil {
		return nil, nil, err
	}
	for _, r := range ratings {
		seconds, err := strconv.ParseInt(r[3], 10, 64)
		if err != nil {
			return nil, nil, err
		}
		at[r[0]+" "+r[1]] = time.Unix(seconds, 0)
	}
	split, err := lines(filepath.Join(data, "recommend", "ml100k_split_time.tsv.gz"))
	if err != nil {
		return nil, nil, err
	}
	for _, r := range split {
		c := recommend.Choice{Actor: recommend.Actor{Customer: flywheel.CustomerID(r[0])}, Item: flywheel.SKU(r[1]), At: at[r[0]+" "+r[1]]}
		if r[2] == "test" {
			test = append(test, c)
		} else {
			train = append(train, c)
		}
	}
	return train, test, nil
}

// peer is a model of gorse that has been fitted, asked by who has the history: it
// knows rows, not histories, so the actor is found by its history.
type peer struct {
	index *recommend.Index
	model ranking.MatrixFactorization
	who   map[string]string // the user of a history
}

func key(h recommend.History) string {
	var b strings.Builder
	for _, p := range h {
		fmt.Fprint(&b, p.Item, " ")
	}
	return b.String()
}

func (p *peer) Index() *recommend.Index { return p.index }

func (p *peer) Score(h recommend.History, scores []float64) {
	user := p.who[key(h)]
	for n := range scores {
		scores[n] = float64(p.model.Predict(user, string(p.index.SKU(int32(n)))))
	}
}

// cpu returns the CPU time of the process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func run(data string, runs int, out io.Writer) error {
	log.CloseLogger()
	train, test, err := parts(data)
	if err != nil {
		return err
	}
	m, err := recommend.NewMatrix(train)
	if err != nil {
		return err
	}
	exam, err := recommend.NewExam(m, test)
	if err != nil {
		return err
	}
	theirs := ranking.NewMapIndexDataset()
	who := map[string]string{}
	for _, c := range train {
		theirs.AddFeedback(string(c.Actor.Customer), string(c.Item), true)
		h, _ := m.History(c.Actor)
		who[key(h)] = string(c.Actor.Customer)
	}
	// It keeps the epoch that is best on its validation part: here the test part, in
	// its favor. Asked once, at the end, that costs next to nothing.
	judged := ranking.NewDirectIndexDataset()
	judged.UserIndex, judged.ItemIndex = theirs.UserIndex, theirs.ItemIndex
	for range theirs.UserCount() {
		judged.UserFeedback = append(judged.UserFeedback, nil)
	}
	for range theirs.ItemCount() {
		judged.ItemFeedback = append(judged.ItemFeedback, nil)
	}
	for _, c := range test {
		if theirs.ItemIndex.ToNumber(string(c.Item)) >= 0 {
			judged.AddFeedback(string(c.Actor.Customer), string(c.Item), false)
		}
	}
	runtime.GOMAXPROCS(1)
	gorse := func(fresh func() ranking.MatrixFactorization) func() (recommend.Scorer, error) {
		return func() (recommend.Scorer, error) {
			mf := fresh()
			cfg := ranking.NewFitConfig().SetVerbose(math.MaxInt32).SetJobsAllocator(task.NewConstantJobsAllocator(1))
			mf.Fit(theirs, judged, cfg)
			return &peer{m.Index(), mf, who}, nil
		}
	}
	ours := func(l recommend.Learner) func() (recommend.Scorer, error) {
		return func() (recommend.Scorer, error) { return l.Fit(m) }
	}
	models := []struct {
		name string
		fit  func() (recommend.Scorer, error)
	}{
		{"gorse 0.4.16 CCD (element-wise ALS), default", gorse(func() ranking.MatrixFactorization { return ranking.NewCCD(model.Params{}) })},
		{"gorse 0.4.16 BPR, default", gorse(func() ranking.MatrixFactorization { return ranking.NewBPR(model.Params{}) })},
		{"popularity", ours(recommend.Popularity{})},
		{"item-kNN", ours(recommend.ItemKNN{})},
		{"EASE, lambda 100", ours(recommend.EASE{Lambda: 100})},
		{"iALS, 32 factors, 12 epochs", ours(recommend.IALS{Factors: 32, Epochs: 12})},
	}
	least := make([]time.Duration, len(models))
	scorers := make([]recommend.Scorer, len(models))
	for range runs {
		for n, m := range models {
			runtime.GC()
			before := cpu()
			s, err := m.fit()
			if err != nil {
				return err
			}
			if d := cpu() - before; least[n] == 0 || d < least[n] {
				least[n] = d
			}
			scorers[n] = s
		}
	}
	fmt.Fprintf(out, "| model | CPU ms | of gorse's ALS | NDCG@10 |\n| --- | ---: | ---: | ---: |\n")
	for n, m := range models {
		o, err := exam.Run(scorers[n], 10)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s | %.1f | %.3f | %.4f |\n", m.name, float64(least[n].Microseconds())/1000, float64(least[n])/float64(least[0]), o.NDCG)
	}
	return nil
}
