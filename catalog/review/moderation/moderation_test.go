package moderation_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review/moderation"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func machine(t testing.TB, r moderation.Rules) *moderation.Machine {
	m, err := moderation.New(r)
	require.NoError(t, err)
	return m
}

func TestRules(t *testing.T) {
	for field, r := range map[string]moderation.Rules{
		"auto_approve_trust": {AutoApproveTrust: -1}, "report_limit": {ReportLimit: -1}, "lease": {Lease: -1}, "sla": {SLA: -1},
		"appeals": {Appeals: 1, NoAppeals: true},
	} {
		_, err := moderation.New(r)
		var at *flywheel.FieldError
		require.ErrorAs(t, err, &at)
		require.Equal(t, field, at.Field)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err := moderation.New(moderation.Rules{ReportLimit: 1001})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	require.Equal(t, moderation.Rules{
		ReportLimit: moderation.DefaultReportLimit, Lease: moderation.DefaultLease, Appeals: moderation.DefaultAppeals, SLA: moderation.DefaultSLA,
	}, machine(t, moderation.Rules{}).Rules())
}

// A rejected review is appealed once, decided late by another moderator.
func TestAppeal(t *testing.T) {
	m := machine(t, moderation.Rules{OtherModerator: true})
	i, err := m.Submit(moderation.Submission{Author: "anna"}, noon)
	require.NoError(t, err)
	i, err = m.Claim(i, "mod", noon)
	require.NoError(t, err)
	_, err = m.Appeal(i, "anna", noon)
	require.ErrorIs(t, err, flywheel.ErrConflict)
	i, err = m.Decide(i, "mod", moderation.Rejected, noon.Add(time.Minute))
	require.NoError(t, err)
	require.False(t, i.Visible())
	require.False(t, i.Late)
	_, err = m.Appeal(i, "ben", noon)
	require.ErrorIs(t, err, flywheel.ErrForbidden)
	day := noon.Add(24 * time.Hour)
	i, err = m.Appeal(i, "anna", day)
	require.NoError(t, err)
	require.Equal(t, day.Add(moderation.DefaultSLA), i.Due, "an appeal has its own time")
	_, err = m.Claim(i, "mod", day)
	require.ErrorIs(t, err, flywheel.ErrForbidden)
	later := i.Due.Add(-time.Minute)
	i, err = m.Claim(i, "other", later)
	require.NoError(t, err)
	i, err = m.Decide(i, "other", moderation.Rejected, i.Due)
	require.NoError(t, err)
	require.True(t, i.Late, "at the due time it is late")
	_, err = m.Appeal(i, "anna", later)
	var refused *moderation.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, moderation.AppealLimit, refused.Reason)
}

// An edit that is waiting keeps its place in the queue; one of an approved item
// enters it and keeps the reports.
func TestEdit(t *testing.T) {
	m := machine(t, moderation.Rules{AutoApproveTrust: 10})
	i, err := m.Submit(moderation.Submission{Author: "anna"}, noon)
	require.NoError(t, err)
	i, err = m.Claim(i, "mod", noon.Add(time.Minute))
	require.NoError(t, err)
	i, err = m.Edit(i, "anna", noon.Add(2*time.Minute))
	require.NoError(t, err)
	require.Equal(t, moderation.Pending, i.State)
	require.Equal(t, noon, i.Entered)
	_, err = m.Decide(i, "mod", moderation.Approved, noon.Add(3*time.Minute))
	require.ErrorIs(t, err, flywheel.ErrConflict, "the moderator saw another text")

	i, err = m.Submit(moderation.Submission{Author: "anna", Trust: 10}, noon)
	require.NoError(t, err)
	require.True(t, i.Visible())
	i, outcome, err := m.Report(i, "ben", noon)
	require.NoError(t, err)
	require.Equal(t, moderation.Noted, outcome)
	_, err = m.Edit(i, "ben", noon)
	require.ErrorIs(t, err, flywheel.ErrForbidden)
	i, err = m.Edit(i, "anna", noon.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Hour), i.Entered)
	require.Equal(t, []string{"ben"}, i.Reporters)
}

