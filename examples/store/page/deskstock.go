package page

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// shelves are what is there, and where a delivery is taken in.
func (s *Shop) shelves(r *web.Request) (web.Answer, error) {
	t := table{ID: "stock", Title: "Levels", Columns: []string{"Item", "SKU", "On the shelf", "Held", "Of orders", "Available"}, Empty: "Nothing is like that."}
	for l, err := range s.Stock.Levels(r.Context(), "") {
		if err != nil {
			return web.Answer{}, err
		}
		title, err := s.title(r, l.SKU)
		if err != nil {
			return web.Answer{}, err
		}
		t.Rows = append(t.Rows, []cell{link(title, r.At("/desk/stock/"+string(l.SKU))), text(string(l.SKU)), number(l.OnHand), number(l.Reserved), number(l.Allocated), number(l.Available())})
	}
	return s.board(r, board{Title: "Stock", Tables: []table{t}, Forms: []form{{
		ID: "receive", Title: "Take in a delivery", Note: "A delivery note counts once, however often it is entered.", Action: r.At("/desk/stock"), Button: "Take in",
		Fields: []field{{Name: "sku", Label: "SKU"}, {Name: "quantity", Label: "Units", Type: "number"}, {Name: "number", Label: "Delivery note"}},
	}}})
}

// movements are what happened to the stock of one SKU, line by line.
func (s *Shop) movements(r *web.Request) (web.Answer, error) {
	sku := flywheel.SKU(r.PathValue("sku"))
	level, err := s.Stock.Level(r.Context(), sku)
	if err != nil {
		return web.Answer{}, err
	}
	t := table{ID: "movements", Title: "Movements", Columns: []string{"When", "What", "For", "On the shelf", "Held"}, Empty: "Nothing has moved."}
	for m, err := range s.Stock.Ledger(r.Context(), sku, 0) {
		if err != nil {
			return web.Answer{}, err
		}
		t.Rows = append(t.Rows, []cell{text(clock(m.At)), text(string(m.Kind)), text(m.Ref), number(m.OnHand), number(m.Reserved)})
	}
	return s.board(r, board{Title: "Stock of " + string(sku), Tiles: []tile{
		{Name: "On the shelf", Value: decimal(level.OnHand)}, {Name: "Held", Value: decimal(level.Reserved)}, {Name: "Available", Value: decimal(level.Available())},
	}, Tables: []table{t}})
}

// restock takes in a delivery, once for its number.
func (s *Shop) restock(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("sku", "number")
	if err != nil {
		return web.Answer{}, err
	}
	n, err := r.Number("quantity", 0)
	if err != nil {
		return web.Answer{}, err
	}
	sku := flywheel.SKU(f["sku"])
	p, _, err := s.Products.BySKU(r.Context(), sku)
	if err != nil {
		return web.Answer{}, err
	}
	if err := s.Stock.Receive(r.Context(), "desk-"+f["number"], []flywheel.Line{{SKU: sku, Quantity: n}}); err != nil {
		return web.Answer{}, err
	}
	if err := s.refind(r, string(p.ID)); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/stock")
}

// refind lets the search see a product as it is now.
func (s *Shop) refind(r *web.Request, product string) error {
	docs, err := s.Follower.Source.Documents(r.Context(), []string{product})
	if err != nil {
		return err
	}
	return s.Follower.Engine.Change(r.Context(), docs, nil)
}
