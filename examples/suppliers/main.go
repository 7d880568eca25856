// Command suppliers scores those a shop buys from, and looks up how to inspect
// what they send.
//
//	go run ./examples/suppliers                                   # a purchasing book that is built in
//	go run ./examples/suppliers -orders orders.csv -receipts receipts.csv
//	go run ./examples/suppliers -orders lines.csv -heads orders.csv -store sqlite:purchasing.db
//	go run ./examples/suppliers plan -lot 1000 -aql 1             # a plan and what it does
//	go run ./examples/suppliers plan -good 0.01 -bad 0.05         # a plan from two risk points
//
// The README has the columns. -csv and -html write the result to files.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/internal/table"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "suppliers:", err)
		}
		os.Exit(1)
	}
}

func run(args []string, out, messages io.Writer) error {
	if len(args) > 0 && args[0] == "plan" {
		return plan(args[1:], out, messages)
	}
	return score(context.Background(), args, out, messages)
}

// settings are the flags of a scoring.
type settings struct {
	orders, heads, receipts string
	csv, html, store        string
	currency                money.Currency
	grace                   int
	tolerance               float64
	asOf                    time.Time
	strength                float64
	orderSpec               table.Spec
}

func score(ctx context.Context, args []string, out, messages io.Writer) (err error) {
	flags := flag.NewFlagSet("suppliers", flag.ContinueOnError)
	flags.SetOutput(messages)
	s := settings{orderSpec: table.Spec{Columns: orderColumns}}
	flags.StringVar(&s.orders, "orders", "", "a CSV `file` with a row per order line; without it a book that is built in")
	flags.StringVar(&s.receipts, "receipts", "", "a CSV `file` with a row per receipt, unless the orders have them")
	flags.StringVar(&s.heads, "heads", "", "a CSV `file` with a row per order, for supplier and dates that the lines do not have")
	flags.StringVar(&s.store, "store", "memory", "where orders are kept: memory, sqlite:`FILE` or postgres:DSN")
	flags.StringVar(&s.csv, "csv", "", "write the scorecards to this CSV `file`")
	flags.StringVar(&s.html, "html", "", "write the report to this HTML `file`")
	currency := flags.String("currency", "USD", "of the prices")
	flags.IntVar(&s.grace, "grace", 0, "days after the promise that are still on time")
	flags.Float64Var(&s.tolerance, "tolerance", 0, "share of a line that may be missing from one in full")
	asOf := flags.String("as-of", "", "day of the report, YYYY-MM-DD: lines promised later are pending")
	flags.Float64Var(&s.strength, "prior", 20, "orders that the pool's rate counts like")
	s.orderSpec.Flags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if s.currency, err = money.ParseCurrency(*currency); err != nil {
		return fmt.Errorf("-currency: %w", err)
	}
	if *asOf != "" {
		if s.asOf, err = time.Parse(time.DateOnly, *asOf); err != nil {
			return fmt.Errorf("-as-of: %w", err)
		}
	}
	orders, err := s.read(messages)
	if err != nil {
		return err
	}
	purchasing, end, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if err := keep(ctx, purchasing, orders, messages); err != nil {
		return err
	}
	r, err := s.report(ctx, purchasing)
	if err != nil {
		return err
	}
	return r.write(out, s)
}

// read returns the orders of the files, with all that happened to them, or those that
// are built in for a store that has none.
func (s *settings) read(messages io.Writer) ([]supplier.Order, error) {
	if s.orders == "" {
		if s.receipts != "" || s.heads != "" {
			return nil, errors.New("-receipts and -heads want -orders")
		}
		if s.store != "memory" {
			return nil, nil
		}
		return builtIn(s.currency)
	}
	bar := progress.New(messages, 0, "rows")
	defer bar.Clear()
	book := newBook()
	like := func(columns []table.Column) table.Spec {
		spec := s.orderSpec
		spec.Columns, spec.Map = columns, nil
		return spec
	}
	if s.heads != "" {
		if err := book.readHeads(s.heads, like(headColumns), bar); err != nil {
			return nil, err
		}
	}
	if err := book.readOrders(s.orders, s.orderSpec, s.currency, bar); err != nil {
		return nil, err
	}
	if s.receipts != "" {
		if err := book.readReceipts(s.receipts, like(receiptColumns), bar); err != nil {
			return nil, err
		}
	}
	return book.orders(), nil
}
