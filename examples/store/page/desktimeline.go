package page

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// timeLine is everything that happened to a customer, the newest first.
func (s *Shop) timeLine(r *web.Request, id flywheel.CustomerID) (table, error) {
	entries, err := s.Events.Of(r.Context(), id)
	if err != nil {
		return table{}, err
	}
	line := table{ID: "line", Title: "Time line", Empty: "Nothing is known.", Columns: []string{"When", "What", "About", "Value", "Items"}}
	for i := len(entries) - 1; i >= 0 && len(line.Rows) < 500; i-- {
		e := &entries[i].Event
		about := text(e.Ref)
		if e.Name == flywheel.EventPurchase {
			about = link(e.Ref, r.At("/desk/orders/"+e.Ref))
		}
		var items []string
		for _, l := range e.Lines {
			items = append(items, fmt.Sprintf("%d × %s", l.Quantity, l.SKU))
		}
		value := text("")
		if !e.Value.IsZero() {
			value = sum(e.Value)
		}
		line.Rows = append(line.Rows, []cell{text(clock(entries[i].Effective)), text(e.Name), about, value, text(strings.Join(items, ", "))})
	}
	return line, nil
}
