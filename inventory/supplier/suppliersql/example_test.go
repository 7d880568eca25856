package suppliersql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/inventory/supplier/suppliersql"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Orders and stock share a database, so that a receipt changes both or neither.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:supplier?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *suppliersql.Store = suppliersql.New(db)
	levels := inventorysql.New(db)
	if err := flywheel.Migrate(ctx, db, store, levels); err != nil {
		log.Fatal(err)
	}
	stock, err := inventory.New(levels, nil)
	if err != nil {
		log.Fatal(err)
	}
	purchasing, err := supplier.New(store, &supplier.Options{Stock: stock})
	if err != nil {
		log.Fatal(err)
	}
	_, err = purchasing.SaveSupplier(ctx, supplier.Supplier{
		ID: "acme", Currency: money.EUR, Approval: supplier.Approved, Terms: supplier.Terms{Lead: supplier.LeadLaw{Mean: 7, SD: 1}},
		Items: []supplier.Item{{SKU: "mug", Price: money.MustPrice("1.50", money.EUR), Pack: 12}},
	})
	fmt.Println(err)
	o, err := purchasing.Draft(ctx, "acme", "po-1", []supplier.Want{{SKU: "mug", Quantity: 40}})
	fmt.Println(o.Lines[0].Ordered, err)
	now := time.Now()
	_, err = purchasing.Apply(ctx, "po-1", supplier.Document{ID: "sent", Kind: supplier.Send, At: now})
	fmt.Println(err)
	o, err = purchasing.Apply(ctx, "po-1", supplier.Document{ID: "slip-7", Kind: supplier.Receipt, At: now, Lines: []supplier.DocumentLine{{Quantity: 36}}})
	fmt.Println(o.State, err)
	level, err := stock.Level(ctx, "mug")
	fmt.Println(level.OnHand, err)
	coming, err := stock.Incoming(ctx, []flywheel.SKU{"mug"})
	fmt.Println(coming[0].Ref, coming[0].Quantity, err)
	// Output:
	// <nil>
	// 48 <nil>
	// <nil>
	// partly received <nil>
	// 36 <nil>
	// po-1 12 <nil>
}
