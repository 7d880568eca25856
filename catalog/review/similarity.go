package review

import (
	"strings"
	"unicode"
)

// Similarity returns how alike two texts are, 0 to 1: the Jaccard index of their
// sets of shingles, runs of so many words (Broder, 1997). Words are maximal runs of
// letters or digits, in lower case; a text of fewer words is one shingle of all of
// them. Two texts without words are alike. O(words).
func Similarity(a, b string, shingleWords int) (float64, error) {
	if shingleWords < 1 {
		return 0, outOfRange("shingle_words", "%d is not positive", shingleWords)
	}
	return jaccard(shingles(a, shingleWords), shingles(b, shingleWords)), nil
}

func jaccard(x, y map[string]struct{}) float64 {
	if len(x)+len(y) == 0 {
		return 1
	}
	both := 0
	for s := range x {
		if _, ok := y[s]; ok {
			both++
		}
	}
	return float64(both) / float64(len(x)+len(y)-both)
}

// words returns the words of a text in lower case.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func shingles(text string, n int) map[string]struct{} {
	list := words(text)
	set := make(map[string]struct{}, max(1, len(list)-n+1))
	if len(list) == 0 {
		return set
	}
	for i := range max(1, len(list)-n+1) {
		set[strings.Join(list[i:min(i+n, len(list))], " ")] = struct{}{}
	}
	return set
}

// BurstPValue returns P(X >= seen) for a Poisson variable with the expected number:
// how likely it is that so many reviews come in a window by chance. O(seen).
func BurstPValue(seen int64, expected float64) (float64, error) {
	switch {
	case seen < 0 || seen > maxCount:
		return 0, outOfRange("reviews_in_window", "%d", seen)
	case !(expected >= 0) || expected > maxCount:
		return 0, outOfRange("expected", "%v", expected)
	}
	return poissonTail(seen, expected), nil
}
