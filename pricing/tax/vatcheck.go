package tax

import (
	"strconv"
	"strings"
)

// vatState is how a state forms its numbers. The sources of the check digits are
// the states' own rules; those that are published in one place are in BMF
// (Austria), UID-Konstruktionsregeln.
type vatState struct {
	forms []string // see fits
	short int      // length of an older form that lacks a leading zero
	check func(number string) bool
}

var vatStates = map[string]vatState{
	"AT": {forms: []string{"Udddddddd"}, check: func(s string) bool { return (luhn(s[1:8])+digit(s[8])+4)%10 == 0 }},
	"BE": {forms: []string{"0ddddddddd", "1ddddddddd"}, short: 9, check: func(s string) bool { return 97-number(s[:8])%97 == number(s[8:]) }},
	"BG": {forms: []string{"ddddddddd", "dddddddddd"}, check: checkBG},
	"CH": {forms: []string{"EdddddddddMWST", "EdddddddddTVA", "EdddddddddIVA"}, check: func(s string) bool {
		return (11-weigh(s[1:9], 5, 4, 3, 2, 7, 6, 5, 4)%11)%11 == digit(s[9])
	}},
	"CY": {forms: []string{"dddddddda"}, check: checkCY},
	"CZ": {forms: []string{"dddddddd", "ddddddddd", "dddddddddd"}, check: checkCZ},
	"DE": {forms: []string{"ddddddddd"}, check: func(s string) bool { return s[0] != '0' && mod11and10(s) }},
	"DK": {forms: []string{"dddddddd"}, check: func(s string) bool { return s[0] != '0' && weigh(s, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }},
	"EE": {forms: []string{"ddddddddd"}, check: func(s string) bool { return weigh(s, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0 }},
	"EL": {forms: []string{"ddddddddd"}, short: 8, check: func(s string) bool {
		return weigh(s, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == digit(s[8])
	}},
	"ES": {forms: []string{"xdddddddx"}, check: checkES},
	"FI": {forms: []string{"dddddddd"}, check: func(s string) bool { return weigh(s, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0 }},
	"FR": {forms: []string{"xxddddddddd"}, check: checkFR},
	"GB": {forms: formsGB, check: checkGB},
	"HR": {forms: []string{"ddddddddddd"}, check: mod11and10},
	"HU": {forms: []string{"dddddddd"}, check: func(s string) bool { return weigh(s, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0 }},
	"IE": {forms: []string{"dsddddda", "dddddddaa"}, check: checkIE},
	"IT": {forms: []string{"ddddddddddd"}, check: checkIT},
	"LT": {forms: []string{"ddddddddd", "dddddddddddd"}, check: checkLT},
	"LU": {forms: []string{"dddddddd"}, check: func(s string) bool { return number(s[:6])%89 == number(s[6:]) }},
	"LV": {forms: []string{"ddddddddddd"}, check: checkLV},
	"MT": {forms: []string{"dddddddd"}, check: func(s string) bool { return s[0] != '0' && weigh(s, 3, 4, 6, 7, 8, 9, 10, 1)%37 == 0 }},
	"NL": {forms: []string{"dddddddddBdd"}, check: checkNL},
	"PL": {forms: []string{"dddddddddd"}, check: func(s string) bool { return weigh(s, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == digit(s[9]) }},
	"PT": {forms: []string{"ddddddddd"}, check: func(s string) bool {
		return s[0] != '0' && (11-weigh(s, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == digit(s[8])
	}},
	"RO": {forms: []string{"dd", "ddd", "dddd", "ddddd", "dddddd", "ddddddd", "dddddddd", "ddddddddd", "dddddddddd"}, check: func(s string) bool {
		padded := strings.Repeat("0", 10-len(s)) + s
		return s[0] != '0' && weigh(padded, 7, 5, 3, 2, 1, 7, 5, 3, 2)*10%11%10 == digit(padded[9])
	}},
	"SE": {forms: []string{"dddddddddd01"}, check: func(s string) bool { return luhn(s[:10]) == 0 }},
	"SI": {forms: []string{"dddddddd"}, check: func(s string) bool {
		check := 11 - weigh(s, 8, 7, 6, 5, 4, 3, 2)%11
		return s[0] != '0' && check != 11 && check%10 == digit(s[7])
	}},
	"SK": {forms: []string{"dddddddddd"}, check: func(s string) bool {
		return s[0] != '0' && strings.IndexByte("234789", s[2]) >= 0 && number(s)%11 == 0 || birthNumber(s)
	}},
	"XI": {forms: formsGB, check: checkGB},
}

func digit(c byte) int { return int(c - '0') }

// number reads digits, of which there are at most 18.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// weigh sums the first digits of s, each times its weight.
func weigh(s string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += w * digit(s[i])
	}
	return sum
}

// luhn is the checksum of ISO/IEC 7812-1, 0 when it is right.
func luhn(s string) (sum int) {
	for i := range len(s) {
		d := digit(s[len(s)-1-i])
		if i%2 == 1 {
			d = d*2/10 + d*2%10
		}
		sum += d
	}
	return sum % 10
}

// mod11and10 checks the last digit by ISO 7064, MOD 11,10.
func mod11and10(s string) bool {
	check := 10
	for i := range len(s) - 1 {
		sum := (check + digit(s[i])) % 10
		if sum == 0 {
			sum = 10
		}
		check = sum * 2 % 11
	}
	return (check+digit(s[len(s)-1]))%10 == 1
}

// checkBG: companies have nine digits, people ten: of Bulgarians (EGN),
// foreigners, and others.
func checkBG(s string) bool {
	if len(s) == 9 {
		check := weigh(s, 1, 2, 3, 4, 5, 6, 7, 8) % 11
		if check == 10 {
			check = weigh(s, 3, 4, 5, 6, 7, 8, 9, 10) % 11
		}
		return check%10 == digit(s[8])
	}
	last := digit(s[9])
	month, day := number(s[2:4]), number(s[4:6]) // 20 more for the 19th century, 40 for the 21st
	dated := month < 60 && month%20 >= 1 && month%20 <= 12 && day >= 1 && day <= 31
	return dated && weigh(s, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 == last ||
		weigh(s, 21, 19, 17, 13, 11, 9, 7, 3, 1)%10 == last ||
		(11-weigh(s, 4, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == last
}

func checkCY(s string) bool {
	odd := [10]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21}
	sum := 0
	for i := range 8 {
		if i%2 == 0 {
			sum += odd[digit(s[i])]
		} else {
			sum += digit(s[i])
		}
	}
	return !strings.HasPrefix(s, "12") && 'A'+byte(sum%26) == s[8]
}

// checkCZ: companies have eight digits; people nine that begin with 6, or their
// birth number.
func checkCZ(s string) bool {
	switch {
	case len(s) == 8:
		check := (11 - weigh(s, 8, 7, 6, 5, 4, 3, 2)%11) % 11
		if check == 0 {
			check = 1
		}
		return s[0] != '9' && check%10 == digit(s[7])
	case len(s) == 9 && s[0] == '6':
		sum := weigh(s[1:], 8, 7, 6, 5, 4, 3, 2) % 11
		return (8-(10-sum+11)%11+10)%10 == digit(s[8])
	}
	return birthNumber(s)
}

// birthNumber checks the number that Czechs and Slovaks have: the date of birth,
// with 50 more in the month of women, and what before 1954 had no check digit.
func birthNumber(s string) bool {
	month, day, year := number(s[2:4])%50, number(s[4:6]), number(s[:2])
	if len(s) == 10 && month > 20 { // the days that ran out of numbers
		month -= 20
	}
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	if len(s) == 9 {
		return year < 54
	}
	check := number(s[:9]) % 11
	if year >= 54 && year < 85 {
		check %= 10
	}
	return check == digit(s[9])
}

// checkES: people have eight digits and a letter, or X, Y or Z before seven if
// they are foreigners; companies a letter, seven digits, and a digit or letter.
func checkES(s string) bool {
	if i := strings.IndexByte("XYZ", s[0]); i >= 0 {
		return letterES(strconv.Itoa(i)+s[1:8]) == s[8]
	}
	switch {
	case isDigit(s[0]):
		return letterES(s[:8]) == s[8]
	case strings.IndexByte("KLM", s[0]) >= 0:
		return letterES(s[1:8]) == s[8]
	}
	check := (10 - luhn(s[1:8]+"0")) % 10
	return strings.IndexByte("ABCDEFGHJNPQRSUVW", s[0]) >= 0 && (s[8] == '0'+byte(check) || s[8] == "JABCDEFGHI"[check])
}

func letterES(digits string) byte { return "TRWAGMYFPDXBNJZSQVHLCKE"[number(digits)%23] }

// checkFR: two signs and a SIREN; in Monaco the SIREN begins with 000 and has no
// check digit of its own.
func checkFR(s string) bool {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	first, second := strings.IndexByte(alphabet, s[0]), strings.IndexByte(alphabet, s[1])
	siren := number(s[2:])
	switch {
	case first < 0 || second < 0, s[2:5] != "000" && luhn(s[2:]) != 0:
		return false
	case first < 10 && second < 10:
		return (siren*100+12)%97 == number(s[:2])
	}
	key := first*34 + second - 100
	if first < 10 {
		key = first*24 + second - 10
	}
	return (siren+1+key/11)%11 == key%11
}

// Departments of the government are GD000 to GD499, health authorities HA500 to
// HA999; a branch has three digits more.
var formsGB = []string{"ddddddddd", "dddddddddddd", "GDddd", "HAddd"}

func checkGB(s string) bool {
	switch {
	case s[0] == 'G':
		return s[2] < '5'
	case s[0] == 'H':
		return s[2] >= '5'
	}
	rest := weigh(s, 8, 7, 6, 5, 4, 3, 2, 10, 1) % 97
	return rest == 0 || s[0] != '0' && (rest == 42 || rest == 55) // the second series, from 2010 on
}

// checkIE: seven digits and a letter, since 2013 perhaps a second one; formerly
// the second digit was a letter, + or *.
func checkIE(s string) bool {
	const alphabet = "WABCDEFGHIJKLMNOPQRSTUV"
	digits, more := s[:7], 0
	if len(s) == 9 {
		if more = strings.IndexByte(alphabet, s[8]); more < 0 {
			return false
		}
	}
	if !isDigit(s[1]) {
		digits = "0" + s[2:7] + s[:1]
	}
	return alphabet[(weigh(digits, 8, 7, 6, 5, 4, 3, 2)+9*more)%23] == s[7]
}

// checkIT: after seven digits of its own a number has those of its province.
func checkIT(s string) bool {
	province := number(s[7:10])
	known := province >= 1 && province <= 100 || province == 120 || province == 121 || province == 888 || province == 999
	return s[:7] != "0000000" && known && luhn(s) == 0
}

func checkLT(s string) bool {
	n := len(s) - 1
	sums := [2]int{}
	for i := range n {
		sums[0] += (1 + i%9) * digit(s[i])
		sums[1] += (1 + (i+2)%9) * digit(s[i])
	}
	check := sums[0] % 11
	if check == 10 {
		check = sums[1] % 11
	}
	return s[n-1] == '1' && check%10 == digit(s[n])
}

// checkLV: companies begin with 4 to 9; people have a personal code, which begins
// with the date of birth or, since 2017, with 32.
func checkLV(s string) bool {
	if s[0] > '3' {
		return weigh(s, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)%11 == 3
	}
	day, month := number(s[:2]), number(s[2:4])
	dated := day >= 1 && day <= 31 && month >= 1 && month <= 12
	return (dated || s[:2] == "32") && (1+weigh(s, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9))%11%10 == digit(s[10])
}

// checkNL: the number of a company or citizen with B and the number of a unit; since 2020 that of
// sole traders is checked as a whole by ISO 7064, MOD 97-10.
func checkNL(s string) bool {
	if s[10:] == "00" {
		return false
	}
	const n, l, b = "23", "21", "11" // the letters as numbers
	rest := 0
	for _, c := range []byte(n + l + s[:9] + b + s[10:]) {
		rest = (rest*10 + digit(c)) % 97
	}
	return rest == 1 || weigh(s, 9, 8, 7, 6, 5, 4, 3, 2)%11 == digit(s[8]) && s[:9] != "000000000"
}
