package page

import (
	"strings"

	"github.com/flywheel-go/flywheel/examples/store/web"
)

// sent is what the store has written, while its letters go nowhere.
func (s *Shop) sent(r *web.Request) (web.Answer, error) {
	t := table{ID: "sent", Title: "Letters", Empty: "Nothing was sent yet, or a mail server delivers it.", Columns: []string{"When", "To", "Letter"}}
	for _, m := range s.Outbox.Mails("") {
		t.Rows = append(t.Rows, []cell{text(clock(m.At)), text(m.To), {Text: m.Subject, Why: strings.Split(strings.TrimSpace(m.Text), "\n")}})
	}
	return s.board(r, board{Title: "Sent mail", Tables: []table{t}})
}
