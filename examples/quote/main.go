// Command quote prices a basket and explains every cent of it.
//
//	go run ./examples/quote                  # a basket that is built in
//	go run ./examples/quote -in basket.json  # one of yours; "-" is standard input
//	go run ./examples/quote -json            # for machines
//
// The input is JSON with "config" (price lists, promotions, taxes), "basket" and,
// where wanted, "tenders". See sample.json beside this file.
package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

//go:embed sample.json
var sample []byte

// input is what the program reads.
type input struct {
	Config  pricing.Config   `json:"config"`
	Basket  pricing.Basket   `json:"basket"`
	Tenders []pricing.Tender `json:"tenders"`
}

// answer is what it finds.
type answer struct {
	Quote    pricing.Quote     `json:"quote"`
	Payments []pricing.Payment `json:"payments,omitempty"`
	Due      money.Amount      `json:"due"`
}

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "quote:", err)
		}
		os.Exit(1)
	}
}

func run(args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("quote", flag.ContinueOnError)
	file := flags.String("in", "", "a JSON `file`, - for standard input; without it a basket that is built in")
	machine := flags.Bool("json", false, "write JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	in, err := load(*file, stdin)
	if err != nil {
		return err
	}
	a, err := price(in)
	if err != nil {
		return err
	}
	if *machine {
		enc := json.NewEncoder(stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(a)
	}
	return report(stdout, a)
}

// most is the most that is read, in bytes.
const most = 16 << 20

func load(file string, stdin io.Reader) (in input, err error) {
	data := sample
	switch file {
	case "":
		file = "sample.json"
	case "-":
		if data, err = io.ReadAll(io.LimitReader(stdin, most+1)); err != nil {
			return in, err
		}
	default:
		if data, err = os.ReadFile(file); err != nil {
			return in, err
		}
	}
	if err := strictjson.Decode(data, &in, &strictjson.Limits{Bytes: most}); err != nil {
		return in, fmt.Errorf("%s: %w", file, err)
	}
	return in, nil
}

func price(in input) (a answer, err error) {
	engine, err := pricing.Compile(in.Config)
	if err != nil {
		return a, err
	}
	if a.Quote, err = engine.Quote(in.Basket); err != nil {
		return a, err
	}
	a.Payments, a.Due, err = pricing.Pay(a.Quote.Total, in.Tenders)
	return a, err
}
