// Command rush is a flash sale: many buyers want the few units of one item at the
// same time.
//
//	go run ./examples/rush                                                # 20,000 buyers, 1,000 units, in memory
//	go run ./examples/rush -store sqlite:rush.db -buyers 2000
//	go run ./examples/rush -store postgres:DSN -processes 4 -kill 1       # four processes, one of which dies
//	go run ./examples/rush -store postgres:DSN -compare                   # beside a hand-written UPDATE
//
// It prints how many buyers were answered in a second, how long each waited, and which
// invariants it checked on what the store holds in the end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "rush:", err)
		}
		os.Exit(1)
	}
}

// settings are the flags.
type settings struct {
	store       string
	buyers      int
	units       int64
	atOnce      int
	processes   int
	connections int
	kill        int
	faults      float64
	seed        uint64
	compare     bool

	sale string // its name, the SKU and the beginning of every ref
	part int    // which process this is, from 1; 0 is the one that started
}

func run(ctx context.Context, args []string, in io.Reader, out, messages io.Writer) error {
	s, err := parse(args, messages)
	if err != nil {
		return err
	}
	if s.part > 0 {
		return s.child(ctx, in, out)
	}
	return s.hold(ctx, out)
}

func parse(args []string, messages io.Writer) (*settings, error) {
	var s settings
	flags := flag.NewFlagSet("rush", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.StringVar(&s.store, "store", "memory", "memory, sqlite:`FILE` or postgres:DSN")
	flags.IntVar(&s.buyers, "buyers", 20_000, "how many want a unit")
	flags.Int64Var(&s.units, "units", 1000, "how many there are")
	flags.IntVar(&s.atOnce, "at-once", 256, "how many buyers ask at the same time, in all processes together")
	flags.IntVar(&s.processes, "processes", 1, "operating-system processes; more than one needs a database")
	flags.IntVar(&s.connections, "connections", 8, "connections of each process to the database")
	flags.IntVar(&s.kill, "kill", 0, "how many processes are killed in the middle and started again")
	flags.Float64Var(&s.faults, "faults", 0.1, "share of buyers with a fault: who press twice, whose answer is lost, who walk off")
	flags.Uint64Var(&s.seed, "seed", 1, "of the faults")
	flags.BoolVar(&s.compare, "compare", false, "also let as many buyers run a hand-written UPDATE of one row, on PostgreSQL")
	flags.StringVar(&s.sale, "sale", fmt.Sprintf("rush-%d", time.Now().UnixNano()), "name of the sale; each has rows of its own")
	flags.IntVar(&s.part, "part", 0, "for the processes that rush starts itself")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case flags.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case s.buyers < 1 || s.buyers > 10_000_000:
		return nil, fmt.Errorf("-buyers: %d is not between 1 and 10,000,000", s.buyers)
	case s.units < 0 || s.units > 1_000_000_000:
		return nil, fmt.Errorf("-units: %d is not between 0 and 1,000,000,000", s.units)
	case s.atOnce < 1 || s.processes < 1 || s.processes > 64 || s.connections < 1:
		return nil, errors.New("-at-once, -processes (up to 64) and -connections are at least 1")
	case !(s.faults >= 0 && s.faults <= 1):
		return nil, fmt.Errorf("-faults: %v is no share", s.faults)
	case s.processes > 1 && s.store == "memory":
		return nil, errors.New("-processes: memory is that of one process")
	case s.kill < 0 || s.kill > 0 && s.processes == 1 || s.kill > s.processes:
		return nil, errors.New("-kill: needs as many processes, and more than one")
	}
	return &s, nil
}
