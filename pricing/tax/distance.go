package tax

import (
	"errors"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// DistanceSale is a sale of goods, or of electronic services, from one state of
// the European Union to a customer in another.
type DistanceSale struct {
	// Seller is the country that the goods are sent from, Buyer the one that
	// they go to. Greece is GR or EL, Northern Ireland XI.
	Seller, Buyer string
	// SellerPostal and BuyerPostal are the postal codes there. Without them the
	// territories that do not follow their state, such as the Canary Islands,
	// are taken for the state; see [VATState].
	SellerPostal, BuyerPostal string
	// Service says that it is an electronic service and not goods.
	Service bool
	// OptedIn says that the seller has chosen to tax all such sales where they
	// go (art. 59c(3)).
	OptedIn bool
	// Business says that the buyer has a VAT number of another state that was
	// found valid; what reads like one is not enough (art. 138).
	Business bool
	// ExceededLastYear says that sales to all other states came to more than the
	// threshold in the calendar year before.
	ExceededLastYear bool
	// Before is the net of these sales in the calendar year so far, Net that of
	// this one.
	Before, Net money.Amount
	// Threshold is what they may come to, by default [DistanceThreshold].
	Threshold money.Amount
}

// DistanceThreshold is 10,000 EUR, the limit of art. 59c(1).
var DistanceThreshold = money.New(10_000_00, money.EUR)

// Treatment says where a sale is taxed, or that it is not.
type Treatment string

// The treatments of a [DistanceSale].
const (
	TaxedAtOrigin      Treatment = "origin"         // in the seller's country
	TaxedAtDestination Treatment = "destination"    // in the buyer's country
	ReverseCharge      Treatment = "reverse_charge" // without tax: the buyer owes it
	Export             Treatment = "export"         // without tax: the goods leave the VAT area
	OutsideUnion       Treatment = "outside_union"  // not taxed in the Union: the service is used outside of the VAT area
)

// Treatment tells how the sale is taxed. The sale with which the year's net goes
// beyond the threshold is the first that is taxed at its destination (art. 59c(2));
// one that only reaches it is not. The error is a [*FieldError].
func (s DistanceSale) Treatment() (Treatment, error) {
	from := VATState(Place{Country: s.Seller, Postal: s.SellerPostal}, !s.Service)
	if from == "" {
		return "", field(invalid("%.10q %.20q is not in the VAT area of the European Union", s.Seller, s.SellerPostal), "seller")
	}
	buyer := Place{Country: s.Buyer, Postal: s.BuyerPostal}
	if err := buyer.check(); err != nil {
		return "", field(errors.Unwrap(err), "buyer")
	}
	to := VATState(buyer, !s.Service)
	if s.Before.Sign() < 0 {
		return "", field(invalid("%s is negative", s.Before), "before")
	}
	if s.Net.Sign() < 0 {
		return "", field(invalid("%s is negative", s.Net), "net")
	}
	threshold := s.Threshold
	if threshold == (money.Amount{}) {
		threshold = DistanceThreshold
	}
	sum, err := s.Before.Add(s.Net)
	if err != nil {
		return "", field(err, "net")
	}
	over, err := sum.Cmp(threshold)
	if err != nil {
		return "", field(err, "threshold")
	}
	switch {
	case to == "" && s.Service:
		return OutsideUnion, nil
	case to == "":
		return Export, nil
	case from == to:
		return TaxedAtOrigin, nil
	case s.Business:
		return ReverseCharge, nil
	case s.OptedIn || s.ExceededLastYear || over > 0:
		return TaxedAtDestination, nil
	}
	return TaxedAtOrigin, nil
}

// union lists the states of the European Union by the prefixes of their VAT
// numbers, with Northern Ireland, which is part of it for goods.
var union = []string{
	"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU",
	"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
}

func inUnion(country string) bool { return slices.Contains(union, vatPrefix(country)) }

// vatPrefix returns the prefix of a country's VAT numbers, which but for Greece is
// its code.
func vatPrefix(country string) string {
	if country == "GR" {
		return "EL"
	}
	return country
}
