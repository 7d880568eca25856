package supplier

import (
	"fmt"
	"math"
)

// Level is an inspection level of ISO 2859-1.
type Level uint8

// Levels. General level II is the usual one.
const (
	LevelII Level = iota
	LevelI
	LevelIII
	LevelS1
	LevelS2
	LevelS3
	LevelS4
)

var levelNames = [...]string{"II", "I", "III", "S-1", "S-2", "S-3", "S-4"}

// String returns the name as the standard prints it.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// ParseLevel is the inverse of [Level.String].
func ParseLevel(name string) (Level, error) {
	for i, n := range levelNames {
		if n == name {
			return Level(i), nil
		}
	}
	return 0, refuse("inspection level", name, ErrInput)
}

// Severity is how strict inspection is at the moment.
type Severity uint8

// Severities.
const (
	Normal Severity = iota
	Tightened
	Reduced
)

var severityNames = [...]string{"normal", "tightened", "reduced"}

// String returns the lower-case name.
func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return fmt.Sprintf("Severity(%d)", uint8(s))
}

// ParseSeverity is the inverse of [Severity.String].
func ParseSeverity(name string) (Severity, error) {
	for i, n := range severityNames {
		if n == name {
			return Severity(i), nil
		}
	}
	return 0, refuse("severity", name, ErrInput)
}

// Sampling is the number of stages of a plan of ISO 2859-1.
type Sampling uint8

// Samplings. Double and multiple plans have nearly the operating characteristic
// of the single plan of their letter and inspect fewer units on average.
const (
	Single Sampling = iota
	Double
	Multiple
)

// Scheme says how the lots of an item are inspected: the fields of an order that
// choose a plan of ISO 2859-1.
type Scheme struct {
	Level Level
	// AQL is the acceptance quality limit in percent (or in defects per hundred
	// units), one of the standard's series 0.010, 0.015, … 1000.
	AQL float64
	// Sampling is the number of stages. Where the standard has no plan of two or
	// seven stages, the single plan is used, as it says.
	Sampling Sampling
}

// LotPlan is the plan for one lot.
type LotPlan struct {
	// Letter is the code letter of the lot size, PlanLetter the one of the plan to
	// which the arrows of the table lead.
	Letter, PlanLetter string
	Severity           Severity
	// Stages has one to seven stages. On reduced inspection a total that exceeds
	// the last Accept and is below Reject accepts the lot, and ends reduced
	// inspection.
	Stages []Stage
	// Full says that the sample would not be smaller than the lot, so that all
	// units are to be inspected, in one stage.
	Full bool
}

// Plan returns the plan as one whose operating characteristic can be computed.
func (p LotPlan) Plan(law Law, lot int) MultiplePlan {
	return MultiplePlan{Stages: p.Stages, Law: law, Lot: lot}
}

var (
	lotUpper = [...]int{8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10000, 35000, 150000, 500000}
	// letters[level][i] is the code letter for lots up to lotUpper[i].
	letters = [...]string{
		LevelII:  "ABCDEFGHJKLMNPQ",
		LevelI:   "AABCCDEFGHJKLMN",
		LevelIII: "BCDEFGHJKLMNPQR",
		LevelS1:  "AAAABBBBCCCCDDD",
		LevelS2:  "AAABBBCCCDDDEEE",
		LevelS3:  "AABBCCDDEEFFGGH",
		LevelS4:  "AABCCDEEFGGHJJK",
	}
	codeLetters = "ABCDEFGHJKLMNPQRS"
	aqlSeries   = [...]float64{
		0.010, 0.015, 0.025, 0.040, 0.065, 0.10, 0.15, 0.25, 0.40, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5,
		10, 15, 25, 40, 65, 100, 150, 250, 400, 650, 1000,
	}
	sampleSizes  = [...]int{2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150}
	reducedSizes = [...]int{2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800}
)

