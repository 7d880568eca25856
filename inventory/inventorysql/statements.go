package inventorysql

import (
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

const (
	levelColumns    = `sku, location, on_hand, reserved, allocated, backordered, backorder, seq`
	movementColumns = `sku, location, seq, kind, ref, attempt, key, on_hand, reserved, allocated, backordered, reason, at, ` +
		`on_hand_after, reserved_after, allocated_after, backordered_after`
	reservationColumns = `ref, location, lines, units, state, expires, attempt, version`
	notFinal           = `state NOT IN ('committed', 'released', 'expired', 'allocated')`
)

// statements are those for many rows. The rows are one argument, a JSON array
// of objects, so that a statement has the same text, and is prepared once,
// whatever their number.
type statements struct {
	createLevels  string // rows of item
	lockLevels    string // SKUs, locations
	updateLevels  string // rows of levelRow
	addMovements  string // rows of movementRow
	findMovements string // ref, attempt, rows of item
	items         string // SKUs

	lockForGroup         string // refs, refs, SKU, location
	writeGroup           string // rows of groupRow, on hand, allocated, backordered, SKU, location, reserved, seq, SKU, location
	addGroupReservations string // rows of groupRow
	addGroupMovements    string // on hand, allocated, backordered, SKU, location, rows of groupRow
	levelsOf             string // SKUs
	incoming             string // SKUs
	addIncoming          string // rows of incomingRow
}

func statementsOf(d flywheel.Dialect) statements {
	lock, rows := "", sqldb.Recordset
	if d == flywheel.Postgres {
		lock = " FOR UPDATE"
	}
	items := rows(d, "n bigint", "sku text", "location text")
	return statements{
		// WHERE true keeps SQLite from reading ON CONFLICT as the ON of a join.
		createLevels: `INSERT INTO flywheel_inventory_levels (sku, location)
			SELECT x.sku, x.location FROM ` + items + ` WHERE true ORDER BY x.n
			ON CONFLICT (sku, location) DO NOTHING`,
		// As arrays, not joined: of a join PostgreSQL thinks that it is as well to
		// read all levels.
		lockLevels: `SELECT ` + levelColumns + ` FROM flywheel_inventory_levels
			WHERE ` + sqldb.In(d, "sku") + ` AND ` + sqldb.In(d, "location") + `
			ORDER BY sku, location` + lock,
		updateLevels: `INSERT INTO flywheel_inventory_levels (sku, location, on_hand, reserved, allocated, backordered, seq)
			SELECT x.sku, x.location, x.on_hand, x.reserved, x.allocated, x.backordered, x.seq
			FROM ` + rows(d, "sku text", "location text", "on_hand bigint", "reserved bigint", "allocated bigint",
			"backordered bigint", "seq bigint") + ` WHERE true
			ON CONFLICT (sku, location) DO UPDATE
			SET on_hand = excluded.on_hand, reserved = excluded.reserved, allocated = excluded.allocated,
				backordered = excluded.backordered, seq = excluded.seq`,
		addMovements: `INSERT INTO flywheel_inventory_movements (` + movementColumns + `)
			SELECT ` + of("x", movementColumns) + ` FROM ` + rows(d, "sku text", "location text", "seq bigint",
			"kind text", "ref text", "attempt bigint", "key text", "on_hand bigint", "reserved bigint", "allocated bigint",
			"backordered bigint", "reason text", "at bigint", "on_hand_after bigint", "reserved_after bigint",
			"allocated_after bigint", "backordered_after bigint"),
		findMovements: `SELECT ` + movementColumns + ` FROM flywheel_inventory_movements
			WHERE ref = ? AND attempt = ? AND (sku, location) IN (SELECT x.sku, x.location FROM ` + items + `)
			ORDER BY sku, location, seq`,
		lockForGroup:         lockForGroup(d) + lock,
		writeGroup:           writeGroup(d),
		addGroupReservations: addGroupReservations(rows(d, groupColumns...)),
		addGroupMovements:    addGroupMovements(rows(d, groupColumns...)),
		items:                `SELECT item FROM flywheel_inventory_items WHERE ` + sqldb.In(d, "sku") + ` ORDER BY sku`,
		incoming: `SELECT sku, due, location, ref, origin, quantity FROM flywheel_inventory_incoming
			WHERE ` + sqldb.In(d, "sku") + ` ORDER BY sku, due, location, ref`,
		addIncoming: `INSERT INTO flywheel_inventory_incoming (sku, due, location, ref, origin, quantity)
			SELECT x.sku, x.due, x.location, x.ref, x.origin, x.quantity
			FROM ` + rows(d, "sku text", "due text", "location text", "ref text", "origin text", "quantity bigint"),
		levelsOf: `SELECT ` + levelColumns + ` FROM flywheel_inventory_levels
			WHERE ` + sqldb.In(d, "sku") + ` AND (seq > 0 OR backorder > 0) ORDER BY sku, location`,
	}
}

var groupColumns = []string{
	"ref text", "location text", "lines text", "units text", "expires bigint", "seq bigint", "reserved bigint", "after bigint", "at bigint",
}

// lockForGroup reads a level and which refs are known, as a JSON array.
func lockForGroup(d flywheel.Dialect) string {
	known := `SELECT ref FROM flywheel_inventory_reservations WHERE ` + sqldb.In(d, "ref") + `
		UNION SELECT ref FROM flywheel_inventory_movements WHERE ` + sqldb.In(d, "ref")
	list := `(SELECT COALESCE(json_agg(k.ref), '[]')::text FROM (` + known + `) k)`
	if d == flywheel.SQLite {
		list = `(SELECT json_group_array(k.ref) FROM (` + known + `) k)`
	}
	return `SELECT ` + levelColumns + `, ` + list + ` FROM flywheel_inventory_levels WHERE sku = ? AND location = ?`
}

// addGroupReservations inserts open reservations from rows x.
func addGroupReservations(rows string) string {
	return `INSERT INTO flywheel_inventory_reservations (ref, location, lines, units, state, expires, attempt, version)
		SELECT x.ref, x.location, x.lines, x.units, 'open', x.expires, 1, 1 FROM ` + rows + ` WHERE true
		ON CONFLICT (ref) DO NOTHING`
}

// addGroupMovements inserts movements from rows x.
func addGroupMovements(rows string) string {
	return `INSERT INTO flywheel_inventory_movements (sku, location, seq, kind, ref, attempt, key, on_hand, reserved,
			allocated, backordered, reason, at, on_hand_after, reserved_after, allocated_after, backordered_after)
		SELECT c.sku, c.location, x.seq, 'reserve', x.ref, 1, '', 0, x.reserved, 0, 0, '', x.at, c.on_hand, x.after, c.allocated, c.backordered
		FROM (SELECT CAST(? AS bigint) AS on_hand, CAST(? AS bigint) AS allocated, CAST(? AS bigint) AS backordered,
			CAST(? AS TEXT) AS sku, CAST(? AS TEXT) AS location) c CROSS JOIN ` + rows
}

// writeGroup does both and writes the level, in one statement of PostgreSQL, and counts
// the reservations.
func writeGroup(d flywheel.Dialect) string {
	return `WITH x AS MATERIALIZED (SELECT * FROM ` + sqldb.Recordset(d, groupColumns...) + `),
		made AS (` + addGroupReservations("x") + ` RETURNING 1),
		posted AS (` + addGroupMovements("x") + `),
		updated AS (UPDATE flywheel_inventory_levels SET reserved = CAST(? AS bigint), seq = CAST(? AS bigint) WHERE sku = ? AND location = ?)
		SELECT count(*) FROM made`
}

// of puts the table's name before each column.
func of(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}
