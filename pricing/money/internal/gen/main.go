// Command gen writes the currency table of package money and the tables of
// package locale from the Unicode CLDR, which npm serves as the packages
// cldr-core and cldr-numbers-full.
//
//	go run ./internal/gen -out table.go -locale locale/table.go             # fetches the pinned version with npm pack
//	go run ./internal/gen -out table.go -locale locale/table.go -cldr DIR   # reads DIR/cldr-core and DIR/cldr-numbers-full
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The releases that the tables are made from. That of the locales is the
// first of CLDR 48: a later one has another grouping mark for fr-CH.
const (
	version       = "48.2.0"
	localeVersion = "48.0.0"
)

// since is the first day of the currencies that the table keeps: those that
// were in use on it or later, so that old orders can still be read.
const since = "1999-01-01"

// isoDigits are the exponents of ISO 4217 (list one, and for SLL, MRO, STD,
// TMM, ZMK and ZWD the list in force while they circulated) where CLDR tells
// the number of decimals in daily use instead, or nothing.
var isoDigits = map[string]int{
	"AFN": 2, "ALL": 2, "COP": 2, "HUF": 2, "IDR": 2, "IQD": 3, "IRR": 2,
	"KPW": 2, "LAK": 2, "LBP": 2, "MGA": 2, "MMK": 2, "MRO": 2, "PKR": 2,
	"RSD": 2, "SLL": 2, "SOS": 2, "STD": 2, "SYP": 2, "TMM": 2, "UYI": 0,
	"YER": 2, "ZMK": 2, "ZWD": 2,
}

// notISO are codes in CLDR's table of territories that are no currencies of ISO
// 4217: the offshore yuan, the Monegasque franc, and XXX, which means none.
var notISO = []string{"CNH", "MCF", "XXX"}

// common are the currencies that get a variable.
var common = []string{
	"AUD", "BRL", "CAD", "CHF", "CLF", "CLP", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF",
	"IDR", "ILS", "INR", "ISK", "JPY", "KRW", "KWD", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN",
	"RON", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "USD", "VND", "ZAR",
}

type fraction struct {
	Rounding     string `json:"_rounding"`
	Digits       string `json:"_digits"`
	CashRounding string `json:"_cashRounding"`
	CashDigits   string `json:"_cashDigits"`
}

