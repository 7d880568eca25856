// Package unittext writes the value of an attribute as the text that is hashed when
// a unit is assigned to an arm, the same for every Go type that holds it.
package unittext

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Of returns the text of a text that is not empty or a number that is not zero, and
// "" for everything else. Whole numbers of integer types are written digit by
// digit, so that identifiers beyond 2⁵³ stay apart; a float64 as JavaScript does.
func Of(x any) string {
	switch x := x.(type) {
	case string:
		return x
	case float64:
		return number(x)
	case json.Number:
		return literal(x.String())
	}
	switch v := reflect.ValueOf(x); v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return literal(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return literal(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		return number(v.Float())
	}
	return ""
}

// literal is the text of a JSON number: digits as they are, nothing for zero.
func literal(text string) string {
	if strings.ContainsAny(text, ".eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return ""
		}
		return number(f)
	}
	if strings.Trim(text, "-0") == "" {
		return ""
	}
	return text
}

// number writes f as JavaScript does, nothing for what cannot be hashed.
func number(f float64) string {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	sign, digits := exponent[:1], strings.TrimLeft(exponent[1:], "0")
	return mantissa + "e" + sign + digits
}