// Whatever is done in whatever order: who claims is not the author, what is visible
// was approved, reports stay below the limit while visible, a refused step changes
// nothing.
func TestMachineLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, err := moderation.New(moderation.Rules{
			AutoApproveTrust: rapid.SampledFrom([]int{0, 50}).Draw(t, "trust"),
			ReportLimit:      rapid.IntRange(1, 3).Draw(t, "limit"), Lease: 5 * time.Second,
			NoAppeals: rapid.Bool().Draw(t, "no appeals"),
		})
		require.NoError(t, err)
		who := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		at := noon
		i, err := m.Submit(moderation.Submission{Author: "a", Trust: rapid.IntRange(0, 99).Draw(t, "of a")}, at)
		require.NoError(t, err)
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			at = at.Add(time.Duration(rapid.IntRange(0, 4).Draw(t, "s")) * time.Second)
			before := i.At(at)
			var next moderation.Item
			var err error
			switch user := who.Draw(t, "who"); rapid.IntRange(0, 5).Draw(t, "step") {
			case 0:
				next, err = m.Claim(i, user, at)
			case 1:
				next, err = m.Decide(i, user, rapid.SampledFrom([]moderation.State{moderation.Approved, moderation.Rejected}).Draw(t, "verdict"), at)
			case 2:
				next, _, err = m.Report(i, user, at)
			case 3:
				next, err = m.Edit(i, user, at)
			case 4:
				next, err = m.Appeal(i, user, at)
			case 5:
				next, err = m.Release(i, user, at)
			}
			if err != nil {
				require.Equal(t, before, next)
				require.Error(t, err)
			}
			i = next
			require.NotEqual(t, i.Author, i.Claimant)
			require.Equal(t, i.State == moderation.Claimed, i.Claimant != "")
			if i.Visible() {
				require.Less(t, len(i.Reporters), m.Rules().ReportLimit)
				require.False(t, i.Decided.IsZero())
			}
			require.LessOrEqual(t, i.Appeals, m.Rules().Appeals)
			require.Equal(t, i.Entered.Add(moderation.DefaultSLA), i.Due)
		}
	})
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		in, out string
		kinds   []moderation.FindingKind
	}{
		{"Great shoes!", "Great shoes!", nil},
		{"I <3 it, 2 < 3 > 1", "I <3 it, 2 < 3 > 1", nil},
		{"  good\r\nbad\rugly ", "good\nbad\nugly", nil},
		{"<b>bold</b> move", "bold move", []moderation.FindingKind{moderation.Markup}},
		{"x<script>alert(1)</script>y", "xy", []moderation.FindingKind{moderation.Markup}},
		{"x<SCRIPT >alert(1)</ScRiPt>y", "xy", []moderation.FindingKind{moderation.Markup}},
		{"<scr<b>ipt>alert(1)</script>", "ipt>alert(1)", []moderation.FindingKind{moderation.Markup}},
		{"<img src=x onerror=alert(1)//", "img src=x onerror=alert(1)//", []moderation.FindingKind{moderation.Markup}},
		{"a<!-- <b> -->z", "az", []moderation.FindingKind{moderation.Markup}},
		{"＜b＞wide", "wide", []moderation.FindingKind{moderation.Markup, moderation.StyledType}},
		{"&lt;b&gt; stays", "&lt;b&gt; stays", nil},
		{"safe \u202egpj.exe", "safe gpj.exe", []moderation.FindingKind{moderation.Direction}},
		{"pay\u200bpal", "paypal", []moderation.FindingKind{moderation.Invisible}},
		{"a\u00ad\u2060b\ufeff", "ab", []moderation.FindingKind{moderation.Invisible}},
		{"раypal", "paypal", []moderation.FindingKind{moderation.LookAlike}},               // р and а are Cyrillic
		{"хорошиe туфли", "хорошие туфли", []moderation.FindingKind{moderation.LookAlike}}, // e is Latin
		{"хорошие туфли", "хорошие туфли", nil},                                            // Russian
		{"καλά παπούτσια", "καλά παπούτσια", nil},                                          // Greek
		{"wжord", "wжord", []moderation.FindingKind{moderation.MixedWord}},                 // of no one script
		{"𝐅𝐑𝐄𝐄 ＡＢＣ ⓕ", "FREE ABC f", []moderation.FindingKind{moderation.StyledType}},      // styled letters
		{"z\u0301\u0302\u0303\u0304\u0305\u0306", "z\u0301\u0302\u0303\u0304", []moderation.FindingKind{moderation.Stacked}},
		{"a\x00b\x07c\xffd", "abcd", []moderation.FindingKind{moderation.Control}},
		{"می\u200cخواهم", "می\u200cخواهم", nil},       // Persian needs the joiner
		{"👩\u200d🔬 ❤\ufe0f", "👩\u200d🔬 ❤\ufe0f", nil}, // and so do emoji
		{"质量很好，推荐！", "质量很好，推荐！", nil},
	} {
		out, findings := moderation.Clean(c.in)
		require.Equal(t, c.out, out, "%q", c.in)
		var kinds []moderation.FindingKind
		for _, f := range findings {
			require.Positive(t, f.Count)
			kinds = append(kinds, f.Kind)
		}
		require.Equal(t, c.kinds, kinds, "%q", c.in)
	}
}