type currencyData struct {
	Supplemental struct {
		Version struct {
			CLDR string `json:"_cldrVersion"`
		} `json:"version"`
		CurrencyData struct {
			Fractions map[string]fraction `json:"fractions"`
			Region    map[string][]map[string]struct {
				To string `json:"_to"`
			} `json:"region"`
		} `json:"currencyData"`
	} `json:"supplemental"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	out := flag.String("out", "table.go", "file to write the currencies to")
	locale := flag.String("locale", "locale/table.go", "file to write the locales to")
	dir := flag.String("cldr", "", "folder of the unpacked packages; fetched when empty")
	flag.Parse()
	if err := run(*out, *locale, *dir); err != nil {
		log.Fatal(err)
	}
}

func run(out, locale, dir string) error {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "cldr")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		if err := fetch(tmp); err != nil {
			return err
		}
		dir = tmp
	}
	core, full := filepath.Join(dir, "cldr-core"), filepath.Join(dir, "cldr-numbers-full")
	var data currencyData
	if err := read(filepath.Join(core, "supplemental", "currencyData.json"), &data); err != nil {
		return err
	}
	source, err := table(data)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, source, 0o644); err != nil {
		return err
	}
	fractions := data.Supplemental.CurrencyData.Fractions
	source, err = localeTable(core, full, codes(data), fractions, func(code string) int {
		digits, _, _ := exponents(code, fractions)
		return digits
	})
	if err != nil {
		return err
	}
	return os.WriteFile(locale, source, 0o644)
}

// fetch unpacks the packages into folders of their names.
func fetch(dir string) error {
	for name, version := range map[string]string{"cldr-core": version, "cldr-numbers-full": localeVersion} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
		for _, c := range [][]string{
			{"npm", "pack", "--silent", name + "@" + version},
			{"tar", "xzf", name + "-" + version + ".tgz", "--strip-components=1", "-C", name},
		} {
			cmd := exec.Command(c[0], c[1:]...)
			cmd.Dir, cmd.Stderr = dir, os.Stderr
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("%s: %w", strings.Join(c, " "), err)
			}
		}
	}
	return nil
}

func read(file string, v any) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// codes returns the currencies in use in some territory since the date above, in
// alphabetical order.
func codes(data currencyData) []string {
	used := map[string]bool{}
	for region, list := range data.Supplemental.CurrencyData.Region {
		if region == "ZZ" { // no territory: metals, funds of account, test codes
			continue
		}
		for _, entry := range list {
			for code, span := range entry {
				if !slices.Contains(notISO, code) && (span.To == "" || span.To >= since) {
					used[code] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(used))
}

// table returns the source of the table: one row for each currency behind the
// empty row of "no currency".
func table(data currencyData) ([]byte, error) {
	list := codes(data)
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by internal/gen from cldr-core %s (CLDR %s); DO NOT EDIT.\n\n", version, data.Supplemental.Version.CLDR)
	fmt.Fprintf(&b, "package money\n\n// CLDRVersion is the release of the Unicode CLDR that the currency table comes from.\nconst CLDRVersion = %q\n\n", data.Supplemental.Version.CLDR)
	fmt.Fprintf(&b, "// The currencies that programs name most. Every other one of ISO 4217 comes from [ParseCurrency].\nvar (\n")
	for _, code := range common {
		i, found := slices.BinarySearch(list, code)
		if !found {
			return nil, fmt.Errorf("%s is not in the table", code)
		}
		fmt.Fprintf(&b, "%s = Currency{%d}\n", code, i+1)
	}
	fmt.Fprintf(&b, ")\n\nvar table = [...]currencyRow{\n{\"\", 0, 1},\n")
	for _, code := range list {
		digits, cash, err := exponents(code, data.Supplemental.CurrencyData.Fractions)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", code, err)
		}
		fmt.Fprintf(&b, "{%q, %d, %d},\n", code, digits, cash)
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

// coins are the smallest amounts of cash, in minor units, of currencies for which
// CLDR has none, by their central banks.
var coins = map[string]int{
	"AUD": 5,   // 1 and 2 cents withdrawn in 1992, Reserve Bank of Australia
	"BBD": 5,   // 1 cent withdrawn in 2014, Central Bank of Barbados
	"BSD": 5,   // 1 cent withdrawn in 2020, Central Bank of The Bahamas
	"FJD": 5,   // 1 and 2 cents withdrawn in 2008, Reserve Bank of Fiji
	"HKD": 10,  // 10 cents is the smallest coin, Hong Kong Monetary Authority
	"ILS": 10,  // 5 agorot withdrawn in 2008, Bank of Israel
	"JMD": 100, // coins below 1 dollar withdrawn in 2018, Bank of Jamaica
	"MYR": 5,   // rounding to 5 sen since 2008, Bank Negara Malaysia
	"NZD": 10,  // 5 cents withdrawn in 2006, Reserve Bank of New Zealand
	"SGD": 5,   // 1 cent not issued since 2002, Monetary Authority of Singapore
	"TTD": 5,   // 1 cent withdrawn in 2018, Central Bank of Trinidad and Tobago
	"XCD": 5,   // 1 and 2 cents withdrawn in 2015, Eastern Caribbean Central Bank
	"ZAR": 10,  // 5 cents not minted since 2012, South African Reserve Bank
}

// exponents returns the ISO exponent of code and the smallest cash amount in
// minor units of that exponent.
func exponents(code string, fractions map[string]fraction) (digits, cash int, err error) {
	f, found := fractions[code]
	if !found {
		f = fractions["DEFAULT"]
	}
	if f.CashDigits == "" {
		f.CashDigits = f.Digits
	}
	if f.CashRounding == "" {
		f.CashRounding = f.Rounding
	}
	if digits, err = strconv.Atoi(f.Digits); err != nil {
		return 0, 0, err
	}
	if iso, differs := isoDigits[code]; differs {
		digits = iso
	}
	cashDigits, err := strconv.Atoi(f.CashDigits)
	if err != nil {
		return 0, 0, err
	}
	if cash, err = strconv.Atoi(f.CashRounding); err != nil {
		return 0, 0, err
	}
	cash = max(cash, 1)
	for range digits - cashDigits {
		cash *= 10
	}
	if coin, known := coins[code]; known && cash == 1 {
		cash = coin
	}
	return digits, cash, nil
}
