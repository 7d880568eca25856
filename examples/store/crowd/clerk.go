package crowd

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// clerk works at the desk, a few rounds a day: what was ordered is shipped, what was shipped is
// delivered two days later, what comes back is taken in, and shelves are filled where something
// was missed.
type clerk struct {
	*browser
	mu     sync.Mutex
	missed []flywheel.SKU
	back   []errand
	sent   []errand
	notes  int
}

// errand is an order with which something is to be done from an instant on.
type errand struct {
	id string
	at time.Time
}

func newClerk(c *Crowd) *clerk { return &clerk{browser: newBrowser(c, 1<<24-2)} }

// missing hears of a good that somebody wanted and that was sold out.
func (k *clerk) missing(sku flywheel.SKU) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Contains(k.missed, sku) {
		k.missed = append(k.missed, sku)
	}
}

// comesBack hears of a parcel that was handed in.
func (k *clerk) comesBack(order string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.back = append(k.back, errand{order, k.crowd.Now().Add(3 * 24 * time.Hour)})
}

// due takes out of a list what is to be done now.
func (k *clerk) due(list *[]errand) (ids []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.crowd.Now()
	*list = slices.DeleteFunc(*list, func(e errand) bool {
		if e.at.After(now) {
			return false
		}
		ids = append(ids, e.id)
		return true
	})
	return ids
}

var (
	deskOrder  = regexp.MustCompile(`href="/en/desk/orders/([^"/?]+)"`)
	deskButton = regexp.MustCompile(`<form method="post" action="(/en/desk/orders/[^"]+/(?:ship|deliver|receive))"><input type="hidden" name="([a-z]+)" value="([^"]*)">`)
)

// round is a look at everything.
func (k *clerk) round(ctx context.Context) error {
	body, at, err := k.see(ctx, "/en/desk/orders?to=ship")
	if err != nil {
		return err
	}
	if at == "/en/desk/login" {
		if _, _, err := k.press(ctx, "/en/desk/login", "password", k.crowd.Desk); err != nil {
			return err
		}
		if body, at, err = k.see(ctx, "/en/desk/orders?to=ship"); err != nil {
			return err
		}
		if at == "/en/desk/login" {
			return fmt.Errorf("crowd: the desk does not take the clerk's password")
		}
	}
	for _, m := range deskOrder.FindAllStringSubmatch(body, -1) {
		if err := k.handle(ctx, m[1]); err != nil {
			return err
		}
		k.mu.Lock()
		k.sent = append(k.sent, errand{m[1], k.crowd.Now().Add(2 * 24 * time.Hour)})
		k.mu.Unlock()
	}
	for _, list := range []*[]errand{&k.sent, &k.back} {
		for _, id := range k.due(list) {
			if err := k.handle(ctx, id); err != nil {
				return err
			}
		}
	}
	k.mu.Lock()
	missed := k.missed
	k.missed = nil
	k.mu.Unlock()
	for _, sku := range missed {
		k.notes++
		if _, _, err := k.press(ctx, "/en/desk/stock", "sku", string(sku), "quantity", "20", "number", fmt.Sprintf("note-%d-%d", k.crowd.Now().Unix(), k.notes)); err != nil {
			return err
		}
	}
	return nil
}

// handle presses each button of an order once.
func (k *clerk) handle(ctx context.Context, id string) error {
	body, _, err := k.see(ctx, "/en/desk/orders/"+id)
	if err != nil {
		return err
	}
	for _, m := range deskButton.FindAllStringSubmatch(body, -1) {
		if _, _, err := k.press(ctx, m[1], m[2], text(m[3])); err != nil {
			return err
		}
	}
	return nil
}