// The tables of the standard are constant along their diagonals: from one letter
// to the next the sample grows by 1.6, from one AQL to the next the AQL does. A
// cell is known by the sum d of both indices (letter A and AQL 0.010 are 0).
// Each severity has a zero cell, from it arrows, and then numbers to the last
// diagonal: beyond 21 (tightened 18, reduced 10) up to letter E only.
//
// The figures are those of MIL-STD-105E, tables II to IV, which ISO 2859-1:1989
// and ANSI/ASQ Z1.4 share. ISO 2859-1:1999 has the same normal and tightened
// plans; its reduced plans close the gap between Ac and Re.
type column struct {
	single   [2]int
	double   [2][2]int
	multiple [7][2]int
}

const (
	firstCell = 17 // the diagonal of Ac 1 of normal inspection
	lastCell  = 26
	wideLast  = 24 // the last diagonal of letters from F on
)

var normalCells = [lastCell - firstCell + 1]column{
	{[2]int{1, 2}, [2][2]int{{0, 2}, {1, 2}}, [7][2]int{{-1, 2}, {-1, 2}, {0, 2}, {0, 3}, {1, 3}, {1, 3}, {2, 3}}},
	{[2]int{2, 3}, [2][2]int{{0, 3}, {3, 4}}, [7][2]int{{-1, 2}, {0, 3}, {0, 3}, {1, 4}, {2, 4}, {3, 5}, {4, 5}}},
	{[2]int{3, 4}, [2][2]int{{1, 4}, {4, 5}}, [7][2]int{{-1, 3}, {0, 3}, {1, 4}, {2, 5}, {3, 6}, {4, 6}, {6, 7}}},
	{[2]int{5, 6}, [2][2]int{{2, 5}, {6, 7}}, [7][2]int{{-1, 4}, {1, 5}, {2, 6}, {3, 7}, {5, 8}, {7, 9}, {9, 10}}},
	{[2]int{7, 8}, [2][2]int{{3, 7}, {8, 9}}, [7][2]int{{0, 4}, {1, 6}, {3, 8}, {5, 10}, {7, 11}, {10, 12}, {13, 14}}},
	{[2]int{10, 11}, [2][2]int{{5, 9}, {12, 13}}, [7][2]int{{0, 5}, {3, 8}, {6, 10}, {8, 13}, {11, 15}, {14, 17}, {18, 19}}},
	{[2]int{14, 15}, [2][2]int{{7, 11}, {18, 19}}, [7][2]int{{1, 7}, {4, 10}, {8, 13}, {12, 17}, {17, 20}, {21, 23}, {25, 26}}},
	{[2]int{21, 22}, [2][2]int{{11, 16}, {26, 27}}, [7][2]int{{2, 9}, {7, 14}, {13, 19}, {19, 25}, {25, 29}, {31, 33}, {37, 38}}},
	{[2]int{30, 31}, [2][2]int{{17, 22}, {37, 38}}, [7][2]int{{4, 12}, {11, 19}, {19, 27}, {27, 34}, {36, 40}, {45, 47}, {53, 54}}},
	{[2]int{44, 45}, [2][2]int{{25, 31}, {56, 57}}, [7][2]int{{6, 16}, {17, 27}, {29, 39}, {40, 49}, {53, 58}, {65, 68}, {77, 78}}},
}

// tightenedCells begins one diagonal later.
var tightenedCells = [lastCell - firstCell]column{
	normalCells[0], normalCells[1], normalCells[2], normalCells[3],
	{[2]int{8, 9}, [2][2]int{{3, 7}, {11, 12}}, [7][2]int{{0, 4}, {2, 7}, {4, 9}, {6, 11}, {9, 12}, {12, 14}, {14, 15}}},
	{[2]int{12, 13}, [2][2]int{{6, 10}, {15, 16}}, [7][2]int{{0, 6}, {3, 9}, {7, 12}, {10, 15}, {14, 17}, {18, 20}, {21, 22}}},
	{[2]int{18, 19}, [2][2]int{{9, 14}, {23, 24}}, [7][2]int{{1, 8}, {6, 12}, {11, 17}, {16, 22}, {22, 25}, {27, 29}, {32, 33}}},
	{[2]int{27, 28}, [2][2]int{{15, 20}, {34, 35}}, [7][2]int{{3, 10}, {10, 17}, {17, 24}, {24, 31}, {32, 37}, {40, 43}, {48, 49}}},
	{[2]int{41, 42}, [2][2]int{{23, 29}, {52, 53}}, [7][2]int{{6, 15}, {16, 25}, {26, 36}, {37, 46}, {49, 55}, {61, 64}, {72, 73}}},
}

