package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL
	_ "modernc.org/sqlite"             // SQLite

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/cartsql"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/checkout/checkoutsql"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/payment/credit/creditsql"
	"github.com/flywheel-go/flywheel/cart/payment/paymentsql"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/cart/service/servicesql"
	"github.com/flywheel-go/flywheel/cart/wish"
	"github.com/flywheel-go/flywheel/cart/wish/wishsql"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/reviewsql"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/experimentsql"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/inventory/supplier/suppliersql"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/couponsql"
	"github.com/flywheel-go/flywheel/pricing/pricingsql"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/recommendsql"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// stores are what the shop keeps, in one database.
type stores struct {
	products    catalog.Store
	prices      pricing.Store
	stock       inventory.Store
	codes       coupon.Store
	carts       cart.Store
	sessions    checkout.SessionStore
	orders      order.Store
	credit      credit.Store
	tickets     service.Store
	reviews     review.Store
	log         segment.LogStore
	profiles    segment.ProfileStore
	points      loyalty.Store
	journeys    campaign.Store
	experiments experiment.Store
	facts       recommend.Store
	wishes      wish.Store
	notices     payment.NoticeStore
	purchases   supplier.Store
	accounts    web.AccountStore
	close       func() error
}

// open opens "memory", "sqlite:FILE" or "postgres:DSN".
func open(ctx context.Context, name string) (*stores, error) {
	kind, where, _ := strings.Cut(name, ":")
	driver, dialect := "sqlite", flywheel.SQLite
	switch kind {
	case "memory":
		db := new(flywheel.Memory)
		return &stores{
			catalog.NewMemory(db), pricing.NewMemory(db), inventory.NewMemory(db), coupon.NewMemory(db), cart.NewMemory(db),
			checkout.NewMemory(db), order.NewMemory(db), credit.NewMemory(db), service.NewMemory(db), review.NewMemory(db),
			segment.NewMemoryLog(db), segment.NewMemoryProfiles(db), loyalty.NewMemory(db), campaign.NewMemory(db), experiment.NewMemory(db), recommend.NewMemory(db), wish.NewMemory(db),
			payment.NewNoticeMemory(db), supplier.NewMemory(db), new(web.MemoryAccounts), func() error { return nil },
		}, nil
	case "sqlite":
		where = flywheel.SQLiteDSN(where)
	case "postgres":
		driver, dialect = "pgx", flywheel.Postgres
		where = name
	default:
		return nil, fmt.Errorf("-store: %q is none of memory, sqlite:FILE, postgres:DSN", name)
	}
	pool, err := sql.Open(driver, where)
	if err != nil {
		return nil, err
	}
	db := flywheel.OpenSQL(pool, dialect)
	products, prices, stock, codes, carts := catalogsql.New(db), pricingsql.New(db), inventorysql.New(db), couponsql.New(db), cartsql.New(db)
	sessions, orders, credits, tickets, reviews := checkoutsql.New(db), ordersql.New(db), creditsql.New(db), servicesql.New(db), reviewsql.New(db)
	log, profiles, points, journeys, experiments := segmentsql.New(db), segmentsql.NewProfiles(db), loyaltysql.New(db), campaignsql.New(db), experimentsql.New(db)
	facts, wishes, notices, purchases := recommendsql.New(db), wishsql.New(db), paymentsql.New(db), suppliersql.New(db)
	if err := flywheel.Migrate(ctx, db, products, prices, stock, codes, carts, sessions, orders, credits, tickets, reviews, log, profiles, points, journeys, experiments, facts, wishes, notices, purchases); err != nil {
		return nil, err
	}
	accounts, err := web.NewSQLAccounts(ctx, pool)
	if err != nil {
		return nil, err
	}
	return &stores{
		products, prices, stock, codes, carts, sessions, orders, credits, tickets, reviews, log, profiles, points, journeys, experiments, facts, wishes, notices, purchases, accounts, pool.Close,
	}, nil
}