// A clean text is clean, valid, has no tag and no mark of direction.
func TestCleanLaws(t *testing.T) {
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"<", ">", "</", "<!--", "-->", "<script", "script>", "</script>", "<b>", "раy", "ж", "р", "y", "o", "</i>", "\u202e", "\u200d", "\u0301", "＜", "\xff", "\r", " ", "a",
	}))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, "text"), "")
		out, _ := moderation.Clean(text)
		again, findings := moderation.Clean(out)
		require.Equal(t, out, again)
		for _, f := range findings {
			require.Equal(t, moderation.MixedWord, f.Kind, "the only finding that stays")
		}
		require.True(t, utf8.ValidString(out))
		for i := range len(out) - 1 {
			if out[i] == '<' {
				require.False(t, out[i+1] == '/' || out[i+1] == '!' || out[i+1] == '?' || out[i+1]|0x20 >= 'a' && out[i+1]|0x20 <= 'z', "%q", out)
			}
		}
		require.False(t, strings.ContainsFunc(out, func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) }))
	})
}

func FuzzClean(f *testing.F) {
	f.Add("<scr<script>ipt>х")
	f.Fuzz(func(t *testing.T, text string) {
		out, _ := moderation.Clean(text)
		if again, _ := moderation.Clean(out); again != out {
			t.Errorf("%q becomes %q and then %q", text, out, again)
		}
	})
}

func TestCheckMedia(t *testing.T) {
	png, jpg := []byte("\x89PNG\r\n\x1a\n…"), []byte("\xff\xd8\xff\xe0")
	for name, content := range map[string][]byte{
		"shoe.PNG": png, "Schuh größer.jpg": jpg, "a.b.jpeg": jpg, "x.webp": []byte("RIFF0000WEBPVP8 "), "靴.gif": []byte("GIF89a"),
		"clip.mp4": []byte("\x00\x00\x00\x18ftypmp42"), "model.glb": []byte("glTF\x02"), "later.png": nil,
		"logo.svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"><g fill="url(#a)"><use href="#b"/></g></svg>`),
	} {
		require.NoError(t, moderation.CheckMedia(name, content), name)
	}
	for name, content := range map[string][]byte{
		"": nil, "../x.png": nil, `..\x.png`: nil, "a/b.png": nil, "C:x.png": nil, ".png": nil, ".x.png": nil, "x.png.": nil, "x.png ": nil,
		"x": nil, "x.exe": nil, "x.html": nil, "x.php.jpg": nil, "x.phtml.png": nil, "con.png": nil, "LPT1.jpg": nil, "x\x00.png": nil,
		"x\u202egnp.png": nil, "x%2f.png": nil, "y.png": jpg, "z.jpg": []byte("<html>"), "w.webp": []byte("RIFF"), "e.png": {},
		"a.svg": []byte("<svg><script>alert(1)</script></svg>"),
		"b.svg": []byte("<svg onload='x()'/>"), "c.svg": []byte("<!DOCTYPE svg [<!ENTITY x 'y'>]><svg/>"),
		"d.svg": []byte("<svg><image href='http://x.example/'/></svg>"), "e.svg": []byte("<svg><a href='java\nscript:x()'/></svg>"),
		"f.svg": []byte("<svg>"), "g.svg": []byte("hello"), "h.svg": []byte("<html/>"), "i.svg": []byte("<svg fill='url(http://x)'/>"),
		"j.svg": []byte("<svg><style>@import 'x'</style></svg>"), "k.svg": []byte("<?php x ?><svg/>"),
		"l.svg": []byte(strings.Repeat("<svg>", 300) + strings.Repeat("</svg>", 300)),
	} {
		err := moderation.CheckMedia(name, content)
		require.ErrorIs(t, err, flywheel.ErrInvalid, name)
		var media *moderation.MediaError
		require.ErrorAs(t, err, &media)
	}
	require.ErrorIs(t, moderation.CheckMedia(strings.Repeat("a", 300)+".png", nil), flywheel.ErrLimit)
}

func BenchmarkClean(b *testing.B) {
	text := strings.Repeat("These shoes are very light and run a bit small, but the color is lovely. ", 14)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		moderation.Clean(text)
	}
}

func BenchmarkReport(b *testing.B) {
	m := machine(b, moderation.Rules{AutoApproveTrust: 1})
	i, err := m.Submit(moderation.Submission{Author: "anna", Trust: 1}, noon)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := m.Report(i, "ben", noon); err != nil {
			b.Fatal(err)
		}
	}
}