var reducedCells = [lastCell - firstCell + 1]column{
	{single: [2]int{0, 2}, double: [2][2]int{{0, 2}, {0, 2}}},
	{single: [2]int{1, 3}, double: [2][2]int{{0, 3}, {0, 4}}},
	{single: [2]int{1, 4}, double: [2][2]int{{0, 4}, {1, 5}}},
	{single: [2]int{2, 5}, double: [2][2]int{{0, 4}, {3, 6}}},
	{single: [2]int{3, 6}, double: [2][2]int{{1, 5}, {4, 7}}},
	{single: [2]int{5, 8}, double: [2][2]int{{2, 7}, {6, 9}}},
	{single: [2]int{7, 10}, double: [2][2]int{{3, 8}, {8, 12}}},
	{single: [2]int{10, 13}, double: [2][2]int{{5, 10}, {12, 16}}},
	{single: [2]int{14, 17}, double: [2][2]int{{7, 12}, {18, 22}}},
	{single: [2]int{21, 24}, double: [2][2]int{{11, 17}, {26, 30}}},
}

// Letters A and B keep two units on reduced inspection, so that their numbers
// stay closer to those of normal inspection.
var (
	reducedA = [...][2]int{{1, 2}, {2, 3}, {3, 4}, {5, 6}, {7, 8}, {10, 11}, {14, 15}, {21, 22}, {30, 31}}
	reducedB = [...][2]int{{0, 2}, {1, 3}, {2, 4}, {3, 5}, {5, 6}, {7, 8}, {10, 11}, {14, 15}, {21, 22}, {30, 31}}
)

// cell is what the table of a severity says at a letter and an AQL.
type cell struct {
	arrow int // -1 up, +1 down, 0 a plan
	zero  bool
	column
}

func lookUp(severity Severity, letter, aql int) cell {
	d := letter + aql
	zero, arrows, cells := 14, 2, normalCells[:]
	switch severity {
	case Tightened:
		zero, cells = 15, tightenedCells[:]
	case Reduced:
		cells = reducedCells[:]
	}
	first := zero + arrows + 1
	most := wideLast
	if letter <= 4 {
		most = lastCell
	}
	switch {
	case severity == Tightened && letter == len(sampleSizes)-1: // letter S has one plan
		if d == first {
			return cell{column: cells[0]}
		}
		return cell{arrow: -1}
	case d < zero:
		return cell{arrow: 1}
	case d == zero:
		return cell{zero: true, column: column{single: [2]int{0, 1}}}
	case severity != Tightened && d == zero+1:
		return cell{arrow: -1}
	case d < first:
		return cell{arrow: 1}
	case d > most:
		return cell{arrow: -1}
	}
	c := cell{column: cells[d-first]}
	if severity == Reduced && letter <= 1 {
		own := reducedA[:]
		if letter == 1 {
			own = reducedB[:]
		}
		if d-first >= len(own) {
			return cell{arrow: -1}
		}
		c.single = own[d-first]
	}
	return c
}

// follow returns the letter and cell to which the arrows lead. An arrow down from
// the last letter leads up, one up from the first down.
func follow(severity Severity, letter, aql int) (int, cell, bool) {
	last := len(sampleSizes) - 2
	if severity == Tightened {
		last++
	}
	at, c := letter, lookUp(severity, letter, aql)
	if c.arrow == 0 {
		return at, c, true
	}
	for _, direction := range []int{c.arrow, -c.arrow} {
		for at = letter + direction; at >= 0 && at <= last; at += direction {
			if c = lookUp(severity, at, aql); c.arrow == 0 {
				return at, c, true
			}
		}
	}
	return 0, cell{}, false
}

