package catalogsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
)

// The same catalog as in memory, by another line.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:catalog?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *catalogsql.Store = catalogsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	shop, err := catalog.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := shop.PutType(ctx, catalog.ProductType{Code: "mug"}); err != nil {
		log.Fatal(err)
	}
	p, err := shop.Put(ctx, catalog.Product{
		ID: "big-mug", Type: "mug", Text: map[catalog.Locale]catalog.Text{"en": {Title: "Big mug"}},
		Variants: []catalog.Variant{{SKU: "MUG-1"}},
	})
	fmt.Println(p.ID, p.Version, p.Variants[0].SKU, err)
	// Output: big-mug 1 MUG-1 <nil>
}
