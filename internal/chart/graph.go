package chart

import (
	"fmt"
	"html"
	"unicode/utf8"
)

// Node is a box of a graph: what it is, what is told beside it, and a number.
type Node struct {
	Name, Note string
	Count      int64
}

// Edge leads from one node to another, by their places.
type Edge struct {
	From, To int
	Label    string
}

const (
	boxWidth, boxHeight = 300, 46
	nodeStep            = 78
	firstNode           = 14
)

// Graph draws nodes one below the other with an arrow for each edge: straight to the
// next one, at the side for those that leave some out or go back. Edges to or from
// nodes that are not there are left out. The table has the nodes and where each leads.
func Graph(title string, nodes []Node, edges []Edge) Figure {
	d := &drawing{}
	x := float64(width-boxWidth) / 2
	at := func(i int) float64 { return float64(firstNode + nodeStep*i) }
	rows := make([][]string, len(nodes))
	for i, n := range nodes {
		d.printf(`<rect class="box" x="%s" y="%s" width="%d" height="%d" rx="8"/>`, number(x), number(at(i)), boxWidth, boxHeight)
		d.printf(`<text class="name" x="%s" y="%s">%s</text>`, number(x+14), number(at(i)+20), html.EscapeString(cut(n.Name, 34)))
		d.printf(`<text x="%s" y="%s">%s</text>`, number(x+14), number(at(i)+37), html.EscapeString(cut(n.Note, 42)))
		d.printf(`<text class="name" x="%s" y="%s" text-anchor="end">%d</text>`, number(x+boxWidth-14), number(at(i)+29), n.Count)
		rows[i] = []string{n.Name, n.Note, fmt.Sprint(n.Count), ""}
	}
	right, back := 0, 0
	for _, e := range edges {
		if e.From < 0 || e.To < 0 || e.From >= len(nodes) || e.To >= len(nodes) {
			continue
		}
		to := nodes[e.To].Name
		if e.Label != "" {
			to = e.Label + ": " + to
		}
		if rows[e.From][3] != "" {
			to = rows[e.From][3] + "; " + to
		}
		rows[e.From][3] = to
		middle := x + boxWidth/2
		if e.To == e.From+1 {
			y1, y2 := at(e.From)+boxHeight, at(e.To)
			d.printf(`<path class="edge" d="M%s %sV%s"/>`, number(middle), number(y1), number(y2-6))
			d.arrow(middle, y2, 0)
			d.label(e.Label, middle+8, (y1+y2)/2+4, "start")
			continue
		}
		y1, y2 := at(e.From)+boxHeight/2, at(e.To)+boxHeight/2
		if e.To > e.From {
			side := x + boxWidth + 26 + float64(24*(right%7))
			right++
			d.printf(`<path class="edge" d="M%s %sH%sV%sH%s"/>`, number(x+boxWidth), number(y1+6), number(side), number(y2-6), number(x+boxWidth+6))
			d.arrow(x+boxWidth, y2-6, 1)
			d.label(e.Label, side+5, (y1+y2)/2, "start")
			continue
		}
		side := x - 26 - float64(24*(back%7))
		back++
		d.printf(`<path class="edge" d="M%s %sH%sV%sH%s"/>`, number(x), number(y1+6), number(side), number(y2-6), number(x-6))
		d.arrow(x, y2-6, -1)
		d.label(e.Label, side-5, (y1+y2)/2, "end")
	}
	return d.figure(title, firstNode+nodeStep*max(1, len(nodes)), []string{"step", "what", "count", "leads to"}, rows)
}

// arrow draws a head at a point: from above, from the right, or from the left.
func (d *drawing) arrow(x, y float64, from int) {
	switch from {
	case 0:
		d.printf(`<path class="head" d="M%s %sl-5 -8h10z"/>`, number(x), number(y))
	case 1:
		d.printf(`<path class="head" d="M%s %sl8 -5v10z"/>`, number(x), number(y))
	default:
		d.printf(`<path class="head" d="M%s %sl-8 -5v10z"/>`, number(x), number(y))
	}
}

func (d *drawing) label(text string, x, y float64, anchor string) {
	if text != "" {
		d.printf(`<text x="%s" y="%s" text-anchor="%s">%s</text>`, number(x), number(y), anchor, html.EscapeString(cut(text, 24)))
	}
}

// cut keeps the beginning of a text that is too long for its box.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
