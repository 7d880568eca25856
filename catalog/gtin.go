package catalog

import (
	"strings"

	"github.com/flywheel-go/flywheel"
)

// ParseGTIN returns the digits of a global trade item number, the number under a
// bar code: of 8, 12, 13 or 14 digits whose last checks the others (GS1 General
// Specifications, 7.9). Spaces and hyphens are removed. Numbers of the ranges that
// GS1 keeps for use within a company and for coupons match flywheel.ErrForbidden,
// since they name no product; everything else that is wrong matches
// flywheel.ErrInvalid.
func ParseGTIN(code string) (string, error) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code)
	refuse := func(kind error, why string) (string, error) { return "", fieldError("gtin", kind, "%s", why) }
	switch n := len(code); {
	case !digits(code):
		return refuse(flywheel.ErrInvalid, "not digits only")
	case n != 8 && n != 12 && n != 13 && n != 14:
		return refuse(flywheel.ErrInvalid, "not 8, 12, 13 or 14 digits")
	case strings.Trim(code, "0") == "":
		return refuse(flywheel.ErrInvalid, "all zeros")
	}
	sum := 0
	for i := range len(code) {
		weight := 1
		if (len(code)-i)%2 == 0 {
			weight = 3
		}
		sum += weight * int(code[i]-'0')
	}
	if sum%10 != 0 {
		return refuse(flywheel.ErrInvalid, "the check digit is another")
	}
	thirteen := code
	switch len(code) {
	case 8:
		if code[0] == '0' || code[0] == '2' {
			return refuse(flywheel.ErrForbidden, "a range for use within a company")
		}
		return code, nil
	case 12:
		thirteen = "0" + code
	case 14:
		thirteen = code[1:]
	}
	for _, prefix := range []string{"2", "02", "04", "05", "98", "99"} {
		if strings.HasPrefix(thirteen, prefix) {
			return refuse(flywheel.ErrForbidden, "a range for use within a company or for coupons")
		}
	}
	return code, nil
}
