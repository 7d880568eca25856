package message_test

import (
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/message"
)

func TestRender(t *testing.T) {
	for source, want := range map[string]string{
		"Hello {name}":                                "Hello &lt;O&#39;Neil &amp; &#34;Co&#34;&gt;",
		`<a title="{name}">x</a>`:                     `<a title="&lt;O&#39;Neil &amp; &#34;Co&#34;&gt;">x</a>`,
		`<a title={name}>x</a>`:                       `<a title=&lt;O&#39;Neil&#32;&amp;&#32;&#34;Co&#34;&gt;>x</a>`,
		`<a href="{link}">x</a>`:                      `<a href="#ZgotmplZ">x</a>`,
		`<a href="https://x.example/?q={name}">x</a>`: `<a href="https://x.example/?q=%3cO%27Neil%20%26%20%22Co%22%3e">x</a>`,
		"<p>{{name}} costs 5 }} {{{name}}}":           "<p>{name} costs 5 } {&lt;O&#39;Neil &amp; &#34;Co&#34;&gt;}",
		"{{{{.Customer}}}} {{{{printf 1}}}}":          "{{.Customer}} {{printf 1}}",
		"<script>var x = {name};</script>":            `<script>var x = "\u003cO'Neil \u0026 \"Co\"\u003e";</script>`,
	} {
		tmpl, err := message.Parse(message.Source{HTML: source, Text: source, Subject: "{name}"})
		require.NoError(t, err, source)
		r, err := tmpl.Render(map[string]string{"name": `<O'Neil & "Co">`, "link": "javascript:alert(1)"})
		require.NoError(t, err)
		require.Equal(t, want, r.HTML)
		require.Equal(t, `<O'Neil & "Co">`, r.Subject)
	}
	tmpl, err := message.Parse(message.Source{HTML: "{b} {a.x} {b}", Subject: "{c_1}"})
	require.NoError(t, err)
	require.Equal(t, []string{"a.x", "b", "c_1"}, tmpl.Names())
}

