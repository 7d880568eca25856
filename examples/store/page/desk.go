package page

import (
	"crypto/subtle"
	"html/template"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/internal/chart"
)

// Roles of the people of the shop: a clerk serves customers, a keeper may do everything.
const (
	keeper = "keeper"
	clerk  = "clerk"
)

// places are the pages of the desk in the order of use, and who may be there.
var places = []struct {
	Path, Name string
	Clerk      bool
}{
	{"/desk", "Today", true}, {"/desk/orders", "Orders", true}, {"/desk/customers", "Customers", true}, {"/desk/tickets", "Tickets", true},
	{"/desk/reviews", "Reviews", true}, {"/desk/catalog", "Catalog", false}, {"/desk/stock", "Stock", true}, {"/desk/replenish", "Replenishment", false},
	{"/desk/promotions", "Promotions", false}, {"/desk/segments", "Segments", false}, {"/desk/journeys", "Journeys", false},
	{"/desk/experiments", "Experiments", false}, {"/desk/recommendations", "Recommendations", false}, {"/desk/loyalty", "Loyalty", false}, {"/desk/health", "Health", false}, {"/desk/sent", "Sent mail", false},
}

// desk adds the pages of the people of the shop.
func (s *Shop) desk(site *web.Site, password string) {
	site.Plain("GET", "/desk.css", func(*web.Request) (web.Answer, error) {
		css, err := files.ReadFile("desk.css")
		return web.Answer{Type: "text/css; charset=utf-8", Body: append([]byte(chart.Style), css...)}, err
	})
	site.Handle("GET", "/desk/login", func(r *web.Request) (web.Answer, error) { return web.Page("login", nil) })
	site.Handle("POST", "/desk/login", func(r *web.Request) (web.Answer, error) {
		given, err := r.Text("password")
		if err != nil {
			return web.Answer{}, err
		}
		switch {
		case subtle.ConstantTimeCompare([]byte(given), []byte(password)) == 1:
			r.Who.Role = keeper
		case s.ClerkPassword != "" && subtle.ConstantTimeCompare([]byte(given), []byte(s.ClerkPassword)) == 1:
			r.Who.Role = clerk
		default:
			return web.Answer{Template: "login", View: "wrong", Status: 401}, nil
		}
		return r.Go("/desk")
	})
	site.Handle("POST", "/desk/logout", func(r *web.Request) (web.Answer, error) {
		r.Who.Role = ""
		return r.Go("/desk/login")
	})
	for path, page := range map[string]web.Handler{
		"GET /desk": s.today, "GET /desk/orders": s.orders, "GET /desk/orders/{id}": s.oneOrder, "POST /desk/orders/{id}/ship": s.ship, "GET /desk/orders/{id}/papers/{n}": s.document, "GET /desk/orders/{id}/slips/{parcel}": s.slip,
		"POST /desk/orders/{id}/deliver": s.deliver, "POST /desk/orders/{id}/receive": s.receive, "POST /desk/orders/{id}/refund": s.refund,
		"GET /desk/stock": s.shelves, "GET /desk/stock/{sku}": s.movements, "POST /desk/stock": s.restock, "GET /desk/health": s.health, "POST /desk/health/retry": s.retry,
		"GET /desk/sent": s.sent, "POST /desk/health/drop": s.drop, "POST /desk/health/replay": s.replay,
		"GET /desk/customers": s.customers, "GET /desk/customers/{id}": s.oneCustomer,
		"GET /desk/tickets": s.tickets, "POST /desk/tickets": s.openTicket, "GET /desk/tickets/{id}": s.oneTicket, "POST /desk/tickets/{id}": s.reply,
		"GET /desk/reviews": s.moderate, "POST /desk/reviews": s.judge,
		"GET /desk/catalog": s.catalog, "POST /desk/catalog": s.importGoods, "GET /desk/catalog/export": s.exportGoods, "POST /desk/catalog/status": s.setStatus,
		"GET /desk/journeys": s.journeys, "GET /desk/journeys/{id}": s.oneJourney, "POST /desk/journeys/{id}": s.launch, "POST /desk/journeys/{id}/pause": s.pause, "POST /desk/journeys/{id}/resume": s.resume,
		"GET /desk/experiments": s.experiments, "POST /desk/experiments": s.begin, "POST /desk/experiments/switch": s.switched, "GET /desk/experiments/{id}": s.oneExperiment,
		"POST /desk/experiments/{id}/decide": s.decide, "POST /desk/experiments/{id}/override": s.override,
		"GET /desk/recommendations": s.recommendations, "GET /desk/loyalty": s.liability,
		"GET /desk/promotions": s.promotions, "POST /desk/promotions": s.promote, "POST /desk/promotions/end": s.endPromotion,
		"GET /desk/segments": s.segments, "POST /desk/segments": s.define, "POST /desk/segments/retire": s.retire, "GET /desk/segments/{name}": s.oneSegment,
		"GET /desk/replenish": s.replenishment, "POST /desk/replenish": s.purchase, "POST /desk/replenish/arrived": s.arrived, "GET /desk/replenish/{sku}": s.fan,
	} {
		method, path, _ := strings.Cut(path, " ")
		site.Handle(method, path, behind(path, page))
	}
}

// behind lets those in who may be at a page.
func behind(path string, page web.Handler) web.Handler {
	open := slices.ContainsFunc(places, func(p struct {
		Path, Name string
		Clerk      bool
	}) bool {
		return p.Clerk && (path == p.Path || strings.HasPrefix(path, p.Path+"/") && p.Path != "/desk")
	})
	return func(r *web.Request) (web.Answer, error) {
		switch {
		case r.Who.Role == keeper || r.Who.Role == clerk && open:
			return page(r)
		case r.Who.Role == clerk:
			return web.Answer{}, flywheel.ErrForbidden
		}
		return r.Go("/desk/login")
	}
}

// mark is a place of the desk as its menu shows it.
type mark struct {
	At, Name string
	Here     bool
}

var deskFuncs = template.FuncMap{
	"places": func(r *web.Request) (all []mark) {
		for _, p := range places {
			if p.Clerk || r.Who.Role == keeper {
				here := r.URL.Path == r.At(p.Path) || p.Path != "/desk" && strings.HasPrefix(r.URL.Path, r.At(p.Path)+"/")
				all = append(all, mark{r.At(p.Path), p.Name, here})
			}
		}
		return all
	},
}
