package locale_test

import (
	"fmt"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/money/locale"
)

func Example() {
	price := money.New(-1234567_89, money.EUR)
	for _, tag := range []string{"en", "de", "de-AT", "sv", "en-IN", "nl"} {
		l, err := locale.Find(tag)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\t%+q\n", l, l.Format(price))
	}
	read, err := locale.MustFind("de").Parse("1.234,50 €", money.EUR)
	fmt.Println(read, err)
	// Output:
	// en	"-\u20ac1,234,567.89"
	// de	"-1.234.567,89\u00a0\u20ac"
	// de-AT	"-\u20ac\u00a01.234.567,89"
	// sv	"\u22121\u00a0234\u00a0567,89\u00a0\u20ac"
	// en-IN	"-\u20ac12,34,567.89"
	// nl	"\u20ac\u00a0-1.234.567,89"
	// 1234.50 EUR <nil>
}

// What could mean something else is refused.
func ExampleLocale_Parse() {
	en := locale.MustFind("en")
	for _, text := range []string{"$1,234.50", "1,5", "5 CA$", "0.005"} {
		fmt.Println(en.Parse(text, money.USD))
	}
	// Output:
	// 1234.50 USD <nil>
	// 0 money: "1,5": money: not a number: invalid
	// 0 money: "5 CA$": money: wrong currency: invalid
	// 0 money: "0.005": money: too many decimals: invalid
}

func ExampleLocale_Accounting() {
	us := locale.MustFind("en-US")
	loss := money.New(-1250, money.USD)
	fmt.Println(us.Format(loss), us.Accounting().Format(loss), us.Symbol(money.CAD))
	fmt.Printf("%q\n", us.Codes().Append(nil, loss))
	// Output:
	// -$12.50 ($12.50) CA$
	// "-USD\u00a012.50"
}

func ExampleUnknownError() {
	_, err := locale.Find("klingon")
	fmt.Println(err)
	// Output: locale: unknown "klingon"
}
