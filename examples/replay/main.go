// Replay runs a year of a shop through Flywheel's packages, in virtual time, and
// reports what each of them learned.
//
//	go run ./examples/replay                          # a made-up year
//	go run ./examples/replay -data transactions.csv.gz -out report
//	go run ./examples/replay -store sqlite:shop.db    # stop it, run it again: it goes on
//	go run ./examples/replay -store sqlite:shop.db -durable
//	go run ./examples/replay -store postgres:DSN -workers 4   # four processes
//
// The input is the Online Retail form, CSV or gzip. Each row becomes what it was:
// sales become carts, quotes and orders, cancellations returns to the orders
// they came from, corrections of stock adjustments. All of it is told to one
// event log, from which profiles, points, journeys, recommendations, an
// experiment and the weekly order plan learn, each from its own cursor. The same
// input and seed give the same bytes, on every store and any number of
// processors.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/replay/retail"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if os.Getenv(workerVariable) != "" {
		err = work(ctx, os.Args[1:], os.Stdin, os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	}
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

// maxListed is how many unreadable rows are listed on the way out.
const maxListed = 20

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		data     = flags.String("data", "", "`FILE` in the Online Retail form, CSV or gzip; without it a year is made up")
		seed     = flags.Uint64("seed", 1, "of what the data does not say: opening stock, lead times, the made-up year")
		out      = flags.String("out", "", "`DIR` for report.html and the tables as CSV")
		store    = flags.String("store", "memory", "where stock, orders and events are kept: memory, sqlite:FILE or postgres:DSN")
		durable  = flags.Bool("durable", false, "keep profiles, segments, points, journeys and exposures in -store too")
		workers  = flags.Int("workers", 1, "`N` processes that share what is learned over one postgres store; more than 1 is durable")
		code     = flags.String("currency", "GBP", "ISO 4217 code of the prices")
		tolerant = flags.Bool("skip-unreadable", false, "go on without the rows that cannot be read, and list them in the report")
	)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: %w", flags.Arg(0), flywheel.ErrInvalid)
	}
	currency, err := money.ParseCurrency(*code)
	if err != nil {
		return fmt.Errorf("-currency: %w", err)
	}
	switch {
	case *workers < 1 || *workers > 64:
		return fmt.Errorf("-workers: %d is not within 1 and 64: %w", *workers, flywheel.ErrOutOfRange)
	case *workers > 1 && !strings.HasPrefix(*store, "postgres"):
		return fmt.Errorf("-workers: processes cannot share -store %s: %w", *store, flywheel.ErrInvalid)
	}
	began := time.Now()
	book, title, err := input(*data, *seed, currency)
	if err != nil {
		return err
	}
	// What stays of a row takes some 500 bytes on the memory store. Garbage is collected
	// when it would be more memory than this, not each time it has doubled: a replay
	// makes much, and looking through all that stays costs more the more stays.
	limit, percent := debug.SetMemoryLimit(max(480<<20, 900*int64(book.Rows))), debug.SetGCPercent(400)
	defer func() { debug.SetMemoryLimit(limit); debug.SetGCPercent(percent) }()
	if n := len(book.Unreadable); n > 0 && !*tolerant {
		for _, e := range book.Unreadable[:min(n, maxListed)] {
			fmt.Fprintln(stderr, e)
		}
		return fmt.Errorf("%d of %d rows cannot be read (-skip-unreadable goes on without them): %w", n, n+book.Rows, flywheel.ErrInvalid)
	}
	kept, err := openStores(ctx, *store, *durable || *workers > 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()

	s, err := newShop(book, currency, *seed, kept)
	if err != nil {
		return err
	}
	if s.others, err = hire(ctx, *workers-1, *store, currency, stderr); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.others.dismiss()) }()
	bar := progress.New(stderr, len(s.days), "days")
	if err := s.run(ctx, bar.Say); err != nil {
		bar.Clear()
		return err
	}
	tables, err := s.report(ctx)
	bar.Clear()
	if err != nil {
		return err
	}
	if *out != "" {
		if err := writeFolder(*out, title, tables); err != nil {
			return err
		}
	}
	if err := writeText(stdout, tables); err != nil {
		return err
	}
	elapsed := time.Since(began)
	fmt.Fprintf(stderr, "%d rows in %.2f s, %.0f rows a second\n", book.Rows, elapsed.Seconds(), float64(book.Rows)/elapsed.Seconds())
	return nil
}

// input reads the file, or makes a year up.
func input(name string, seed uint64, currency money.Currency) (book *retail.Book, title string, err error) {
	if name != "" {
		book, err = retail.ReadFile(name, currency)
		title = "A year of a shop"
	} else {
		var made bytes.Buffer
		if err := retail.Synthesize(&made, retail.Shop{}, seed); err != nil {
			return nil, "", err
		}
		book, err = retail.Read(&made, "made-up year", currency)
		title = "A made-up year of a shop"
	}
	if err == nil && book.Rows == 0 && len(book.Unreadable) == 0 {
		err = fmt.Errorf("%s: no rows below the header: %w", name, flywheel.ErrInvalid)
	}
	return book, title, err
}
