// Command checkout runs a session script: the steps of a buyer, of the bank, of the
// warehouse and of after-sales, and prints each state with its messages and totals,
// where every cent comes from, and what every ledger holds at the end.
//
//	go run ./examples/checkout
//	go run ./examples/checkout -in session.json
//	go run ./examples/checkout -in cases.json -case T01
//
// A script is {"setup": …, "steps": […]}; a file of reference cases has several under
// "cases", in the setups of its "shops".
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/examples/checkout/script"
)

//go:embed session.json
var example []byte

func main() {
	in := flag.String("in", "", "the script, by default a built-in one")
	one := flag.String("case", "", "the id of the case to run, where the file has several")
	flag.Parse()
	data := example
	if *in != "" {
		var err error
		if data, err = os.ReadFile(*in); err != nil {
			fmt.Fprintln(os.Stderr, "checkout:", err)
			os.Exit(1)
		}
	}
	if err := run(context.Background(), os.Stdout, data, *one); err != nil {
		fmt.Fprintln(os.Stderr, "checkout:", err)
		os.Exit(1)
	}
}

// file is a script, or several.
type file struct {
	Family string
	Form   int
	Shops  map[string]map[string]json.RawMessage
	Setup  map[string]json.RawMessage
	Steps  []json.RawMessage
	Cases  []struct {
		ID, Family, Title, Why string
		Setup                  map[string]json.RawMessage
		Steps                  []json.RawMessage
		Expected               map[string]json.RawMessage
	}
}

func run(ctx context.Context, w io.Writer, data []byte, one string) error {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("script: %v: %w", err, flywheel.ErrInvalid)
	}
	if len(f.Cases) == 0 {
		return play(ctx, w, f.Shops, f.Setup, f.Steps)
	}
	ran := false
	for _, c := range f.Cases {
		if one != "" && c.ID != one {
			continue
		}
		ran = true
		fmt.Fprintf(w, "# %s %s\n# %s\n", c.ID, c.Title, c.Why)
		if err := play(ctx, w, f.Shops, c.Setup, c.Steps); err != nil {
			return fmt.Errorf("case %s: %w", c.ID, err)
		}
		fmt.Fprintln(w)
	}
	if !ran {
		return fmt.Errorf("case %q: %w", one, flywheel.ErrNotFound)
	}
	return nil
}

// play runs one script and prints what it tells.
func play(ctx context.Context, w io.Writer, shops map[string]map[string]json.RawMessage, setup map[string]json.RawMessage, steps []json.RawMessage) error {
	s, err := script.ParseSetup(shops, setup)
	if err != nil {
		return err
	}
	shop, err := script.Open(ctx, s)
	if err != nil {
		return err
	}
	traced := map[string]int64{} // by session: the version whose trace was printed
	for i, raw := range steps {
		step, err := script.ParseStep(raw)
		if err != nil {
			return fmt.Errorf("steps[%d]: %w", i, err)
		}
		told, refused := shop.Do(ctx, step)
		fmt.Fprintf(w, "%2d %s%s\n", i+1, step.Do, arguments(raw))
		if refused != nil {
			p := flywheel.ProblemOf(refused)
			fmt.Fprintf(w, "     refused: %s (%v)\n", p.Kind, refused)
		}
		tell(w, told, step.Options)
		trace(ctx, w, shop, step.Session, told, traced)
	}
	return ledgers(ctx, w, shop, s)
}

// arguments are those of a step as text.
func arguments(raw json.RawMessage) string {
	var all map[string]json.RawMessage
	if json.Unmarshal(raw, &all) != nil {
		return ""
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name != "do" && name != "expect" {
			fmt.Fprintf(&b, " %s=%s", name, all[name])
		}
	}
	return b.String()
}

// tell prints an answer.
func tell(w io.Writer, told map[string]any, options bool) {
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if name == "options" && !options {
			continue
		}
		data, err := json.Marshal(told[name])
		if err != nil {
			data = []byte(err.Error())
		}
		if text := string(data); text != "[]" && text != "{}" && text != "null" && text != `""` && text != "0" {
			fmt.Fprintf(w, "     %-9s %s\n", name, text)
		}
	}
}

// trace prints where the cents of a session come from, once for each version.
func trace(ctx context.Context, w io.Writer, shop *script.Shop, id string, told map[string]any, traced map[string]int64) {
	version, is := told["version"].(int64)
	if !is || version == 0 || traced[id] == version {
		return
	}
	q, err := shop.Sessions.Explain(ctx, checkout.SessionID(id))
	if err != nil {
		return // it is no longer priced
	}
	traced[id] = version
	for i := range q.Lines {
		l := &q.Lines[i]
		fmt.Fprintf(w, "     trace of %s × %d = %s\n", l.SKU, l.Quantity, l.Total)
		for _, step := range l.Trace {
			fmt.Fprintf(w, "       %-12s %-10s of %s at %s: %s\n", step.Kind, step.Source, step.Base, step.Rate, step.Amount)
		}
	}
	for i := range q.Shipping {
		l := &q.Shipping[i]
		fmt.Fprintf(w, "     trace of the delivery = %s\n", l.Total)
		for _, step := range l.Trace {
			fmt.Fprintf(w, "       %-12s %-10s of %s at %s: %s\n", step.Kind, step.Source, step.Base, step.Rate, step.Amount)
		}
	}
}

// ledgers prints what every ledger holds.
func ledgers(ctx context.Context, w io.Writer, shop *script.Shop, s *script.Setup) error {
	names := func(keys []string) json.RawMessage {
		all := map[string]int{}
		for _, k := range keys {
			all[k] = 0
		}
		data, err := json.Marshal(all)
		if err != nil {
			return json.RawMessage(err.Error())
		}
		return data
	}
	var stock []string
	for sku, item := range s.Items {
		for at := range item.Stock {
			stock = append(stock, sku+"@"+at)
		}
	}
	slices.Sort(stock)
	fmt.Fprintln(w, "at the end")
	for _, part := range []struct {
		name string
		want json.RawMessage
	}{
		{"orders", nil}, {"payments", nil}, {"documents", nil}, {"stock", names(stock)}, {"coupons", nil}, {"gift_cards", nil},
		{"store_credit", names(slices.Sorted(maps.Keys(s.StoreCredit)))}, {"points", nil}, {"events", nil},
	} {
		got, err := shop.Look(ctx, part.name, part.want)
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		if all, is := got.(map[string]map[string]int64); is {
			maps.DeleteFunc(all, func(_ string, numbers map[string]int64) bool { return len(numbers) == 0 })
		}
		data, err := json.Marshal(got)
		if err != nil {
			return err
		}
		if text := string(data); text != "{}" && text != "null" && text != "[]" {
			fmt.Fprintf(w, "  %-12s %s\n", part.name, text)
		}
	}
	return nil
}
