// Package locale writes and reads amounts of money as the people of a place do.
//
// # The problem
//
// 1,234.50 is a thousand in London and one and a quarter in Berlin; India puts
// its commas elsewhere, Spain leaves the first one out, Sweden's minus is not a
// hyphen, and the space before a euro sign in Paris is two different characters
// on two sides of a line break. A shop that guesses shows prices that look
// wrong, and one that guesses while reading is wrong by a factor of a hundred.
//
// # Concepts
//
// A [Locale] comes from a language tag by [Find]. [Locale.Format] writes an
// amount, [Locale.Parse] reads one: what Format writes is read back as the same
// amount, and what could mean something else is refused. Reading is lenient in
// the marks that people mix up (kinds of space, apostrophe and minus, a missing
// symbol, the code in its place, digits of either kind) and strict in what
// changes the value: groups must have their length, decimals must not be more
// than the currency has, and the symbol must be of the currency asked for.
//
// # Digits
//
// An amount is written with the decimals in daily use (HUF and IDR none, as CLDR
// says) when that shows all of it, and else with all decimals of ISO 4217:
// nothing is rounded away.
//
// # Sources
//
// The tables are generated from the Unicode CLDR (money.CLDRVersion): symbols,
// patterns, marks, digits and spacing as UTS 35, part 3, says. Not kept are
// narrow symbols, and the decimal marks of their own that some retired
// currencies and the escudo of Cape Verde have.
//
// # Cost and concurrency
//
// A program that imports the package carries about 100 KiB of tables. A Locale
// is a comparable value, safe for concurrent use; [Locale.Append] does not
// allocate.
package locale
