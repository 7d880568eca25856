package page

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// newsletter is what marketing by mail is called among a customer's choices.
const newsletter = "newsletter"

// Write sends a message of a journey. A letter about an order goes to the address of the
// order, any other to the address of an account, and only if its owner asked for letters.
func (s *Shop) Write(ctx context.Context, m campaign.Message) error {
	if m.Channel == data.HookChannel {
		return s.hook(ctx, m)
	}
	if m.Journey == data.OrderJourney {
		return s.confirm(ctx, m)
	}
	of, err := s.Accounts.Get(ctx, m.Contact.Customer())
	if err != nil {
		return err
	}
	if m.Journey == data.WatchJourney {
		return s.met(ctx, of, m)
	}
	if !of.Choices[newsletter] {
		return fmt.Errorf("store: %s asked for no letters: %w", of.ID, flywheel.ErrForbidden)
	}
	to := map[campaign.ID]string{"cart-recovery": "/cart", "after-purchase": "/account"}
	home := s.URL + "/" + of.Language
	return s.mail(ctx, web.Mail{ID: m.ID, To: of.Email, Customer: of.ID}, of.Language, m.Template, map[string]string{
		"name": of.Name, "link": home + cmp.Or(to[m.Journey], "/"),
		"stop": home + "/stop?customer=" + string(of.ID) + "&token=" + s.Stops.Token(of.ID, newsletter),
	})
}

// mail writes a letter in the language of its reader, English where that is unknown.
func (s *Shop) mail(ctx context.Context, m web.Mail, language, template string, values map[string]string) error {
	t := data.Mails[template][language]
	if t == nil {
		language = "en"
		if t = data.Mails[template][language]; t == nil {
			return fmt.Errorf("store: no letter %q: %w", template, flywheel.ErrNotFound)
		}
	}
	values["hello"] = data.Hello(language, values["name"])
	letter, err := t.Render(values)
	if err != nil {
		return err
	}
	m.Subject, m.Text, m.HTML, m.At = letter.Subject, letter.Text, letter.HTML, s.Now()
	if stop := values["stop"]; strings.HasPrefix(stop, "https://") { // mail programs show a button for it
		m.Stop = stop
	}
	return s.Post(ctx, m)
}
