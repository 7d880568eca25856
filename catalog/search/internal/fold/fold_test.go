package fold_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/flywheel-go/flywheel/catalog/search/internal/fold"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestString(t *testing.T) {
	for in, want := range map[string]string{
		"Crème BRÛLÉE": "creme brulee", "Straße": "strasse", "STRASSE": "strasse", "ﬁne": "fine", "Ｆｕｌｌ １２": "full 12",
		"ｶﾒﾗ": "カメラ", "ｶﾞﾗｽ": "ガラス", "ﾊﾟﾝ": "パン", "か\u3099": "が", "e\u0301": "e", "Łódź": "lodz", "Ørsted": "orsted",
		"İstanbul": "istanbul", "ısı": "isi", "ёлка": "елка", "Йод": "йод", "Ελλάς": "ελλασ", "Đà Nẵng": "da nang",
		"so\u00adft": "soft", "a\u200bb\u202ec": "abc", "한국어": "한국어", "№5": "no5", "plain": "plain", "\xff": "\ufffd",
	} {
		require.Equal(t, want, fold.String(in), in)
	}
}

// A folded text is folded: a second pass changes nothing, for every rune there is.
func TestStringIsStable(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r += rune(testkit.Often(1, 17)) {
		if r >= 0xd800 && r < 0xe000 {
			continue
		}
		once := fold.String(string(r))
		if twice := fold.String(once); twice != once {
			t.Fatalf("%U: %q, then %q", r, once, twice)
		}
	}
}

// Composed and decomposed spellings of Latin letters are the same.
func TestStringOfDecomposed(t *testing.T) {
	for r := rune(0xc0); r < 0x250; r++ {
		if unicode.IsLetter(r) {
			require.Equal(t, fold.String(string(r)), fold.String(norm.NFD.String(string(r))), "%U", r)
		}
	}
	require.False(t, strings.ContainsAny(fold.String("ÀÉÎÕÜ"), "ÀÉÎÕÜ"))
}
