package stem_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search/internal/stem"
)

// The stems are those of the Snowball project's English stemmer (compared with
// blevesearch/snowballstem over the 24,824 words of the public relevance set), except
// where the table of irregular words says otherwise.
func TestEnglish(t *testing.T) {
	for _, row := range strings.Split(`socks sock
caresses caress
ponies poni
ties tie
cats cat
gas gas
this this
hopping hop
hoping hope
bedspreads bedspread
agreed agre
disabled disabl
lighting light
happy happi
relational relat
conditional condit
vietnamization vietnam
generalizations general
adjustable adjust
adjustment adjust
replacement replac
adoption adopt
probate probat
controlling control
earrings earring
proceeds proceed
dying die
knives knife
women woman
wireless wireless
headphones headphon
16gb 16gb
xm5s xm5s
as as`, "\n") {
		word, want, _ := strings.Cut(row, " ")
		require.Equal(t, want, stem.English(word), word)
	}
}

// Of each language, forms of one word share a stem and another word does not.
func TestLight(t *testing.T) {
	for language, groups := range map[string][][]string{
		"de": {{"schuh", "schuhe", "schuhen", "schuhs"}, {"lampe", "lampen"}, {"kind", "kinder", "kindern"}},
		"fr": {{"chaussure", "chaussures"}, {"manteau", "manteaux"}, {"cheval", "chevaux"}},
		"es": {{"zapato", "zapatos"}, {"luz", "luces"}, {"sarten", "sartenes"}},
		"it": {{"scarpa", "scarpe"}, {"giacca", "giacche"}, {"libro", "libri"}},
		"nl": {{"schoen", "schoenen"}, {"lap", "lappen"}, {"tafel", "tafels"}},
		"pt": {{"sapato", "sapatos"}, {"cordao", "cordoes"}, {"flor", "flores"}},
		"sv": {{"sko", "skor"}, {"lampa", "lampor"}},
		"da": {{"lampe", "lamper"}, {"stol", "stolene"}},
		"ru": {{"лампа", "лампы", "лампами"}, {"красный", "красная", "красные"}},
		"ja": {{"カメラ"}},
	} {
		f, ok := stem.For(language)
		require.True(t, ok, language)
		seen := map[string]bool{}
		for _, forms := range groups {
			for _, form := range forms {
				require.Equal(t, f(forms[0]), f(form), "%s: %s", language, form)
			}
			require.False(t, seen[f(forms[0])], "%s: %s", language, forms[0])
			seen[f(forms[0])] = true
		}
	}
	_, ok := stem.For("xx")
	require.False(t, ok)
	require.Contains(t, stem.Languages(), "en")
	require.NotContains(t, stem.Languages(), "")
}

// No word makes a stemmer panic or return nothing.
func FuzzStems(f *testing.F) {
	f.Add("ings")
	f.Add("yyyy")
	f.Add("ые")
	f.Fuzz(func(t *testing.T, word string) {
		for _, language := range stem.Languages() {
			of, _ := stem.For(language)
			if got := of(word); word != "" && got == "" {
				t.Fatalf("%s: %q has no stem", language, word)
			}
		}
	})
}
