package page

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// catalog are the products, and where a file of them is taken in.
func (s *Shop) catalog(r *web.Request) (web.Answer, error) {
	b, err := s.catalogBoard(r, "")
	if err != nil {
		return web.Answer{}, err
	}
	return s.board(r, b)
}

func (s *Shop) catalogBoard(r *web.Request, file string) (board, error) {
	cursor, err := r.Text("cursor")
	if err != nil {
		return board{}, err
	}
	t := table{ID: "products", Title: "Products", Empty: "There is no product.", Columns: []string{"Product", "Title", "Brand", "Variants", "Status", "Next"}, Next: cursor}
	for wanted := most(r, t.ID, 200); len(t.Rows) < wanted; {
		list, err := s.Products.List(r.Context(), catalog.ListQuery{Limit: min(wanted, 1000), Cursor: t.Next})
		if err != nil {
			return board{}, err
		}
		for _, id := range list.IDs {
			p, err := s.Products.Get(r.Context(), id)
			if err != nil {
				return board{}, err
			}
			next := button("Archive", r.At("/desk/catalog/status"), "product", string(id), "status", string(catalog.Archived))
			if p.Status != catalog.Active {
				next = button("Sell", r.At("/desk/catalog/status"), "product", string(id), "status", string(catalog.Active))
			}
			title := link(p.Text["en"].Title, r.At("/goods/"+string(id)))
			t.Rows = append(t.Rows, []cell{text(string(id)), title, text(p.Vendor), number(len(p.Variants)), text(string(p.Status)), next})
		}
		if t.Next = list.Next; !list.More {
			t.Next = ""
			break
		}
	}
	return board{Title: "Catalog", Links: []cell{link("All products as JSON lines", r.At("/desk/catalog/export"))}, Tables: []table{t}, Forms: []form{{
		ID: "import", Title: "Import", Note: "Products as JSON, one a line, in the form of the export. All of them are taken, or none.", Action: r.At("/desk/catalog"), Button: "Import", Try: "Dry run",
		Fields: []field{{Name: "file", Label: "File", Type: "text", Value: file}},
	}}}, nil
}

// importGoods takes a file in, or says what it would change.
func (s *Shop) importGoods(r *web.Request) (web.Answer, error) {
	file, err := r.Document("file")
	if err != nil {
		return web.Answer{}, err
	}
	dry := r.Form.Get("try") != ""
	report, failed := s.Products.Import(r.Context(), strings.NewReader(file), catalog.Import{Form: catalog.JSONForm, Channel: data.Channel, DryRun: dry, Atomic: true})
	b, err := s.catalogBoard(r, file)
	if err != nil {
		return web.Answer{}, err
	}
	if failed != nil {
		return s.refused(r, b, failed)
	}
	if !dry && report.Failed == 0 && len(report.Errors) == 0 {
		return r.Go("/desk/catalog")
	}
	b.Note = "The file would change this."
	b.Tiles = []tile{
		{Name: "New", Value: decimal(int64(report.Created))}, {Name: "Changed", Value: decimal(int64(report.Updated))},
		{Name: "As they are", Value: decimal(int64(report.Unchanged))}, {Name: "Refused", Value: decimal(int64(report.Failed))},
	}
	wrong := table{ID: "wrong", Title: "What is wrong", Empty: "Nothing is wrong with it.", Columns: []string{"Line", "Field", "Error"}}
	for _, e := range report.Errors {
		wrong.Rows = append(wrong.Rows, []cell{number(e.Line), text(e.Column), text(e.Err.Error())})
	}
	for _, w := range report.Warnings {
		wrong.Rows = append(wrong.Rows, []cell{text(""), text("warning"), text(fmt.Sprint(w))})
	}
	b.Tables = append([]table{wrong}, b.Tables...)
	if !dry {
		b.Alert = "Nothing was imported."
	}
	answer, err := s.board(r, b)
	if len(report.Errors) > 0 {
		answer.Status = http.StatusUnprocessableEntity
	}
	return answer, err
}

// exportGoods is the catalog as a file that can be taken in again.
func (s *Shop) exportGoods(r *web.Request) (web.Answer, error) {
	var file bytes.Buffer
	err := s.Products.Export(r.Context(), &file, catalog.Export{Form: catalog.JSONForm, Channel: data.Channel})
	return web.Answer{Type: "application/x-ndjson", Body: file.Bytes(), Name: "products.jsonl"}, err
}

// setStatus sells a product or takes it out of the shop.
func (s *Shop) setStatus(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("product", "status")
	if err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Products.SetStatus(r.Context(), catalog.ID(f["product"]), catalog.Status(f["status"])); err != nil {
		return web.Answer{}, err
	}
	if err := s.refind(r, f["product"]); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/desk/catalog")
}
