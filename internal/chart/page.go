package chart

import (
	"fmt"
	"html"
	"html/template"
	"io"
	"strings"
)

// Section is a part of a page: its charts, then its table, each where it has one.
type Section struct {
	Title   string
	Note    string
	Figures []Figure
	HTML    []template.HTML // charts that were drawn elsewhere
	Columns []string
	Rows    [][]string
	Most    int // rows that the page shows; 0 for all
}

// Write writes a whole page that needs nothing from elsewhere.
func Write(w io.Writer, title string, sections ...Section) error {
	var b strings.Builder
	name := html.EscapeString(title)
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"+
		"<title>%s</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<main>\n<h1>%s</h1>\n", name, pageStyle, Style, name)
	for _, s := range sections {
		b.WriteString("<section>\n")
		if s.Title != "" {
			fmt.Fprintf(&b, "<h2>%s</h2>\n", html.EscapeString(s.Title))
		}
		if s.Note != "" {
			fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(s.Note))
		}
		for _, h := range s.HTML {
			b.WriteString(string(h) + "\n")
		}
		for _, f := range s.Figures {
			b.WriteString(string(f.HTML()))
		}
		if len(s.Columns) > 0 {
			most := s.Most
			if most == 0 {
				most = len(s.Rows)
			}
			writeTable(&b, s.Columns, s.Rows, most)
			b.WriteString("\n")
		}
		b.WriteString("</section>\n")
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

const pageStyle = `body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
p, figcaption, summary { color: var(--soft); margin: .2rem 0 .6rem; } figure { margin: .6rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem .2rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; }
`

// Style has the rules for charts on a page, for light and dark.
const Style = `:root { color-scheme: light dark; --ink: #1c2024; --soft: #60666d; --rule: #d9dde2; --paper: #fff; --mark: #a11d42;
  --s0: #1668c5; --s1: #c2560a; --s2: #2a7f46; --s3: #8a4ea8; --s4: #a11d42; --s5: #5c6b00; --s6: #0b7a80; --s7: #7a5230; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a5abb3; --rule: #3a4047; --paper: #16191c; --mark: #ff8fab;
  --s0: #6fb1ff; --s1: #ffa35c; --s2: #6fce8f; --s3: #cf9bec; --s4: #ff8fab; --s5: #c3d351; --s6: #5fd0d6; --s7: #d3a57c; } }
svg { width: 100%; height: auto; margin: .6rem 0; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
` + shapes

const shapes = `.box { fill: none; stroke: currentColor; } .edge { fill: none; stroke: var(--soft); stroke-width: 1.5; } .head { fill: var(--soft); } text.name { font-weight: 600; }
.grid { stroke: var(--rule); } .whisker { stroke: var(--ink); } .mark { stroke: var(--mark); stroke-width: 1.5; fill: none; } line.mark { stroke-dasharray: 4 3; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .band { fill-opacity: .18; stroke: none; }
` + series

const series = `rect.s0, circle.s0, .f0 { fill: var(--s0); } rect.s1, circle.s1, .f1 { fill: var(--s1); } rect.s2, circle.s2, .f2 { fill: var(--s2); } rect.s3, circle.s3, .f3 { fill: var(--s3); }
rect.s4, circle.s4, .f4 { fill: var(--s4); } rect.s5, circle.s5, .f5 { fill: var(--s5); } rect.s6, circle.s6, .f6 { fill: var(--s6); } rect.s7, circle.s7, .f7 { fill: var(--s7); }
.line.s0 { stroke: var(--s0); } .line.s1 { stroke: var(--s1); } .line.s2 { stroke: var(--s2); } .line.s3 { stroke: var(--s3); }
.line.s4 { stroke: var(--s4); } .line.s5 { stroke: var(--s5); } .line.s6 { stroke: var(--s6); } .line.s7 { stroke: var(--s7); }
`

// documentStyle has the colors themselves, for viewers that know no variables.
var documentStyle = func() string {
	light := strings.NewReplacer("var(--ink)", "#1c2024", "var(--soft)", "#60666d", "var(--rule)", "#d9dde2", "var(--mark)", "#a11d42",
		"var(--s0)", "#1668c5", "var(--s1)", "#c2560a", "var(--s2)", "#2a7f46", "var(--s3)", "#8a4ea8",
		"var(--s4)", "#a11d42", "var(--s5)", "#5c6b00", "var(--s6)", "#0b7a80", "var(--s7)", "#7a5230")
	return "text { font: 12px sans-serif; fill: #1c2024; } .name { font-size: 14px; } .paper { fill: #fff; } " + light.Replace(shapes)
}()
