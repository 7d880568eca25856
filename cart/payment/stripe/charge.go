package stripe

import (
	"bytes"
	"encoding/json"
)

// charge is what is read of a charge.
type charge struct {
	ID       string
	Captured int64 `json:"amount_captured"`
	Refunded int64 `json:"amount_refunded"`
	Details  struct {
		Card struct {
			Multicapture struct{ Status string }
		}
	} `json:"payment_method_details"`
}

// UnmarshalJSON reads a charge, or only its id, or null.
func (c *charge) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte{'{'}) {
		type plain charge
		return json.Unmarshal(data, (*plain)(c))
	}
	*c = charge{}
	return json.Unmarshal(data, &c.ID)
}
