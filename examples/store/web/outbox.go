package web

import (
	"slices"
	"sync"
	"time"
)

// Mail is a message as its recipient gets it.
type Mail struct {
	ID, To, Subject, Text, HTML string
	At                          time.Time
}

// Outbox keeps what was sent, the newest thousand, so that a shop without a mail server
// shows what its customers would have got. The zero value is empty and ready, and it is safe
// for concurrent use.
type Outbox struct {
	mu    sync.Mutex
	mails []Mail
}

const mostMails = 1000

// Add keeps a mail, once for its ID.
func (o *Outbox) Add(m Mail) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if slices.ContainsFunc(o.mails, func(had Mail) bool { return had.ID == m.ID }) {
		return
	}
	if len(o.mails) == mostMails {
		o.mails = slices.Delete(o.mails, 0, 1)
	}
	o.mails = append(o.mails, m)
}

// Mails returns those to an address, all where it is empty, the newest first.
func (o *Outbox) Mails(to string) []Mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	var found []Mail
	for i := range slices.Backward(o.mails) {
		if to == "" || o.mails[i].To == to {
			found = append(found, o.mails[i])
		}
	}
	return found
}
