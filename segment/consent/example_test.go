package consent_test

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/consent"
)

func Example() {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	given, err := consent.Consent{
		Customer: "ann", Purpose: "marketing", Channel: "email", Given: true,
		Text: "Send me offers by email.", Version: "2026-03", Source: "checkout", At: at,
	}.Event()
	fmt.Println(given.Name, err)
	withdrawn, err := consent.Consent{Customer: "ann", Purpose: "marketing", At: at.Add(time.Hour)}.Event()
	fmt.Println(withdrawn.Name, err)

	var record consent.Record = consent.Of([]flywheel.Entry{
		{Event: given, Position: 1, Effective: given.Time}, {Event: withdrawn, Position: 2, Effective: withdrawn.Time},
	})
	var proof consent.Proof
	proof, allowed := record.AllowedAt("marketing", "email", at)
	fmt.Println(allowed, proof.Version, proof.Text)
	_, allowed = record.Allowed("marketing", "email")
	fmt.Println(allowed, len(record.History()))
	c, ok := consent.Read(&given)
	fmt.Println(c.Source, ok)
	// Output:
	// subscribed <nil>
	// unsubscribed <nil>
	// true 2026-03 Send me offers by email.
	// false 2
	// checkout true
}
