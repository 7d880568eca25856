package recommendsql

import (
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
)

const columns = `id, customer, visitor, kind, at, session, device, policy, items, details`

// fact is an interaction with its number.
type fact struct {
	recommend.Interaction
	seq int64
}

// row is a fact as it is stored.
type row struct {
	Seq      int64          `json:"seq"`
	ID       string         `json:"id"`
	Customer string         `json:"customer"`
	Visitor  string         `json:"visitor"`
	Kind     recommend.Kind `json:"kind"`
	At       int64          `json:"at"`
	Session  string         `json:"session"`
	Device   string         `json:"device"`
	Policy   string         `json:"policy"`
	Items    string         `json:"items"`
	Details  string         `json:"details"`
}

// detail is a recommend.Detail in JSON. An amount without a currency has none.
type detail struct {
	Quantity   int64   `json:"q,omitempty"`
	Minor      int64   `json:"v,omitempty"`
	Currency   string  `json:"c,omitempty"`
	Slot       int     `json:"s,omitempty"`
	Propensity float64 `json:"p,omitempty"`
}

func rowOf(in *recommend.Interaction, seq int64) (row, error) {
	items, err := json.Marshal(in.Items)
	if err != nil {
		return row{}, err
	}
	r := row{
		Seq: seq, ID: in.ID, Customer: string(in.Actor.Customer), Visitor: string(in.Actor.Visitor), Kind: in.Kind, At: sqldb.Micros(in.At),
		Session: in.Session, Device: string(in.Device), Policy: in.Policy, Items: string(items),
	}
	if in.Details == nil {
		return r, nil
	}
	details := make([]detail, len(in.Details))
	for i, d := range in.Details {
		details[i] = detail{Quantity: d.Quantity, Minor: d.Value.Minor(), Slot: d.Slot, Propensity: d.Propensity}
		if c := d.Value.Currency(); !c.IsZero() {
			details[i].Currency = c.String()
		}
	}
	list, err := json.Marshal(details)
	r.Details = string(list)
	return r, err
}

func scan(r sqldb.Row) (f fact, err error) {
	var items, details string
	var at int64
	err = r.Scan(&f.seq, &f.ID, (*string)(&f.Actor.Customer), (*string)(&f.Actor.Visitor), &f.Kind, &at, &f.Session, (*string)(&f.Device), &f.Policy, &items, &details)
	if err != nil {
		return f, err
	}
	f.At = sqldb.Time(at)
	wrong := func(err error) error {
		return fmt.Errorf("recommendsql: fact %q: %w: %w", f.ID, flywheel.ErrInvalid, err)
	}
	if err := json.Unmarshal([]byte(items), &f.Items); err != nil {
		return f, wrong(err)
	}
	if details == "" {
		return f, nil
	}
	var list []detail
	if err := json.Unmarshal([]byte(details), &list); err != nil {
		return f, wrong(err)
	}
	f.Details = make([]recommend.Detail, len(list))
	for i, d := range list {
		f.Details[i] = recommend.Detail{Quantity: d.Quantity, Slot: d.Slot, Propensity: d.Propensity}
		if d.Currency == "" {
			continue
		}
		c, err := money.ParseCurrency(d.Currency)
		if err != nil {
			return f, wrong(err)
		}
		f.Details[i].Value = money.New(d.Minor, c)
	}
	return f, nil
}
