package review_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

// TestMentions measures what is found in 200 sentences of our own. Half of them
// (the even numbers) were kept apart while the lexicon was changed.
func TestMentions(t *testing.T) {
	data, err := os.ReadFile("testdata/sentences.txt")
	require.NoError(t, err)
	var hit, missed, wrong [2]int
	n := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		sentence, labels, ok := strings.Cut(strings.TrimSpace(line), " |")
		require.True(t, ok, line)
		var want []string
		for i := 0; i < len(labels); i++ {
			if labels[i] == '+' || labels[i] == '-' {
				end := strings.IndexAny(labels[i+1:], "+-")
				if end < 0 {
					end = len(labels) - i - 1
				}
				want = append(want, strings.TrimSpace(labels[i:i+1+end]))
			}
		}
		mentions, err := review.Mentions(sentence, nil)
		require.NoError(t, err)
		var got []string
		for _, m := range mentions {
			got = append(got, map[bool]string{true: "+", false: "-"}[m.Positive]+m.Aspect)
		}
		part := n % 2
		for _, g := range got {
			if slices.Contains(want, g) {
				hit[part]++
			} else {
				wrong[part]++
			}
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				missed[part]++
			}
		}
		if testing.Verbose() && part == 1 && strings.Join(slices.Sorted(slices.Values(got)), " ") != strings.Join(slices.Sorted(slices.Values(want)), " ") {
			t.Logf("%s\n got %v want %v", sentence, got, want)
		}
	}
	require.Equal(t, 200, n)
	f1 := func(hit, missed, wrong int) float64 { return float64(2*hit) / float64(2*hit+missed+wrong) }
	all := f1(hit[0]+hit[1], missed[0]+missed[1], wrong[0]+wrong[1])
	kept := f1(hit[0], missed[0], wrong[0])
	t.Logf("F1 %.3f; of the half kept apart %.3f (%d found, %d missed, %d wrong)", all, kept, hit[0], missed[0], wrong[0])
	require.GreaterOrEqual(t, all, 0.85)
	require.GreaterOrEqual(t, kept, 0.85)
}

func opinion(i int, text string) review.Post {
	return review.Post{
		ID: fmt.Sprint("r", i), Kind: review.Review, Product: "shoe", Rating: 4, Text: text, Language: "en",
		Moderation: moderation.Item{State: moderation.Approved},
	}
}

func TestSummarize(t *testing.T) {
	posts := []review.Post{
		opinion(1, "The fit is perfect. Shipping was slow."),
		opinion(2, "True to size! But the battery drains fast."),
		opinion(3, "They run small."),
		opinion(4, "The fit is great, and the fit is not great."),
		opinion(5, "Delivery was late."),
		opinion(6, "The delivery was quick."),
		opinion(7, "Passt perfekt. The fit is perfect."),
		opinion(8, "The fit is awful."),
		opinion(9, "Nothing to say."),
	}
	posts[6].Language = "de"
	posts[7].Moderation.State = moderation.Pending
	posts[3].Verified = true
	s, err := review.Summarize(posts, nil)
	require.NoError(t, err)
	require.Equal(t, 7, s.Reviews)
	require.Len(t, s.Aspects, 2, "the battery has one")
	fit := s.Aspects[0]
	require.Equal(t, "fit", fit.Aspect)
	require.Equal(t, [3]int{4, 3, 2}, [3]int{fit.Mentioned, fit.Positive, fit.Negative})
	require.Equal(t, "r4", fit.Quotes[0].Post, "a verified buyer is quoted first")
	require.Equal(t, "3 of the 4 reviews that mention the fit praise it (“The fit is great, and the fit is not great.”), 2 criticize it (“The fit is great, and the fit is not great.”).", fit.Text)
	delivery := s.Aspects[1]
	require.Equal(t, [3]int{3, 1, 2}, [3]int{delivery.Mentioned, delivery.Positive, delivery.Negative})
	require.Equal(t, "2 of the 3 reviews that mention the delivery criticize it (“Shipping was slow.”), 1 praises it (“The delivery was quick.”).", delivery.Text)
}

// Every quote is a sentence of the review that it names, and every count at least
// three and no more than the reviews.
func TestSummaryQuotes(t *testing.T) {
	data, err := os.ReadFile("testdata/sentences.txt")
	require.NoError(t, err)
	var pool []string
	for line := range strings.Lines(string(data)) {
		if sentence, _, ok := strings.Cut(line, " |"); ok {
			pool = append(pool, sentence)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		texts := map[string]string{}
		var posts []review.Post
		for i := range rapid.IntRange(0, 30).Draw(t, "reviews") {
			text := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(pool), rapid.String()), 0, 5).Draw(t, "text"), " ")
			p := opinion(i, text)
			texts[p.ID] = text
			posts = append(posts, p)
		}
		s, err := review.Summarize(posts, nil)
		require.NoError(t, err)
		again, err := review.Summarize(posts, nil)
		require.NoError(t, err)
		require.Equal(t, s, again)
		for _, a := range s.Aspects {
			require.GreaterOrEqual(t, a.Mentioned, review.AspectLeast)
			require.LessOrEqual(t, a.Mentioned, s.Reviews)
			require.GreaterOrEqual(t, a.Positive+a.Negative, a.Mentioned)
			require.LessOrEqual(t, max(a.Positive, a.Negative), a.Mentioned)
			for _, q := range a.Quotes {
				require.Contains(t, texts[q.Post], q.Sentence)
				mentions, err := review.Mentions(q.Sentence, nil)
				require.NoError(t, err)
				require.Contains(t, mentions, review.Mention{Aspect: a.Aspect, Positive: q.Positive})
			}
		}
	})
}

// A shop adds what its goods need, in whatever language.
func TestLexicon(t *testing.T) {
	l := &review.Lexicon{
		Language: "de", NegationReach: 4, Good: []string{"gut", "super"}, Bad: []string{"schlecht"}, Negations: []string{"nicht", "kein"}, Contrasts: []string{"aber"},
		Aspects: []review.Aspect{{Name: "Passform", Terms: []string{"passform", "größe"}, SaysBad: []string{"fällt klein aus"}}},
	}
	for sentence, want := range map[string][]review.Mention{
		"Die Größe ist super.":          {{Aspect: "Passform", Positive: true}},
		"Die Passform ist nicht gut.":   {{Aspect: "Passform"}},
		"Der Schuh fällt klein aus.":    {{Aspect: "Passform"}},
		"Gut, aber die Größe schlecht.": {{Aspect: "Passform"}},
		"Schön.":                        nil,
	} {
		got, err := review.Mentions(sentence, l)
		require.NoError(t, err)
		require.Equal(t, want, got, sentence)
	}
	for _, bad := range []*review.Lexicon{{}, {Aspects: []review.Aspect{{}}}, {Aspects: []review.Aspect{{Name: "a"}, {Name: "a"}}},
		{Aspects: []review.Aspect{{Name: "a"}}, Good: []string{"one two three four five six"}}, {Aspects: []review.Aspect{{Name: "a", Terms: []string{"!"}}}}} {
		_, err := review.Mentions("x", bad)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
		_, err = review.Summarize(nil, bad)
		require.ErrorIs(t, err, flywheel.ErrInvalid)
	}
}

func FuzzMentions(f *testing.F) {
	f.Add("The fit isn't too bad, but the battery drains fast!")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := review.Summarize([]review.Post{opinion(1, text), opinion(2, text), opinion(3, text)}, nil); err != nil {
			t.Error(err)
		}
	})
}