func aqlIndex(aql float64) (int, error) {
	for i, a := range aqlSeries {
		if math.Abs(aql-a) < 1e-9*a {
			return i, nil
		}
	}
	return 0, refuse("AQL", aql, ErrNoPlan)
}

// CodeLetter returns the code letter for a lot size.
func (s Scheme) CodeLetter(lot int) (string, error) {
	i, err := s.letter(lot)
	if err != nil {
		return "", err
	}
	return codeLetters[i : i+1], nil
}

func (s Scheme) letter(lot int) (int, error) {
	if int(s.Level) >= len(letters) {
		return 0, refuse("inspection level", uint8(s.Level), ErrInput)
	}
	if lot < 1 || lot > mostUnits {
		return 0, refuse("lot size", lot, ErrRange)
	}
	row := len(lotUpper)
	for i, upper := range lotUpper {
		if lot <= upper {
			row = i
			break
		}
	}
	letter := letters[s.Level][row]
	for i := range len(codeLetters) {
		if codeLetters[i] == letter {
			return i, nil
		}
	}
	return 0, refuse("code letter", string(letter), ErrNoPlan)
}

// Plan returns the plan for a lot under a severity, which [History] keeps: the
// first plan that the arrows lead to, with the sample size of that plan's letter.
// If the sample would not be smaller than the lot, all of the lot is to be
// inspected; so is a lot of one unit, which the standard does not know.
//
// Reduced inspection in seven stages is not offered and uses two.
func (s Scheme) Plan(lot int, severity Severity) (LotPlan, error) {
	switch {
	case int(severity) >= len(severityNames):
		return LotPlan{}, refuse("severity", uint8(severity), ErrInput)
	case s.Sampling > Multiple:
		return LotPlan{}, refuse("sampling", uint8(s.Sampling), ErrInput)
	}
	letter, err := s.letter(lot)
	if err != nil {
		return LotPlan{}, err
	}
	aql, err := aqlIndex(s.AQL)
	if err != nil {
		return LotPlan{}, err
	}
	at, c, ok := follow(severity, letter, aql)
	if !ok {
		return LotPlan{}, refuse("AQL", s.AQL, ErrNoPlan)
	}
	plan := LotPlan{Letter: codeLetters[letter : letter+1], PlanLetter: codeLetters[at : at+1], Severity: severity}
	plan.Stages = stagesOf(s.Sampling, severity, at, c)
	total := 0
	for _, st := range plan.Stages {
		total += st.N
	}
	if total >= lot {
		// Perhaps the single plan is smaller than the lot.
		one := stagesOf(Single, severity, at, c)[0]
		plan.Full = one.N >= lot
		if plan.Full {
			one.N = lot
		}
		plan.Stages = []Stage{one}
	}
	return plan, nil
}

func stagesOf(sampling Sampling, severity Severity, letter int, c cell) []Stage {
	sizes := sampleSizes[:]
	if severity == Reduced {
		sizes = reducedSizes[:]
		sampling = min(sampling, Double)
	}
	// A single plan of n has a double one of the size before n in the series,
	// twice, and a multiple one of the size three before, seven times.
	before := func(k int) int {
		i := letter - k
		if severity == Reduced {
			i -= 2 // the series of reduced inspection lags by two
			if i < 0 {
				return 0
			}
			return sampleSizes[i]
		}
		if i < 0 {
			return 0
		}
		return sampleSizes[i]
	}
	if !c.zero {
		if n := before(3); sampling == Multiple && n > 0 {
			stages := make([]Stage, 0, len(c.multiple))
			for _, m := range c.multiple {
				stages = append(stages, Stage{n, m[0], m[1]})
			}
			return stages
		}
		if n := before(1); sampling >= Double && n > 0 {
			return []Stage{{n, c.double[0][0], c.double[0][1]}, {n, c.double[1][0], c.double[1][1]}}
		}
	}
	return []Stage{{sizes[letter], c.single[0], c.single[1]}}
}