func TestBadTemplates(t *testing.T) {
	for source, offset := range map[string]int{
		"a {name": 2, "{}": 0, "a}": 1, "{ name }": 0, "{a-b}": 0, "{1}": 0, "{name{x}}": 0, "{$x}": 0, "{" + strings.Repeat("a", 65) + "}": 0, "{.Customer}": 0,
	} {
		for _, s := range []message.Source{{HTML: source}, {Text: source}, {Subject: source}} {
			_, err := message.Parse(s)
			var at *message.TemplateError
			require.ErrorAs(t, err, &at, source)
			require.Equal(t, offset, at.Offset, source)
			require.ErrorIs(t, err, flywheel.ErrInvalid)
			var field *flywheel.FieldError
			require.ErrorAs(t, err, &field)
		}
	}
	for _, source := range []string{"<a href='{x}", "<{x}>", "<script>`{x}", "<a {x}"} {
		if _, err := message.Parse(message.Source{HTML: source}); err != nil {
			require.ErrorIs(t, err, flywheel.ErrInvalid, source)
		}
	}
	_, err := message.Parse(message.Source{HTML: "<a href='{x}"})
	require.ErrorIs(t, err, flywheel.ErrInvalid, "an attribute that never ends")
	_, err = message.Parse(message.Source{Text: strings.Repeat("a", 1<<20+1)})
	require.ErrorIs(t, err, flywheel.ErrLimit)
	tmpl, err := message.Parse(message.Source{Subject: "Hi {name}", HTML: "{name}"})
	require.NoError(t, err)
	_, err = tmpl.Render(nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = tmpl.Render(map[string]string{"name": strings.Repeat("a", 65<<10)})
	require.ErrorIs(t, err, flywheel.ErrLimit)
	_, err = tmpl.Render(map[string]string{"name": "a\r\nBcc: b@x.example"})
	var header *message.HeaderError
	require.ErrorAs(t, err, &header)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// Whatever the values are, in text they come out as they went in, and add no tag.
func TestValuesStayText(t *testing.T) {
	tmpl, err := message.Parse(message.Source{HTML: `<p title="{a}">[{b}]</p>`, Text: "{a}{b}"})
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.StringMatching(`[<>"'&{}.a/]{0,12}`))
		a, b := value.Draw(t, "a"), value.Draw(t, "b")
		r, err := tmpl.Render(map[string]string{"a": a, "b": b})
		require.NoError(t, err)
		require.Equal(t, a+b, r.Text)
		require.Equal(t, 2, strings.Count(r.HTML, "<"))
		require.Equal(t, 2, strings.Count(r.HTML, `"`))
		inner := strings.TrimSuffix(r.HTML[strings.Index(r.HTML, "[")+1:], "]</p>")
		if !strings.ContainsAny(a, "[]") && !strings.Contains(b, "\x00") {
			require.Equal(t, b, html.UnescapeString(inner))
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("<a href='{x}'>{{y}}</a>")
	f.Fuzz(func(t *testing.T, source string) {
		tmpl, err := message.Parse(message.Source{HTML: source})
		if err != nil {
			return
		}
		values := map[string]string{}
		for _, n := range tmpl.Names() {
			values[n] = "<x>"
		}
		if _, err := tmpl.Render(values); err != nil {
			t.Errorf("%q parses and does not render: %v", source, err)
		}
	})
}

func TestHeader(t *testing.T) {
	for value, want := range map[string]string{"": "", "Hi": "Hi", "Grüße": "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "a  b": "a  b"} {
		got, err := message.Header("Subject", value)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, value := range []string{"a\nb", "a\rb", "a\x00", "a\u0085b", "a\u2028b", "a\tb", "a\xff", "\x7f"} {
		_, err := message.Header("Subject", value)
		require.ErrorIs(t, err, flywheel.ErrInvalid, "%q", value)
	}
	for _, name := range []string{"", "a b", "a:b", "a\n", "ä", strings.Repeat("a", 77)} {
		_, err := message.Header(name, "x")
		require.ErrorIs(t, err, flywheel.ErrInvalid, "%q", name)
	}
	_, err := message.Header("Subject", strings.Repeat("a", 4097))
	require.ErrorIs(t, err, flywheel.ErrLimit)
}

func TestLinks(t *testing.T) {
	old, fresh := []byte("0123456789abcdef"), []byte("fedcba9876543210")
	l, err := message.NewLinks(old)
	require.NoError(t, err)
	both, err := message.NewLinks(fresh, old)
	require.NoError(t, err)
	token := l.Token("c1", "unsubscribe")
	require.Len(t, token, 43)
	require.NoError(t, l.Check("c1", "unsubscribe", token))
	require.NoError(t, both.Check("c1", "unsubscribe", token))
	require.NotEqual(t, token, both.Token("c1", "unsubscribe"))
	for _, c := range [][3]string{{"c2", "unsubscribe", token}, {"c1", "confirm", token}, {"c1u", "nsubscribe", token}, {"c1", "unsubscribe", ""}, {"c1", "unsubscribe", token + "A"}, {"c1", "unsubscribe", token[:42]}, {"c1", "unsubscribe", strings.Repeat("A", 99)}, {"c1", "unsubscribe", "!"}} {
		require.ErrorIs(t, l.Check(flywheel.CustomerID(c[0]), c[1], c[2]), flywheel.ErrUnauthenticated)
	}
	_, err = message.NewLinks()
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = message.NewLinks([]byte("short"))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestPrivate(t *testing.T) {
	p := message.NewPrivate("ann@example.com")
	require.Equal(t, "ann@example.com", p.Reveal())
	require.True(t, message.NewPrivate("").IsZero())
	require.Empty(t, message.Private{}.Reveal())
	type hiding struct {
		inner struct{ p message.Private }
	}
	h := hiding{}
	h.inner.p = p
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		require.NotContains(t, fmt.Sprintf(verb, p)+fmt.Sprintf(verb, &p)+fmt.Sprintf(verb, h)+fmt.Sprintf(verb, []any{p}), "ann@", verb)
		require.NotContains(t, fmt.Sprintf(verb, p), fmt.Sprintf("%x", "ann"), verb)
	}
	var read message.Private
	require.NoError(t, read.UnmarshalText([]byte("x")))
	require.Equal(t, "x", read.Reveal())
}

func BenchmarkRender(b *testing.B) {
	tmpl, err := message.Parse(message.Source{Subject: "{name}", HTML: `<p title="{name}">Hello {name}, {link}</p>`, Text: "Hello {name}"})
	require.NoError(b, err)
	values := map[string]string{"name": "Ann", "link": "https://x.example/"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tmpl.Render(values); err != nil {
			b.Fatal(err)
		}
	}
}
