package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/recommend"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "recommend:", err)
		}
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	train, valid, test string
	model              string
	k                  int
	sessions           bool
	refit, keepValid   bool
	eval               bool
	out                string
	explain            string
	dialect            table.Spec
}

// models are what -model can name beside auto.
var models = map[string]recommend.Learner{
	"popularity": recommend.Popularity{},
	"itemknn":    recommend.Filled{Of: recommend.ItemKNN{}},
	"userknn":    recommend.Filled{Of: recommend.UserKNN{}},
	"rp3beta":    recommend.Filled{Of: recommend.RP3beta{}},
	"ease":       recommend.Filled{Of: recommend.EASE{}},
	"slim":       recommend.Filled{Of: recommend.SLIM{}},
	"ials":       recommend.Filled{Of: recommend.IALS{}},
	"bpr":        recommend.Filled{Of: recommend.BPR{}},
	"sessionknn": recommend.Filled{Of: recommend.SessionKNN{}},
}

func modelNames() string {
	names := []string{"auto"}
	for name := range models {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	set := flag.NewFlagSet("recommend", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&o.train, "train", "", "`file` to learn from; without it a made-up set is used")
	set.StringVar(&o.valid, "valid", "", "`file` by which the model is chosen")
	set.StringVar(&o.test, "test", "", "`file` whose users or sessions get lists")
	set.StringVar(&o.model, "model", "auto", "one of "+modelNames())
	set.IntVar(&o.k, "k", 10, "length of the lists")
	set.BoolVar(&o.sessions, "sessions", false, "tables are sessions: SessionId, ItemId, Time")
	set.BoolVar(&o.refit, "refit", true, "with -valid: learn from it too, once it has chosen")
	set.BoolVar(&o.keepValid, "keep-valid", false, "the same as -refit=false: items of -valid stay candidates")
	set.BoolVar(&o.eval, "eval", false, "print the metrics on -test as JSON")
	set.StringVar(&o.out, "out", "", "`file` for the lists, as CSV")
	set.StringVar(&o.explain, "explain", "", "print why the list of this `user` (or session) is what it is")
	o.dialect.Flags(set)
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	named := map[string]bool{}
	set.Visit(func(f *flag.Flag) { named[f.Name] = true })
	if set.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if _, ok := models[o.model]; !ok && o.model != "auto" {
		return nil, fmt.Errorf("-model %q is unknown: one of %s", o.model, modelNames())
	}
	switch {
	case o.k < 1:
		return nil, fmt.Errorf("-k %d: at least 1", o.k)
	case o.train == "" && (o.valid != "" || o.test != "" || o.sessions):
		return nil, errors.New("-train is missing")
	case o.keepValid && named["refit"] && o.refit:
		return nil, errors.New("-refit and -keep-valid contradict each other")
	case o.eval && o.train != "" && o.test == "":
		return nil, errors.New("-eval needs -test")
	case o.sessions && o.out != "" && o.test == "":
		return nil, errors.New("-sessions -out needs -test")
	}
	if o.keepValid {
		o.refit = false
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.sessions {
		return o.visits(ctx, stdout, stderr)
	}
	return o.customers(ctx, stdout, stderr)
}
