// Command catalog imports an assortment, searches it and writes the feeds of it.
//
//	go run ./examples/catalog import                  # an assortment that is built in
//	go run ./examples/catalog import shop.csv         # a Shopify product export, or JSON lines (.jsonl)
//	go run ./examples/catalog import -map "sku=Artikel,title=Name,price=Preis" -decimal , supplier.csv
//	go run ./examples/catalog import -db shop.db shop.csv
//	go run ./examples/catalog search "cotton shrit"    # with facets and why each is found
//	go run ./examples/catalog feed google             # or openai, jsonld, sitemap
//	go run ./examples/catalog feed -file shop.csv -format tsv google
//
// Metafield columns become attributes of type text. Without -db all is in memory;
// with it the catalog is kept in a SQLite file, and the same file imported again
// changes nothing. Prices and stock of the file, which pricing and inventory would
// keep, are at hand for feeds of the same run.
package main

import (
	"bytes"
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
	"github.com/flywheel-go/flywheel/internal/progress"
	"github.com/flywheel-go/flywheel/pricing/money"
)

//go:embed assortment.csv
var assortment []byte

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "catalog:", err)
		}
		os.Exit(1)
	}
}

// program is what the flags say.
type program struct {
	db, file, mapping, decimal    string
	format, currency, locale, url string
	dry                           bool
	out, messages                 io.Writer
	offers                        map[flywheel.SKU]catalog.ImportOffer
	shop                          *catalog.Service
}

func run(ctx context.Context, args []string, out, messages io.Writer) error {
	if len(args) == 0 || args[0] != "import" && args[0] != "feed" && args[0] != "search" {
		return errors.New("first argument: import, search or feed")
	}
	p := &program{out: out, messages: messages}
	flags := flag.NewFlagSet("catalog "+args[0], flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.StringVar(&p.currency, "currency", "EUR", "`code` of the prices")
	flags.StringVar(&p.locale, "locale", "en", "`locale` of the texts")
	flags.StringVar(&p.mapping, "map", "", "`field=header,…` of a CSV of any form")
	flags.StringVar(&p.decimal, "decimal", ".", "decimal `sign` of a CSV of any form")
	flags.StringVar(&p.db, "db", "", "SQLite `file` that keeps the catalog")
	flags.BoolVar(&p.dry, "dry", false, "report what would change, and change nothing")
	if args[0] != "import" {
		flags.StringVar(&p.file, "file", "", "`file` to import first; without it the assortment that is built in")
		flags.StringVar(&p.format, "format", "", "xml, tsv or jsonl")
		flags.StringVar(&p.url, "url", catalog.DefaultLink, "`address` of a product's page")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() > 1 && args[0] != "search" {
		return fmt.Errorf("unexpected argument %q", flags.Arg(1))
	}
	if args[0] == "import" {
		p.file = flags.Arg(0)
	}
	end, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer end()
	report, err := p.load(ctx)
	if err != nil {
		return err
	}
	if args[0] == "import" {
		return p.report(ctx, report)
	}
	if args[0] == "search" {
		return p.search(ctx, strings.Join(flags.Args(), " "))
	}
	return p.feed(ctx, flags.Arg(0))
}

// open makes the shop, in memory or in a file.
func (p *program) open(ctx context.Context) (end func(), err error) {
	var store catalog.Store
	end = func() {}
	if p.db != "" {
		pool, err := sql.Open("sqlite", flywheel.SQLiteDSN(p.db))
		if err != nil {
			return nil, err
		}
		end = func() { pool.Close() }
		db := flywheel.OpenSQL(pool, flywheel.SQLite)
		kept := catalogsql.New(db)
		if err := flywheel.Migrate(ctx, db, kept); err != nil {
			end()
			return nil, err
		}
		store = kept
	}
	currency, err := money.ParseCurrency(p.currency)
	if err != nil {
		end()
		return nil, err
	}
	if p.shop, err = catalog.New(store, &catalog.Options{Offers: catalog.OffersFunc(p.answer(currency))}); err != nil {
		end()
		return nil, err
	}
	l := catalog.Locale(p.locale)
	if err := p.shop.PutChannel(ctx, catalog.ChannelDef{Code: "web", Locales: []catalog.Locale{l}, DefaultLocale: l, Currency: p.currency}); err != nil {
		end()
		return nil, err
	}
	return end, nil
}

// answer plays pricing and inventory with what the file says.
func (p *program) answer(currency money.Currency) catalog.OffersFunc {
	return func(_ context.Context, _ catalog.Channel, skus []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		out := map[flywheel.SKU]catalog.Offer{}
		for _, sku := range skus {
			given, ok := p.offers[sku]
			if !ok || given.Price == nil {
				continue
			}
			o := catalog.Offer{Stock: given.Quantity, Tracked: given.Tracked, ContinueSelling: given.ContinueSelling}
			var err error
			if o.Price, err = money.Parse(*given.Price, currency); err != nil {
				return nil, err
			}
			if before := given.CompareAt; before != nil { // the file's price is the lower one
				o.SalePrice = o.Price
				if o.Price, err = money.Parse(*before, currency); err != nil {
					return nil, err
				}
			}
			out[sku] = o
		}
		return out, nil
	}
}

var metafield = regexp.MustCompile(`\(product\.metafields\.([^.()]+)\.([^()"]+)\)`)

// define makes the type of the products, with an attribute for each metafield column.
func (p *program) define(ctx context.Context, data []byte) error {
	header, _, _ := bytes.Cut(data, []byte("\n"))
	var codes []string
	for _, m := range metafield.FindAllSubmatch(header, -1) {
		code := string(m[1]) + "." + string(m[2])
		if string(m[1]) == "custom" {
			code = string(m[2])
		}
		if err := p.shop.PutAttribute(ctx, catalog.Attribute{Code: code, Type: catalog.TextAttribute}); err != nil {
			return err
		}
		codes = append(codes, code)
	}
	return p.shop.PutType(ctx, catalog.ProductType{Code: "goods", Attributes: codes})
}

// load imports the file.
func (p *program) load(ctx context.Context) (catalog.ImportReport, error) {
	data := assortment
	if p.file != "" {
		var err error
		if data, err = os.ReadFile(p.file); err != nil {
			return catalog.ImportReport{}, err
		}
	}
	if err := p.define(ctx, data); err != nil {
		return catalog.ImportReport{}, err
	}
	in := catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods", DryRun: p.dry}
	switch {
	case p.mapping != "":
		in.Form, in.Decimal, in.Mapping = catalog.GenericForm, p.decimal, map[string]catalog.Column{}
		for pair := range strings.SplitSeq(p.mapping, ",") {
			field, header, ok := strings.Cut(pair, "=")
			if !ok {
				return catalog.ImportReport{}, fmt.Errorf("-map %q is no field=header", pair)
			}
			in.Mapping[strings.TrimSpace(field)] = catalog.Column{Header: strings.TrimSpace(header)}
		}
	case strings.EqualFold(filepath.Ext(p.file), ".jsonl"):
		in.Form = catalog.JSONForm
	}
	var bar *progress.Bar
	in.Progress = func(done, all int) {
		if bar == nil {
			bar = progress.New(p.messages, all, "products")
		}
		bar.Step(done)
	}
	start := time.Now()
	report, err := p.shop.Import(ctx, bytes.NewReader(data), in)
	if bar != nil {
		bar.Clear()
	}
	p.offers = report.Offers
	fmt.Fprintf(p.messages, "%d rows in %v\n", report.Rows, time.Since(start).Round(time.Millisecond))
	return report, err
}
