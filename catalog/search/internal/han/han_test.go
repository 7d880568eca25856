package han_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/search/internal/han"
)

func TestWords(t *testing.T) {
	for run, want := range map[string][]string{
		"智能手机": {"智能", "手机"}, "中国农业发展银行": {"中国", "农业", "发展", "银行"}, "苹果手机": {"苹果", "手机"}, "鞋": {"鞋"}, "": nil,
	} {
		var got []string
		for _, w := range han.Words([]rune(run)) {
			got = append(got, string(w))
		}
		require.Equal(t, want, got, run)
	}
}

func TestReadings(t *testing.T) {
	require.Equal(t, []string{"shou"}, han.Readings('手'))
	require.Contains(t, han.Readings('行'), "hang")
	require.Contains(t, han.Readings('行'), "xing")
	require.Contains(t, han.Readings('绿'), "lv")
	require.Nil(t, han.Readings('a'))
}

func TestSyllables(t *testing.T) {
	require.Equal(t, []string{"shou", "ji"}, han.Syllables("shouji"))
	require.Equal(t, []string{"zhi", "neng", "shou", "ji"}, han.Syllables("zhinengshouji"))
	require.Nil(t, han.Syllables("headset"))
	require.Nil(t, han.Syllables(""))
}

// What is cut is the whole run again.
func FuzzWords(f *testing.F) {
	f.Add("运动鞋abc")
	f.Fuzz(func(t *testing.T, s string) {
		var all []rune
		for _, w := range han.Words([]rune(s)) {
			require.NotEmpty(t, w)
			all = append(all, w...)
		}
		require.Equal(t, string([]rune(s)), string(all))
		cut := han.Syllables(s)
		joined := ""
		for _, c := range cut {
			joined += c
		}
		require.True(t, cut == nil || joined == s)
	})
}
