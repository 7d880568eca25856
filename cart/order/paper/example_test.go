package paper_test

import (
	"bytes"
	"fmt"
	"log"
	"strings"

	"github.com/flywheel-go/flywheel/cart/order/paper"
)

// The invoice of an order, and the slip of its parcel.
func Example() {
	o := sold()
	shop := &paper.Shop{Name: "Mugs & More", Address: []string{"Market 1", "10115 Berlin"}, TaxID: "DE123456789", Words: &paper.English}
	var invoice, slip bytes.Buffer
	if err := paper.Document(&invoice, shop, &o, &o.Documents[0]); err != nil {
		log.Fatal(err)
	}
	if err := paper.PackingSlip(&slip, shop, &o, "p1"); err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(invoice.String()) {
		if strings.Contains(line, "Total") || strings.Contains(line, "Mugs") {
			fmt.Print(line)
		}
	}
	fmt.Println(strings.Count(slip.String(), "EUR"), "prices on the slip")
	// Output:
	// <div><strong>Mugs &amp; More</strong><br>Market 1<br>10115 Berlin</div>
	// <tr><td colspan="5" class="n">Total</td><td class="n">41.40 EUR</td></tr>
	// 0 prices on the slip
}
