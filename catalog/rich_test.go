package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestRichText(t *testing.T) {
	for in, want := range map[string]string{
		`a < b & c > d`:                            `a &lt; b &amp; c &gt; d`,
		`<P CLASS=x>Hi<BR/>there</P >`:             `<p>Hi<br>there</p>`,
		`<!-- gone --><!doctype html>x<?php y ?>`:  `x`,
		`<a href = "https://e.org/?a=1&b=2">x</a>`: `<a href="https://e.org/?a=1&amp;b=2">x</a>`,
		`<a href='//evil.example'>x</a>`:           `<a>x</a>`,
		`<a href="/\evil.example">x</a>`:           `<a>x</a>`,
		`<a title="a>b" href="#top">x</a>`:         `<a href="#top">x</a>`,
		`<a href=" JavaScript:x()">x</a>`:          `<a>x</a>`,
		`<a href="java&#10;script:x()">x</a>`:      `<a>x</a>`,
		`<svg><svg></svg><b>in</b></svg>out`:       `out`,
		`<script>1</scripty></script>x`:            `x`,
		`<style>a`:                                 ``,
		`&lt;script&gt;x&lt;/script&gt;`:           `&lt;script&gt;x&lt;/script&gt;`,
		`<scr<script>ipt>alert(1)</script>`:        `ipt&gt;alert(1)`,
		`<img src=x onerror=y>z`:                   `z`,
		"\r\n<p>a\r\nb</p> ":                       "<p>a\nb</p>",
		`<a href="mailto:a@b.example">m</a>`:       `<a href="mailto:a@b.example">m</a>`,
		`<b title="never ends>bold</b>`:            `<b>bold</b>`,
		`e&#769;`:                                  `é`,
	} {
		require.Equal(t, want, richText(in), "%s", in)
	}
}

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		`<div>a</div><div>b</div>`:                     `a b`,
		`a<b>b</b>c`:                                   `abc`,
		`x<br>y<hr/>z`:                                 `x y z`,
		`<style>p{}</style><p>&lt;b&gt;</p>`:           `<b>`,
		"1&nbsp;000\u00a0 g":                           `1 000 g`,
		`<table><tr><td>1</td><td>2</td></tr></table>`: `1 2`,
	} {
		require.Equal(t, want, PlainText(in), "%s", in)
	}
}

// What is sanitized once stays as it is, and never has more than the elements kept.
func TestRichTextLaws(t *testing.T) {
	pieces := rapid.SampledFrom([]string{"<", ">", "\"", "'", "=", "/", "a", "p", "b", "script", "href", "javascript:", "https://e.org", " ", "&", "&lt;", ";", "!", "--", "x", "svg", "style", "\n"})
	rapid.Check(t, func(t *rapid.T) {
		in := strings.Join(rapid.SliceOf(pieces).Draw(t, "pieces"), "")
		once := richText(in)
		if twice := richText(once); twice != once {
			t.Fatalf("%q gives %q and then %q", in, once, twice)
		}
		low := strings.ToLower(once)
		for _, bad := range []string{"<script", "<svg", "<style", `href="javascript`, "<x"} {
			if strings.Contains(low, bad) {
				t.Fatalf("%q gives %q", in, once)
			}
		}
	})
}

// What would make a slower reader look at everything for each character.
func BenchmarkRichText(b *testing.B) {
	for _, unit := range []string{"<p>warm</p>", "<a =\"", "<a ='>'", "<!", "<svg>", "<a href=\"x"} {
		text := strings.Repeat(unit, 1<<20/len(unit))
		b.Run("unit="+unit, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				richText(text)
			}
		})
	}
}
