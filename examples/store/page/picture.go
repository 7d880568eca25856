package page

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// glaze is the color of a good with its light and its shade.
type glaze struct{ light, body, shade string }

var glazes = map[string]glaze{
	"white": {"#ffffff", "#ece6da", "#cfc6b4"}, "black": {"#5a5753", "#35322f", "#1d1b19"}, "blue": {"#5d86b5", "#37608f", "#234468"},
	"green": {"#74a27e", "#4d7a57", "#335540"}, "red": {"#c86a5c", "#a8433a", "#7b2d27"}, "": {"#d8c5a4", "#b99f76", "#8d7651"},
}

// shapes draw what is sold, by category, with the colors of a glaze: light, body, shade.
var shapes = map[string]string{
	"cups": `<ellipse cx="195" cy="318" rx="120" ry="16" fill="#000" opacity=".10"/><path d="M275 165c50-6 72 24 66 62-6 40-44 58-82 52" fill="none" stroke="%[2]s" stroke-width="20"/>` +
		`<path d="M108 138h170l-10 150c-2 20-16 30-34 30h-82c-18 0-32-10-34-30z" fill="%[2]s"/><path d="M108 138h52l6 180h-14c-18 0-32-10-34-30z" fill="%[1]s" opacity=".35"/><ellipse cx="193" cy="138" rx="85" ry="20" fill="%[3]s"/><ellipse cx="193" cy="141" rx="72" ry="14" fill="#4a2f1d"/>`,
	"pots": `<ellipse cx="200" cy="318" rx="140" ry="16" fill="#000" opacity=".10"/><path d="M60 190h40v26H72zM300 190h40l-12 26h-28z" fill="%[3]s"/><path d="M84 172h232v106c0 24-16 40-40 40H124c-24 0-40-16-40-40z" fill="%[2]s"/>` +
		`<path d="M84 172h58v146h-18c-24 0-40-16-40-40z" fill="%[1]s" opacity=".3"/><path d="M76 172c0-34 56-54 124-54s124 20 124 54z" fill="%[1]s"/><rect x="74" y="164" width="252" height="14" rx="7" fill="%[3]s"/><rect x="180" y="96" width="40" height="26" rx="10" fill="%[3]s"/>`,
	"lamps": `<ellipse cx="200" cy="322" rx="96" ry="13" fill="#000" opacity=".10"/><circle cx="200" cy="176" r="120" fill="#ffd98a" opacity=".22"/><path d="M196 170h8v140h-8z" fill="%[3]s"/><path d="M140 314c0-12 26-18 60-18s60 6 60 18z" fill="%[2]s"/>` +
		`<path d="M156 92h88l40 100H116z" fill="%[2]s"/><path d="M156 92h28l-14 100h-54z" fill="%[1]s" opacity=".4"/><ellipse cx="200" cy="192" rx="84" ry="12" fill="#ffe6ae"/>`,
	"books": `<ellipse cx="204" cy="322" rx="112" ry="12" fill="#000" opacity=".10"/><path d="M112 86h168c8 0 12 4 12 12v208c0 8-4 12-12 12H112z" fill="%[3]s"/><path d="M124 302h160v12H124z" fill="#f7f1e3"/><path d="M108 82h164c8 0 12 4 12 12v208H124c-10 0-16 6-16 14z" fill="%[2]s"/>` +
		`<path d="M108 82h24v222c-14 0-24 2-24 12z" fill="%[1]s" opacity=".5"/><path d="M160 214c0-34 20-56 46-56s46 22 46 56c0 12-8 18-18 18h-56c-10 0-18-6-18-18z" fill="#f4e2bd"/><path d="M184 178l10 22M206 172v24M228 178l-10 22" stroke="%[3]s" stroke-width="5" fill="none"/>`,
}

// glazeOf is the color of an item.
func glazeOf(sku string) glaze {
	for name, of := range glazes {
		if name != "" && strings.HasSuffix(sku, "-"+name) {
			return of
		}
	}
	return glazes[""]
}

// picture draws a good in its color. A shop of its own shows photographs here.
func picture(r *web.Request) (web.Answer, error) {
	sku := r.PathValue("sku")
	color := glazeOf(sku)
	shape, known := shapes[data.CategoryOf(flywheel.SKU(sku))]
	if !known {
		shape = `<rect x="110" y="120" width="180" height="180" rx="26" fill="%[2]s" stroke="%[1]s" stroke-width="4"/><path d="M110 180h180" stroke="%[3]s" stroke-width="10"/>`
	}
	svg := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400"><rect width="400" height="400" fill="#f1ece1"/><rect y="300" width="400" height="100" fill="#e6dece"/>` +
		fmt.Sprintf(shape, color.light, color.body, color.shade) + `</svg>`
	return web.Answer{Type: "image/svg+xml", Body: []byte(svg)}, nil
}
