package money_test

import (
	"fmt"
	"log"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// A bill: three at a price, less a voucher, and what is due back from a note.
func ExampleAmount_Sub() {
	each, voucher, note := money.New(1299, money.EUR), money.New(500, money.EUR), money.New(5000, money.EUR)
	three, err := each.Mul(3)
	if err != nil {
		log.Fatal(err)
	}
	due, err := three.Sub(voucher)
	if err != nil {
		log.Fatal(err)
	}
	back, err := note.Sub(due)
	fmt.Println(three, due, back, err)
	// Output: 38.97 EUR 33.97 EUR 16.03 EUR <nil>
}

// Amounts of one currency compare; those of two do not.
func ExampleAmount_Cmp() {
	amounts := []money.Amount{money.New(250, money.EUR), money.New(-100, money.EUR), money.New(0, money.EUR)}
	slices.SortFunc(amounts, func(a, b money.Amount) int {
		c, err := a.Cmp(b)
		if err != nil {
			log.Fatal(err)
		}
		return c
	})
	fmt.Println(amounts, amounts[0].Sign(), amounts[1].IsZero())
	_, err := money.New(1, money.EUR).Cmp(money.New(1, money.USD))
	fmt.Println(err)
	// Output:
	// [-1.00 EUR 0.00 EUR 2.50 EUR] -1 true
	// money: currencies differ: "EUR" and "USD"
}

// What is booked on one side is taken off the other.
func ExampleAmount_Neg() {
	booked := money.New(1299, money.EUR)
	against, err := booked.Neg()
	fmt.Println(against, against.Minor(), against.Currency(), err)
	// Output: -12.99 EUR -1299 EUR <nil>
}

// Rows of a file without an allocation for each amount.
func ExampleAmount_AppendText() {
	row := []byte("mug;")
	row, err := money.New(795, money.EUR).AppendText(row)
	fmt.Println(string(row), err)
	// Output: mug;7.95 EUR <nil>
}

// Prices are finer than a cent: a cable by the meter, with a surcharge for copper.
func ExamplePrice_Add() {
	meter, copper := money.MustPrice("0.1234", money.EUR), money.MustPrice("0.018", money.EUR)
	with, err := meter.Add(copper)
	if err != nil {
		log.Fatal(err)
	}
	more, err := with.Cmp(meter)
	if err != nil {
		log.Fatal(err)
	}
	hundred, err := with.Mul(100)
	fmt.Println(with, more, hundred, err)
	without, err := with.Sub(copper)
	fmt.Println(without, without.Coefficient(), without.Scale(), without.Currency(), without.Sign(), err)
	// Output:
	// 0.1414 EUR 1 14.14 EUR <nil>
	// 0.1234 EUR 1234 4 EUR 1 <nil>
}

// The price of a kilogram, from a packet of 750 g.
func ExamplePrice_MulRatio() {
	kilogram, err := money.MustPrice("2.49", money.EUR).MulRatio(1000, 750, money.HalfUp)
	fmt.Println(kilogram, err)
	// Output: 3.32 EUR <nil>
}

// The service fee comes on top of the tax rate, the discount comes off the rest.
func ExampleRate_Mul() {
	tax, discount := money.Percent(19), money.Percent(10)
	rest, err := money.MustRate("1").Add(money.MustRate("-" + discount.String()))
	if err != nil {
		log.Fatal(err)
	}
	effective, err := tax.Mul(rest)
	fmt.Println(rest, effective, effective.Cmp(tax), effective.Sign(), err)
	fmt.Println(effective.Coefficient(), effective.Scale(), effective.Decimal())
	// Output:
	// 0.9 0.171 -1 1 <nil>
	// 171 3 0.171
}
